#include "fe_window.h"

#include <string.h>

static int32_t weigh(int16_t sample, int32_t weight_q31)
{
    return (int32_t)(((int64_t)sample * weight_q31) >> 16);
}

void fe_window(const fe_config *config, const int16_t *samples, int32_t *out)
{
    size_t window = config->window;
    size_t left = (config->fft - window) / 2;
    size_t half = window / 2;
    const int32_t *w = config->window_q31;

    memset(out, 0, left * sizeof *out);
    memset(out + left + window, 0, (config->fft - window - left) * sizeof *out);
    for (size_t i = 0; i <= half; i++) {
        out[left + i] = weigh(samples[left + i], w[i]);
    }
    for (size_t i = half + 1; i < window; i++) {
        out[left + i] = weigh(samples[left + i], w[window - i]);
    }
}
