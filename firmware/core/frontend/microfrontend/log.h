#ifndef CORE_FRONTEND_MICROFRONTEND_LOG_H
#define CORE_FRONTEND_MICROFRONTEND_LOG_H

#include "frontend/microfrontend/microfrontend.h"

/* The natural logarithm of each band, with log_scale bits behind the point; 0 for what is below 2 after it was raised.
   log_fractions[i] is log2(1 + i / 128) - i / 128 in Q16. */
void mf_log(const mf_config *config, uint32_t *bands);

#endif
