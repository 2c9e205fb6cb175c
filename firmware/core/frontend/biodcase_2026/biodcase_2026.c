#include "frontend/biodcase_2026/biodcase_2026.h"

#include "core_limits.h"
#include "frontend/arith.h"
#include "frontend/biodcase_2026/fft.h"
#include "frontend/biodcase_2026/image.h"
#include "frontend/fixed_point/cells.h"

/* The kind's part of a stream's memory. */
typedef struct own_state {
    bd_config config;
    fx_complex spectrum[]; /* fft */
} own_state;

static int open(fe_front_end *front_end)
{
    bd_config config;
    int error = bd_config_from_image(&config, front_end->image, front_end->length);

    if (error == 0) {
        front_end->sample_rate = config.header->sample_rate;
        front_end->span = front_end->fft = front_end->analysis_window = config.header->fft;
        front_end->hop = config.header->hop;
        front_end->bands = config.header->bands;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    return sizeof(own_state) + front_end->fft * sizeof(fx_complex);
}

static void reset(void *own)
{
    (void)own;
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    (void)bd_config_from_image(&state->config, front_end->image, front_end->length); /* as `open` found it */
}

/* The spectrum where the FFT left it is untangled once more, as if it were that of pairs of samples. It is not: what
   is left is half of each bin, and a trace of how its mirror image was rounded otherwise. Bin fft - k lies where the
   bits below the highest one of k's place are turned over. */
FE_INLINE uint32_t energy_of(const void *own, size_t bin)
{
    const own_state *state = own;
    size_t place = state->config.places[bin];
    fx_complex x = state->spectrum[place];
    fx_complex mirrored = state->spectrum[place ^ ((UINT32_C(0x80000000) >> fe_leading_zeros((uint32_t)place)) - 1u)];
    int32_t even_r = x.r + mirrored.r, even_i = x.i - mirrored.i;
    int32_t odd_r = x.r - mirrored.r, odd_i = x.i + mirrored.i;

    if ((odd_r | odd_i) != 0) { /* as a rule they are 0 */
        fx_complex w = state->config.half_twists[bin];

        even_r += fe_wrap((uint32_t)w.r * (uint32_t)odd_i - (uint32_t)w.i * (uint32_t)odd_r) >> 15;
        even_i -= fe_wrap((uint32_t)w.r * (uint32_t)odd_r + (uint32_t)w.i * (uint32_t)odd_i) >> 15;
    }
    return fx_energy((fx_complex){(int16_t)(even_r >> 2), (int16_t)(even_i >> 2)});
}

enum { WINDOW, SPECTRUM, MEL, LOG, CELLS };

static const char *const stages[] = {
    [WINDOW] = "window", [SPECTRUM] = "spectrum", [MEL] = "mel", [LOG] = "log", [CELLS] = "cells", NULL};

FE_INLINE void compute(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    const bd_config *config = &state->config;
    const bd_header *header = config->header;
    uint32_t bands[CORE_MAX_BANDS];
    uint32_t shift = bd_begin(config, samples, state->spectrum);

    fe_show(probe, WINDOW, state->spectrum, header->fft * sizeof state->spectrum[0]);
    bd_fft(config, state->spectrum);
    fe_show(probe, SPECTRUM, state->spectrum, header->fft * sizeof state->spectrum[0]);
    fx_filter_bank(&config->filters, energy_of, state, shift, bands);
    fe_show(probe, MEL, bands, header->bands * sizeof bands[0]);
    for (size_t i = 0; i < header->bands; i++) {
        bands[i] = fx_log(bands[i], config->log_fractions, header->log_scale);
    }
    fe_show(probe, LOG, bands, header->bands * sizeof bands[0]);
    fx_cells(bands, header->bands, config->cells, header->cells, cells, values);
    fe_show(probe, CELLS, cells, header->bands);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    compute(own, samples, cells, values, NULL);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    compute(own, samples, cells, values, probe);
}

const fe_kind fe_biodcase_2026 = {
    .name = "biodcase-2026",
    .max_fft = CORE_MAX_FFT_BIODCASE_2026,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = stages,
    .probed_column = probed_column,
};
