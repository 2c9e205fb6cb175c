/* n of the last m windows, with a minimum duration.
 *
 * A window counts when its score is at least the threshold, or the release while the class is active. A class becomes
 * active once n of the last m windows have counted for `duration` windows in a row, and stays so for `hold` windows at
 * least, and as long as n of the last m count. Windows before the stream do not count.
 *
 * Parameters: u8 n, u8 m, u8 duration, u8 hold. */
#include "detect/kinds.h"

enum { N, M, DURATION, HOLD, PARAMETERS, MOST_WINDOWS = 32 };

typedef struct votes_class {
    uint32_t counted; /* bit 0: the newest window */
    uint8_t run;      /* windows in a row in which n of m had counted; while active, those that it still has to stay */
} votes_class;

static bool check(const core_bundle *bundle)
{
    const uint8_t *p = bundle->detector_parameters;

    return bundle->detector_length == PARAMETERS && p[N] >= 1 && p[N] <= p[M] && p[M] <= MOST_WINDOWS &&
           p[DURATION] >= 1 && p[HOLD] >= 1;
}

static size_t own_bytes(const core_bundle *bundle)
{
    return bundle->classes * sizeof(votes_class);
}

static void reset(void *own, const core_bundle *bundle)
{
    (void)own, (void)bundle; /* zeros are right */
}

static unsigned votes(uint32_t counted, unsigned windows)
{
    unsigned sum = 0;

    for (; windows > 0; windows--, counted >>= 1) {
        sum += counted & 1u;
    }
    return sum;
}

static void next_score(detector_state *detector, unsigned label, int8_t score)
{
    const core_bundle *bundle = detector->bundle;
    const uint8_t *p = bundle->detector_parameters;
    votes_class *class = (votes_class *)detector->own + label;
    bool active = detector_active(detector, label);
    int8_t limit = active ? bundle->off_threshold[label] : bundle->on_threshold[label];

    class->counted = class->counted << 1 | (score >= limit ? 1u : 0u);
    bool enough = votes(class->counted, p[M]) >= p[N];

    if (active) {
        if (class->run > 0) {
            class->run--;
        } else if (!enough) {
            detector_set(detector, label, false, score);
        }
        return;
    }
    class->run = (uint8_t)(enough ? class->run + 1 : 0);
    if (class->run == p[DURATION]) {
        detector_set(detector, label, true, score);
        class->run = (uint8_t)(p[HOLD] - 1);
    }
}

static void window(detector_state *detector, const int8_t *scores)
{
    for (unsigned i = 0; i < detector->bundle->classes; i++) {
        if (detector->bundle->detect[i]) { /* the others never become active: their runs would pass the duration */
            next_score(detector, i, scores[i]);
        }
    }
}

const detector_kind detector_n_of_m = {
    .name = "n-of-m", .check = check, .own_bytes = own_bytes, .reset = reset, .window = window};
