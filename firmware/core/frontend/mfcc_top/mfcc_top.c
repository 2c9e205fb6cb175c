#include "frontend/mfcc_top/mfcc_top.h"

#include "core_limits.h"
#include "frontend/kinds.h"
#include "frontend/log_mel_options/options.h"

/* The kind's part of a stream's memory. */
typedef struct own_state {
    void *log_mel; /* that kind's part */
    mfcc_top_config config;
    uint32_t largest; /* level of the window that is measured */
    int32_t values[CORE_MAX_BANDS];
} own_state;

static int open(fe_front_end *front_end)
{
    mfcc_top_config config;
    int error = mfcc_top_config_from_image(&config, front_end->image, front_end->length);

    if (error == FE_ERROR_KIND) { /* that of the log-mel within */
        *front_end = config.mfcc.log_mel;
    } else if (error == 0) {
        fe_front_end whole = config.mfcc.log_mel;

        whole.kind = front_end->kind;
        whole.image = front_end->image;
        whole.length = front_end->length;
        whole.bands = (uint16_t)(2 * config.mfcc.mel_bands);
        whole.model_bands = config.mfcc.coefficients;
        *front_end = whole;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    mfcc_top_config config;

    (void)mfcc_top_config_from_image(&config, front_end->image, front_end->length); /* as `open` found it */
    return fe_aligned(sizeof(own_state)) + config.mfcc.log_mel.kind->own_bytes(&config.mfcc.log_mel);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    state->log_mel = (uint8_t *)own + fe_aligned(sizeof *state);
    (void)mfcc_top_config_from_image(&state->config, front_end->image, front_end->length); /* as `open` found it */
    state->config.mfcc.log_mel.kind->init(state->log_mel, &state->config.mfcc.log_mel);
    state->largest = 0;
}

static void reset(void *own)
{
    own_state *state = own;

    state->config.mfcc.log_mel.kind->reset(state->log_mel);
}

static void take_levels(const mfcc_top_config *config, const int32_t *given, int8_t *cells, int32_t *values)
{
    size_t bands = config->mfcc.mel_bands;

    level_bytes_of(&config->levels, given, bands, cells, values != NULL ? values + bands : NULL);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;
    int32_t *given = values != NULL ? values : state->values; /* log-mel, then levels */

    state->config.mfcc.log_mel.kind->values(state->log_mel, samples, given);
    take_levels(&state->config, given, cells, values);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    int32_t *given = values != NULL ? values : state->values;

    state->config.mfcc.log_mel.kind->probed_values(state->log_mel, samples, given, probe);
    take_levels(&state->config, given, cells, values);
    fe_show(probe, FE_STAGE_CELLS, cells, 2u * state->config.mfcc.mel_bands);
}

static void window_begin(void *own)
{
    own_state *state = own;

    state->largest = 0;
}

static void window_measure(void *own, const int8_t *columns, size_t count)
{
    own_state *state = own;
    size_t bands = state->config.mfcc.mel_bands;

    for (; count > 0; count--, columns += 2 * bands) {
        for (size_t band = 0; band < bands; band++) {
            uint32_t level = level_in(columns, band, bands);

            state->largest = level > state->largest ? level : state->largest;
        }
    }
}

static void window_cells(void *own, const int8_t *column_bytes, int8_t *cells)
{
    own_state *state = own;
    const mfcc_top_config *config = &state->config;
    size_t bands = config->mfcc.mel_bands;
    uint32_t lowest = state->largest > config->top ? state->largest - config->top : 0;

    for (size_t band = 0; band < bands; band++) {
        uint32_t level = level_in(column_bytes, band, bands);

        level = level > lowest ? level : lowest;
        state->values[band] = (int32_t)(((int64_t)level * config->unit) >> 16) + config->base;
    }
    mfcc_dct(&config->mfcc, state->values, cells, NULL);
}

const fe_kind fe_mfcc_top = {
    .name = "mfcc-top",
    .max_fft = CORE_MAX_FFT_LOG_MEL,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = fe_log_mel_stages,
    .probed_column = probed_column,
    .window_begin = window_begin,
    .window_measure = window_measure,
    .window_cells = window_cells,
};
