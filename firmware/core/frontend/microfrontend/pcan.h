#ifndef CORE_FRONTEND_MICROFRONTEND_PCAN_H
#define CORE_FRONTEND_MICROFRONTEND_PCAN_H

#include "frontend/microfrontend/microfrontend.h"

/* Per-channel amplitude normalisation: a gain that falls with the band's noise, then a curve that flattens what is loud.
   The gain for a noise of 0 and 1 is gains[0] and [1]; for noise of n >= 2 bits it is a parabola, in gains[4n - 6] and
   the two behind it, through three points between 2^(n-1) and 2^n. */
void mf_apply_pcan(const mf_config *config, const uint32_t *estimates, uint32_t *bands);

#endif
