#ifndef CORE_FRONTEND_MEL_H
#define CORE_FRONTEND_MEL_H

#include "frontend/log_mel/log_mel.h"

/* What the bins between two neighbouring band centres give to the band above and to the one below, in units of
   2^(2 * shift) of the spectrum's square. */
typedef struct fe_segment {
    uint32_t up, down;
    int32_t shift; /* -9..22 */
} fe_segment;

/* Power of every bin and its distribution to the bands. spectrum: int32[fft] as fe_rfft leaves it.
   segments: [bands + 1]; band b is the sum of segment b's `up` and segment b + 1's `down`. */
void fe_mel(const fe_config *config, const int32_t *spectrum, fe_segment *segments);

#endif
