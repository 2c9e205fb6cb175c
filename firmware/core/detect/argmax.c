/* The class with the highest score, when it leads by a margin: one class is active at most.
 *
 * A class wins a window when its score is the highest (the first of equals), at least its threshold, and at least `margin`
 * above every other; classes that are not reported take part. The winner becomes active. Without a winner the active class
 * stays as long as none is above it and its score is at least its release.
 *
 * Parameters: u8 margin. */
#include "detect/kinds.h"

enum { PARAMETERS = 1, LEAST_CLASSES = 2 };

static bool check(const core_bundle *bundle)
{
    return bundle->detector_length == PARAMETERS && bundle->classes >= LEAST_CLASSES;
}

static size_t own_bytes(const core_bundle *bundle)
{
    (void)bundle;
    return 0;
}

static void reset(void *own, const core_bundle *bundle)
{
    (void)own, (void)bundle;
}

/* The class that is active from this window on, or bundle->classes where none is. */
static unsigned decided(const detector_state *detector, const int8_t *scores)
{
    const core_bundle *bundle = detector->bundle;
    unsigned best = 0, classes = bundle->classes;
    int second = -129; /* below every score */

    for (unsigned i = 1; i < classes; i++) {
        if (scores[i] > scores[best]) {
            second = scores[best];
            best = i;
        } else if (scores[i] > second) {
            second = scores[i];
        }
    }
    if (scores[best] >= bundle->on_threshold[best] && scores[best] - second >= bundle->detector_parameters[0]) {
        return bundle->detect[best] ? best : classes;
    }
    for (unsigned i = 0; i < classes; i++) {
        if (detector_active(detector, i) && scores[i] == scores[best] && scores[i] >= bundle->off_threshold[i]) {
            return i;
        }
    }
    return classes;
}

static void window(detector_state *detector, const int8_t *scores)
{
    unsigned active = decided(detector, scores);

    for (unsigned i = 0; i < detector->bundle->classes; i++) {
        detector_set(detector, i, i == active, scores[i]);
    }
}

const detector_kind detector_argmax = {
    .name = "argmax", .check = check, .own_bytes = own_bytes, .reset = reset, .window = window};
