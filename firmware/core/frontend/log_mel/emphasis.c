#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/options.h"

/* Each sample by its weight, less the one before it by a part of that weight. */
static uint32_t weighted(const int16_t *sample, const fe_factor *weight, const fe_factor *before)
{
    return (uint32_t)fe_scale_sample(sample[0], weight) - (uint32_t)fe_scale_sample(sample[-1], before);
}

void fe_hann_emphasised(const fe_config *config, const fe_factor *emphasis, const int16_t *samples, int32_t *out)
{
    const fe_factor *w = config->weights, *v = emphasis;
    size_t quarter = config->fft / 4u;

    for (size_t group = 0; group < quarter; group++, w += 4, v += 4, out += 4) {
        const int16_t *x = samples + fe_group_start(group, quarter);
        uint32_t a = weighted(x, w, v), b = weighted(x + 2 * quarter, w + 1, v + 1);
        uint32_t c = weighted(x + quarter, w + 2, v + 2), d = weighted(x + 3 * quarter, w + 3, v + 3);

        out[0] = fe_wrap(a + b + (c + d));
        out[1] = fe_wrap(a - b);
        out[2] = fe_wrap(a + b - (c + d));
        out[3] = fe_wrap(d - c);
    }
}
