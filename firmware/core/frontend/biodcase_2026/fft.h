#ifndef CORE_FRONTEND_BIODCASE_2026_FFT_H
#define CORE_FRONTEND_BIODCASE_2026_FFT_H

#include "frontend/biodcase_2026/biodcase_2026.h"

/* The first two steps of the FFT, of the samples under the window, raised as far as 16 bits allow.
   samples: int16[fft]; x: [fft]. Returns by how many bits they were raised. */
uint32_t bd_begin(const bd_config *config, const int16_t *samples, fx_complex *x);

/* Its other steps, in place: x[i] becomes the bin whose number is that of i with its bits reversed. */
void bd_fft(const bd_config *config, fx_complex *x);

#endif
