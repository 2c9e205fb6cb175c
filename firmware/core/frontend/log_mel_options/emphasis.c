#include "frontend/log_mel/hann.h"
#include "frontend/log_mel_options/options.h"
#include "frontend/log_mel_options/weighted.h"

/* Where group i of a quarter of the FFT begins. */
static size_t start_of(size_t group, size_t quarter)
{
    return quarter > 256 ? (size_t)fe_reversed[group & 255u] * (quarter / 256) + (group >> 8)
                         : fe_reversed[group] / (256 / quarter);
}

FE_INLINE void taper(const fe_factor *w, const fe_factor *v, const int16_t *samples, int32_t *out, size_t quarter)
{
    for (size_t group = 0; group < quarter; group++, w += 4, out += 4) {
        const int16_t *x = samples + start_of(group, quarter);
        const fe_factor *before = v == NULL ? NULL : v + 4 * group;
        uint32_t a = fe_weighted(x, w, before),
                 b = fe_weighted(x + 2 * quarter, w + 1, before == NULL ? NULL : before + 1);
        uint32_t c = fe_weighted(x + quarter, w + 2, before == NULL ? NULL : before + 2);
        uint32_t d = fe_weighted(x + 3 * quarter, w + 3, before == NULL ? NULL : before + 3);

        out[0] = fe_wrap(a + b + (c + d));
        out[1] = fe_wrap(a - b);
        out[2] = fe_wrap(a + b - (c + d));
        out[3] = fe_wrap(d - c);
    }
}

void fe_hann_options(const fe_config *config, const fe_factor *emphasis, const int16_t *samples, int32_t *out)
{
    if (emphasis != NULL) {
        taper(config->weights, emphasis, samples, out, config->fft / 4u);
    } else if (config->fft <= CORE_MAX_FFT) {
        fe_hann(config, samples, out);
    } else {
        taper(config->weights, NULL, samples, out, config->fft / 4u);
    }
}
