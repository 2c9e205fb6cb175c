#ifndef CORE_FRONTEND_HANN_H
#define CORE_FRONTEND_HANN_H

#include "frontend/log_mel/log_mel.h"

/* Tapers a column's samples and does the FFT's first step while the values are in registers: the FFTs of each four
   samples that lie fft/4 apart. samples: int16[fft]. out: int32[fft], groups of four in the order that fe_rfft expects,
   each {X0, Re X1, X2, Im X1}. */
void fe_hann(const fe_config *config, const int16_t *samples, int32_t *out);

/* Eight bits in reverse order. Group i of fft/4 takes the samples from fe_reversed[i] >> (10 - log2 fft) on. */
extern const uint8_t fe_reversed[256];

/* The same where the FFT may be longer. quarter: fft / 4. */
FE_INLINE size_t fe_group_start(size_t group, size_t quarter)
{
    return quarter > 256 ? (size_t)fe_reversed[group & 255u] * (quarter / 256) + (group >> 8)
                         : fe_reversed[group] / (256 / quarter);
}

#endif
