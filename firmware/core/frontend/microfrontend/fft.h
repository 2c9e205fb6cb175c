#ifndef CORE_FRONTEND_MICROFRONTEND_FFT_H
#define CORE_FRONTEND_MICROFRONTEND_FFT_H

#include "frontend/microfrontend/microfrontend.h"

/* A bin of the spectrum, and later its energy in the same place. */
typedef union mf_bin {
    fx_complex x;
    uint32_t energy;
} mf_bin;

/* The radix of the first step of an FFT of n values, a power of 2: all others are of 4. */
static inline size_t mf_first_radix(size_t n)
{
    return (n & (size_t)0x55555555) != 0 ? 4 : 2;
}

/* The energies of the real FFT of windowed samples, in 16 bits, each step divided by its radix and rounded. The samples
   are raised by `shift` first, which leaves them within 16 bits.
   windowed: int16[fft]; bins: [fft / 2 + 1], of which those that the bands take become energies. */
void mf_energies(const mf_config *config, const int16_t *windowed, uint32_t shift, mf_bin *bins);

#endif
