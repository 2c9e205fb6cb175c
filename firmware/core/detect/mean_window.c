/* The mean of the last n probabilities, as ESPHome's micro_wake_word decides on one.
 *
 * A probability is a score as uint8, 0..255. A detection is sum > cutoff * n over the last n of them, those before the
 * stream counting as 0. Then, and likewise at a stream's start, the n are cleared, and so many slices have to pass before
 * the next one; a slice is one column, and passes only while the newest probability is below the cutoff. The class counts
 * as active until they have passed. The score told is the mean.
 *
 * Slices pass between two inferences too. What they decide depends on no later score, so it is told with the window before
 * them.
 *
 * Parameters: u16 n, u16 slices. The threshold of a class is its cutoff, and so is its release. */
#include "detect/kinds.h"

enum { PARAMETERS = 4, MOST_WINDOWS = 1000, MOST_SLICES = 10000 };

typedef struct mean_class {
    uint32_t sum;    /* of its last n probabilities */
    uint16_t slices; /* that have to pass before the next detection */
} mean_class;

typedef struct mean_state {
    uint16_t next; /* place of the oldest probability, the next to be replaced */
    mean_class classes[];
    /* uint8_t probabilities[classes][n] */
} mean_state;

static uint16_t windows_of(const core_bundle *bundle)
{
    return detector_u16(bundle->detector_parameters);
}

static uint16_t slices_of(const core_bundle *bundle)
{
    return detector_u16(bundle->detector_parameters + 2);
}

static uint8_t probability(int8_t score)
{
    return (uint8_t)(score + 128);
}

static bool check(const core_bundle *bundle)
{
    if (bundle->detector_length != PARAMETERS || windows_of(bundle) < 1 || windows_of(bundle) > MOST_WINDOWS ||
        slices_of(bundle) < bundle->stride || slices_of(bundle) > MOST_SLICES) {
        return false; /* fewer slices than a stride: one window could begin, end and begin again */
    }
    for (unsigned i = 0; i < bundle->classes; i++) {
        if (probability(bundle->on_threshold[i]) == 0 || bundle->on_threshold[i] != bundle->off_threshold[i]) {
            return false;
        }
    }
    return true;
}

static size_t own_bytes(const core_bundle *bundle)
{
    return sizeof(mean_state) + bundle->classes * (sizeof(mean_class) + windows_of(bundle));
}

static uint8_t *probabilities_of(mean_state *own, const core_bundle *bundle, unsigned label)
{
    return (uint8_t *)(own->classes + bundle->classes) + (size_t)label * windows_of(bundle);
}

static void reset(void *own, const core_bundle *bundle)
{
    mean_state *state = own;
    unsigned before = bundle->frames - 1u; /* slices that pass before the one with the first inference */

    for (unsigned i = 0; i < bundle->classes; i++) {
        state->classes[i].slices = (uint16_t)(slices_of(bundle) > before ? slices_of(bundle) - before : 0u);
    }
}

static void clear(uint8_t *probabilities, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        probabilities[i] = 0;
    }
}

/* The slice of an inference, and those up to the next one. */
static void next_score(detector_state *detector, unsigned label, int8_t score)
{
    const core_bundle *bundle = detector->bundle;
    mean_state *own = detector->own;
    mean_class *class = &own->classes[label];
    uint8_t *probabilities = probabilities_of(own, bundle, label);
    uint8_t cutoff = probability(bundle->on_threshold[label]);
    unsigned n = windows_of(bundle), decided_at = 1; /* the slice, from 1 on */

    class->sum += probability(score);
    class->sum -= probabilities[own->next];
    probabilities[own->next] = probability(score);
    if (class->slices > 0) {
        if (probability(score) >= cutoff) {
            return; /* no slice passes */
        }
        if (class->slices > bundle->stride) {
            class->slices = (uint16_t)(class->slices - bundle->stride);
            return;
        }
        decided_at = class->slices;
        class->slices = 0;
    }
    int8_t mean = (int8_t)((int32_t)(class->sum / n) - 128);

    detector_set(detector, label, false, mean);
    if (class->sum > (uint32_t)cutoff * n) {
        detector_set(detector, label, true, mean);
        clear(probabilities, n);
        class->sum = 0;
        class->slices = (uint16_t)(slices_of(bundle) - (bundle->stride - decided_at));
    }
}

static void window(detector_state *detector, const int8_t *scores)
{
    mean_state *own = detector->own;

    for (unsigned i = 0; i < detector->bundle->classes; i++) {
        if (detector->bundle->detect[i]) {
            next_score(detector, i, scores[i]);
        }
    }
    own->next = (uint16_t)(own->next + 1u == windows_of(detector->bundle) ? 0u : own->next + 1u);
}

const detector_kind detector_mean_window = {
    .name = "mean-window", .check = check, .own_bytes = own_bytes, .reset = reset, .window = window};
