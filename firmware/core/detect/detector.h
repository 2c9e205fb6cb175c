/* Detection with threshold and hysteresis on int8 scores. host/comparison/detector.py is the same rule on the host. */
#ifndef CORE_DETECT_DETECTOR_H
#define CORE_DETECT_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core_limits.h"

typedef struct detector_state {
    bool active[CORE_MAX_CLASSES];
} detector_state;

void detector_reset(detector_state *detector);

/* One class's score of one window: active from score >= on until score < off. True when that changed the state. */
bool detector_update(detector_state *detector, uint8_t label, int8_t score, int8_t on, int8_t off);

#endif
