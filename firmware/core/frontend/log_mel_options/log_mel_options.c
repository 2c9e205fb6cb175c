#include "core_limits.h"
#include "frontend/kinds.h"
#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/quantise.h"
#include "frontend/log_mel/rfft.h"
#include "frontend/log_mel_options/options.h"

/* The kind's part of a stream's memory. Between columns there is nothing to remember. */
typedef struct own_state {
    const fe_front_end *front_end;
    fe_config config;
    fe_options options;
    int32_t work[]; /* the spectrum, then the bands: room for the larger */
} own_state;

static int open(fe_front_end *front_end)
{
    fe_config config;
    fe_options options;
    int error = fe_options_from_image(&options, &config, front_end->image, front_end->length);

    if (error != 0) {
        return error;
    }
    front_end->sample_rate = config.sample_rate;
    front_end->span = config.at_start != 0 ? config.analysis_window : config.fft;
    if ((options.flags & (FE_EMPHASIS | FE_MIRRORED)) != 0) { /* the sample before, or the one it is mirrored at */
        front_end->span++;
    }
    front_end->hop = config.hop;
    front_end->bands = config.bands;
    front_end->analysis_window = config.analysis_window;
    front_end->fft = config.fft;
    front_end->lead = options.lead;
    front_end->mirrored = (options.flags & FE_MIRRORED) != 0;
    return front_end->lead * (front_end->mirrored ? 2u : 1u) < front_end->span ? 0 : FE_ERROR_LIMIT;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    size_t words = front_end->fft > front_end->bands ? front_end->fft : front_end->bands;

    return sizeof(own_state) + words * sizeof(int32_t);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    state->front_end = front_end;
    /* as `open` found it */
    (void)fe_options_from_image(&state->options, &state->config, front_end->image, front_end->length);
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
    fe_segment segments[CORE_MAX_BANDS + 1];

    if ((options->flags & FE_EMPHASIS) != 0) {
        fe_hann_options(config, options->emphasis, samples + 1, state->work);
    } else {
        fe_hann_options(config, NULL, samples, state->work);
    }
    fe_show(probe, FE_STAGE_WINDOW, state->work, config->fft * sizeof state->work[0]);
    fe_rfft_up_to_long(state->work, config->fft, config->twiddles);
    fe_show(probe, FE_STAGE_SPECTRUM, state->work, config->fft * sizeof state->work[0]);
    if ((options->flags & FE_MAGNITUDE) != 0) {
        fe_mel_magnitude(config, state->work, segments);
    } else {
        fe_mel(config, state->work, segments);
    }
    fe_show(probe, FE_STAGE_MEL, segments, (config->bands + 1u) * sizeof segments[0]);
    if ((options->flags & (FE_MAGNITUDE | FE_OFFSET)) != 0) {
        fe_log_options(config, options, segments, db_q16);
    } else {
        fe_log(config, segments, db_q16);
    }
    fe_show(probe, FE_STAGE_LOG, db_q16, config->bands * sizeof db_q16[0]);
}

void fe_log_mel_values(void *own, const int16_t *samples, int32_t *db_q16)
{
    compute_values(own, samples, db_q16, NULL);
}

void fe_log_mel_probed_values(void *own, const int16_t *samples, int32_t *db_q16, const fe_probe *probe)
{
    compute_values(own, samples, db_q16, probe);
}

const char *const fe_log_mel_stages[] = {
    [FE_STAGE_WINDOW] = "window", [FE_STAGE_SPECTRUM] = "spectrum", [FE_STAGE_MEL] = "mel",
    [FE_STAGE_LOG] = "log",       [FE_STAGE_CELLS] = "cells",       NULL};

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;
    int32_t *db_q16 = values != NULL ? values : state->work; /* the spectrum is no longer needed by then */

    fe_log_mel_values(own, samples, db_q16);
    fe_quantise(&state->config, db_q16, cells);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    int32_t *db_q16 = values != NULL ? values : state->work;

    fe_log_mel_probed_values(own, samples, db_q16, probe);
    fe_quantise(&state->config, db_q16, cells);
    fe_show(probe, FE_STAGE_CELLS, cells, state->config.bands);
}

static size_t image_of(const void *own, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES])
{
    const own_state *state = own;

    (void)header;
    pieces[0] = (fe_image_piece){state->front_end->image, state->front_end->length};
    return 1;
}

const fe_kind fe_log_mel_options = {
    .name = "log-mel-options",
    .max_fft = CORE_MAX_FFT_LOG_MEL,
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = fe_log_mel_stages,
    .probed_column = probed_column,
    .image_of = image_of,
};
