#include "detect/detector.h"

#include <string.h>

void detector_reset(detector_state *detector)
{
    memset(detector, 0, sizeof *detector);
}

bool detector_update(detector_state *detector, uint8_t label, int8_t score, int8_t on, int8_t off)
{
    bool *active = &detector->active[label];
    bool now = *active ? score >= off : score >= on;
    bool changed = now != *active;

    *active = now;
    return changed;
}
