#ifndef CORE_FRONTEND_MICROFRONTEND_FFT_H
#define CORE_FRONTEND_MICROFRONTEND_FFT_H

#include "frontend/microfrontend/microfrontend.h"

/* The real FFT of windowed samples, in 16 bits, each step divided by its radix and rounded. The samples are raised by
   `shift` first and followed by zeros up to the FFT's length.
   windowed: int16[window]; x: [fft / 2 + 1], the spectrum's bins. */
void mf_fft(const mf_config *config, const int16_t *windowed, uint32_t shift, mf_complex *x);

#endif
