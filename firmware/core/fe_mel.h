#ifndef FE_MEL_H
#define FE_MEL_H

#include "frontend.h"

/* A band's energy: mantissa * 2^exponent, in units of the spectrum's. */
typedef struct fe_energy {
    uint32_t mantissa;
    int32_t exponent;
} fe_energy;

/* Power of every bin and its distribution to the bands. spectrum: int32[fft] as fe_rfft leaves it. energies: [bands]. */
void fe_mel(const fe_config *config, const int32_t *spectrum, fe_energy *energies);

#endif
