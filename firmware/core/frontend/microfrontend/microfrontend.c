#include "frontend/microfrontend/microfrontend.h"

#include <string.h>

#include "core_limits.h"
#include "frontend/arith.h"
#include "frontend/fixed_point/cells.h"
#include "frontend/microfrontend/fft.h"
#include "frontend/microfrontend/image.h"
#include "frontend/microfrontend/noise.h"
#include "frontend/microfrontend/pcan.h"

/* The kind's part of a stream's memory; the arrays lie behind it. */
typedef struct own_state {
    mf_config config;
    uint32_t *estimates; /* bands: the noise; all that is remembered from column to column */
    uint32_t *bands;     /* bands */
    mf_bin *spectrum;    /* fft / 2 + 1 */
    int16_t *windowed;   /* fft: the window's samples, then zeros */
} own_state;

static int open(fe_front_end *front_end)
{
    mf_config config;
    int error = mf_config_from_image(&config, front_end->image, front_end->length);

    if (error == 0) {
        front_end->sample_rate = config.header->sample_rate;
        front_end->span = config.header->window;
        front_end->hop = config.header->hop;
        front_end->bands = config.header->bands;
        front_end->analysis_window = config.header->window;
        front_end->fft = config.header->fft;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    return sizeof(own_state) + 2u * front_end->bands * sizeof(uint32_t) + (front_end->fft / 2u + 1u) * sizeof(mf_bin) +
           front_end->fft * sizeof(int16_t);
}

static void reset(void *own)
{
    own_state *state = own;

    memset(state->estimates, 0, state->config.header->bands * sizeof *state->estimates);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    (void)mf_config_from_image(&state->config, front_end->image, front_end->length); /* as `open` found it */
    state->estimates = (uint32_t *)(void *)(state + 1);
    state->bands = state->estimates + front_end->bands;
    state->spectrum = (mf_bin *)(void *)(state->bands + front_end->bands);
    state->windowed = (int16_t *)(void *)(state->spectrum + front_end->fft / 2u + 1);
    memset(state->windowed, 0, front_end->fft * sizeof *state->windowed);
    reset(own);
}

/* Where nothing but -32768 is loud, 16 bits keep nothing of it when it is raised. */
static void drop_lowest(int16_t *windowed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        windowed[i] = (int16_t)(windowed[i] == INT16_MIN ? 0 : windowed[i]);
    }
}

FE_INLINE uint32_t taper_one(const int16_t *sample, const int16_t *weight, int16_t *windowed)
{
    int32_t value = (*sample * *weight) >> 12;

    *windowed = (int16_t)value;
    return fe_magnitude(value);
}

/* The samples under the window. Returns by how many bits they can be raised; -32768, whose magnitude 16 bits do not
   hold, does not count. */
static uint32_t taper(const mf_config *config, const int16_t *samples, int16_t *windowed)
{
    const int16_t *weight = config->window;
    size_t n = config->header->window;
    uint32_t bits = 0; /* of all magnitudes */

    for (const int16_t *end = samples + (n & ~(size_t)3); samples != end; samples += 4, weight += 4, windowed += 4) {
        bits |= taper_one(samples, weight, windowed);
        bits |= taper_one(samples + 1, weight + 1, windowed + 1);
        bits |= taper_one(samples + 2, weight + 2, windowed + 2);
        bits |= taper_one(samples + 3, weight + 3, windowed + 3);
    }
    for (size_t i = 0; i < (n & 3u); i++) {
        bits |= taper_one(samples + i, weight + i, windowed + i);
    }

    uint32_t shift = fe_leading_zeros(bits & 0x7fffu) - 17;

    if (bits > 0x7fffu && shift > 0) {
        drop_lowest(windowed - (n & ~(size_t)3), n);
    }
    return shift;
}

static uint32_t energy_of(const void *spectrum, size_t bin)
{
    return ((const mf_bin *)spectrum)[bin].energy;
}

static void take_log(const mf_config *config, uint32_t *bands)
{
    const mf_header *header = config->header;

    for (size_t i = 0; i < header->bands; i++) {
        uint32_t x = header->log_up < 0 ? bands[i] >> -header->log_up : bands[i] << header->log_up;

        bands[i] = fx_log(x, config->log_fractions, header->log_scale);
    }
}

enum { WINDOW, ENERGY, MEL, NOISE, PCAN, LOG, CELLS };

static const char *const stages[] = {[WINDOW] = "window", [ENERGY] = "power", [MEL] = "mel",     [NOISE] = "noise",
                                     [PCAN] = "pcan",     [LOG] = "log",      [CELLS] = "cells", NULL};

FE_INLINE void compute(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    const mf_config *config = &state->config;
    const mf_header *header = config->header;
    uint32_t shift = taper(config, samples, state->windowed);
    size_t bytes = header->bands * sizeof state->bands[0];

    fe_show(probe, WINDOW, state->windowed, header->window * sizeof state->windowed[0]);
    mf_energies(config, state->windowed, shift, state->spectrum);
    fe_show(probe, ENERGY, state->spectrum + header->first_bin, header->bins * sizeof state->spectrum[0]);
    fx_filter_bank(&config->filters, energy_of, state->spectrum + header->first_bin, shift, state->bands);
    fe_show(probe, MEL, state->bands, bytes);
    if ((header->flags & MF_SUPPRESS) != 0) {
        mf_suppress_noise(header, state->estimates, state->bands);
    }
    fe_show(probe, NOISE, state->bands, bytes);
    if ((header->flags & MF_PCAN) != 0) {
        mf_apply_pcan(config, state->estimates, state->bands);
    }
    fe_show(probe, PCAN, state->bands, bytes);
    if ((header->flags & MF_LOG) != 0) {
        take_log(config, state->bands);
    }
    fe_show(probe, LOG, state->bands, bytes);
    fx_cells(state->bands, header->bands, config->cells, header->cells, cells, values);
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

const fe_kind fe_microfrontend = {
    .name = "microfrontend",
    .max_fft = CORE_MAX_FFT_MICROFRONTEND,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = stages,
    .probed_column = probed_column,
};
