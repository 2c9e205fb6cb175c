#include "frontend/mfcc/mfcc.h"

#include "core_limits.h"
#include "frontend/kinds.h"
#include "frontend/log_mel_options/options.h"

/* The kind's part of a stream's memory. */
typedef struct own_state {
    void *log_mel; /* that kind's part */
    mfcc_config config;
    int32_t log_mel_q16[CORE_MAX_BANDS];
} own_state;

static int open(fe_front_end *front_end)
{
    mfcc_config config;
    int error = mfcc_config_from_image(&config, front_end->image, front_end->length);

    if (error == FE_ERROR_KIND) { /* that of the image within */
        *front_end = config.log_mel;
    } else if (error == 0) {
        fe_front_end whole = config.log_mel;

        whole.kind = front_end->kind;
        whole.image = front_end->image;
        whole.length = front_end->length;
        whole.bands = config.coefficients;
        *front_end = whole;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    mfcc_config config;

    (void)mfcc_config_from_image(&config, front_end->image, front_end->length); /* as `open` found it */
    return fe_aligned(sizeof(own_state)) + config.log_mel.kind->own_bytes(&config.log_mel);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    state->log_mel = (uint8_t *)own + fe_aligned(sizeof *state);
    (void)mfcc_config_from_image(&state->config, front_end->image, front_end->length); /* as `open` found it */
    state->config.log_mel.kind->init(state->log_mel, &state->config.log_mel);
}

static void reset(void *own)
{
    own_state *state = own;

    state->config.log_mel.kind->reset(state->log_mel);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;

    state->config.log_mel.kind->values(state->log_mel, samples, state->log_mel_q16);
    mfcc_dct(&state->config, state->log_mel_q16, cells, values);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;

    state->config.log_mel.kind->probed_values(state->log_mel, samples, state->log_mel_q16, probe);
    mfcc_dct(&state->config, state->log_mel_q16, cells, values);
    fe_show(probe, FE_STAGE_CELLS, cells, state->config.coefficients);
}

const fe_kind fe_mfcc = {
    .name = "mfcc",
    .max_fft = CORE_MAX_FFT_LOG_MEL,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = fe_log_mel_stages,
    .probed_column = probed_column,
};
