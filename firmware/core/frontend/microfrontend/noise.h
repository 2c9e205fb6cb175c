#ifndef CORE_FRONTEND_MICROFRONTEND_NOISE_H
#define CORE_FRONTEND_MICROFRONTEND_NOISE_H

#include "frontend/microfrontend/microfrontend.h"

/* Follows each band's noise and takes it away from the signal, of which a part always remains.
   estimates: uint32[bands], with smoothing_bits behind the point; bands: uint32[bands]. */
void mf_suppress_noise(const mf_header *header, uint32_t *estimates, uint32_t *bands);

#endif
