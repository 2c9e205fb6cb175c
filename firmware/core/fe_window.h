#ifndef FE_WINDOW_H
#define FE_WINDOW_H

#include "frontend.h"

/* Windows one frame: out[i] = floor(samples[i] * w[i] / 2^16), so full scale is 2^30; zeros where the window, centred,
   does not reach. samples: int16[fft], out: int32[fft]. */
void fe_window(const fe_config *config, const int16_t *samples, int32_t *out);

#endif
