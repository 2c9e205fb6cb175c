#ifndef CORE_FRONTEND_MICROFRONTEND_FILTER_BANK_H
#define CORE_FRONTEND_MICROFRONTEND_FILTER_BANK_H

#include "frontend/microfrontend/microfrontend.h"

/* Each band's energy, its square root rounded and lowered by `shift`, which the samples were raised by.
   spectrum: [fft / 2 + 1]; bands: uint32[bands]. */
void mf_filter_bank(const mf_config *config, const mf_complex *spectrum, uint32_t shift, uint32_t *bands);

#endif
