/* Threshold and hysteresis: active from score >= threshold until score < release. No parameters but these. */
#include "detect/kinds.h"

static bool check(const core_bundle *bundle)
{
    return bundle->detector_length == 0;
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

static void window(detector_state *detector, const int8_t *scores)
{
    const core_bundle *bundle = detector->bundle;

    for (unsigned i = 0; i < bundle->classes; i++) {
        int8_t limit = detector_active(detector, i) ? bundle->off_threshold[i] : bundle->on_threshold[i];

        detector_set(detector, i, scores[i] >= limit, scores[i]);
    }
}

const detector_kind detector_threshold = {
    .name = "threshold", .check = check, .own_bytes = own_bytes, .reset = reset, .window = window};
