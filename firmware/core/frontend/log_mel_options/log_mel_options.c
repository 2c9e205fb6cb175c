#include "core_limits.h"
#include "frontend/kinds.h"
#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/quantise.h"
#include "frontend/log_mel/rfft.h"
#include "frontend/log_mel_options/levels.h"

/* The kind's part of a stream's memory. Between columns there is nothing to remember. */
typedef struct own_state {
    fe_config config;
    fe_options options;
    int32_t work[]; /* the spectrum, then the bands: room for the larger */
} own_state;

static int open(fe_front_end *front_end)
{
    fe_config config;
    fe_options options;
    int error = fe_options_from_image(&options, &config, front_end->image, front_end->length, fe_rfft_twiddles);

    return error != 0 ? error : fe_options_describe(front_end, &options, &config);
}

static size_t own_bytes(const fe_front_end *front_end)
{
    size_t words = front_end->fft > front_end->bands ? front_end->fft : front_end->bands;

    return sizeof(own_state) + words * sizeof(int32_t);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    /* as `open` found it */
    (void)fe_options_from_image(&state->options, &state->config, front_end->image, front_end->length, fe_rfft_twiddles);
}

static void reset(void *own)
{
    (void)own;
}

FE_INLINE void compute_values(void *own, const int16_t *samples, int32_t *db_q16, const fe_probe *probe)
{
    own_state *state = own;
    const fe_config *config = &state->config;
    const fe_options *options = &state->options;

    if ((options->flags & FE_EMPHASIS) != 0) {
        fe_hann_options(config, options->emphasis, samples + 1, state->work);
    } else {
        fe_hann_options(config, NULL, samples, state->work);
    }
    fe_show(probe, FE_STAGE_WINDOW, state->work, config->fft * sizeof state->work[0]);
    fe_rfft_up_to_long(state->work, config->fft, config->twiddles);
    fe_options_levels(config, options, state->work, db_q16, probe);
}

static void values_of(void *own, const int16_t *samples, int32_t *db_q16)
{
    compute_values(own, samples, db_q16, NULL);
}

static void probed_values_of(void *own, const int16_t *samples, int32_t *db_q16, const fe_probe *probe)
{
    compute_values(own, samples, db_q16, probe);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;
    int32_t *db_q16 = values != NULL ? values : state->work; /* the spectrum is no longer needed by then */

    values_of(own, samples, db_q16);
    fe_quantise(&state->config, db_q16, cells);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    int32_t *db_q16 = values != NULL ? values : state->work;

    probed_values_of(own, samples, db_q16, probe);
    fe_quantise(&state->config, db_q16, cells);
    fe_show(probe, FE_STAGE_CELLS, cells, state->config.bands);
}

const fe_kind fe_log_mel_options = {
    .name = "log-mel-options",
    .max_fft = CORE_MAX_FFT_LOG_MEL,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .values = values_of,
    .probed_values = probed_values_of,
    .stages = fe_log_mel_stages,
    .probed_column = probed_column,
};
