#include "frontend/log_mel/log_mel.h"

#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/quantise.h"
#include "frontend/log_mel/rfft.h"

/* The kind's part of a stream's memory. Between columns there is nothing to remember. */
typedef struct log_mel {
    fe_config config;
    int32_t work[]; /* the spectrum, then the bands: room for the larger */
} log_mel;

static int open(fe_front_end *front_end)
{
    fe_config config;
    int error = fe_config_from_image(&config, front_end->image, front_end->length);

    if (error == 0) {
        front_end->sample_rate = config.sample_rate;
        front_end->span = config.at_start != 0 ? config.analysis_window : config.fft;
        front_end->hop = config.hop;
        front_end->bands = config.bands;
        front_end->analysis_window = config.analysis_window;
        front_end->fft = config.fft;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    size_t words = front_end->fft > front_end->bands ? front_end->fft : front_end->bands;

    return sizeof(log_mel) + words * sizeof(int32_t);
}

static void init(void *own, const fe_front_end *front_end)
{
    log_mel *state = own;

    (void)fe_config_from_image(&state->config, front_end->image, front_end->length); /* as `open` found it */
}

static void reset(void *own)
{
    (void)own;
}

enum { WINDOW, SPECTRUM, MEL, LOG, CELLS };

static const char *const stages[] = {
    [WINDOW] = "window", [SPECTRUM] = "spectrum", [MEL] = "mel", [LOG] = "log", [CELLS] = "cells", NULL};

FE_INLINE void compute(void *own, const int16_t *samples, int8_t *cells, int32_t *logmel_q16, const fe_probe *probe)
{
    log_mel *state = own;
    const fe_config *config = &state->config;
    fe_segment segments[CORE_MAX_BANDS + 1];
    int32_t *db_q16 = logmel_q16 != NULL ? logmel_q16 : state->work; /* the spectrum is no longer needed by then */

    fe_hann(config, samples, state->work);
    fe_show(probe, WINDOW, state->work, config->fft * sizeof state->work[0]);
    fe_rfft(state->work, config->fft, config->twiddles);
    fe_show(probe, SPECTRUM, state->work, config->fft * sizeof state->work[0]);
    fe_mel(config, state->work, segments);
    fe_show(probe, MEL, segments, (config->bands + 1u) * sizeof segments[0]);
    fe_log(config, segments, db_q16);
    fe_show(probe, LOG, db_q16, config->bands * sizeof db_q16[0]);
    fe_quantise(config, db_q16, cells);
    fe_show(probe, CELLS, cells, config->bands);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    compute(own, samples, cells, values, NULL);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    compute(own, samples, cells, values, probe);
}

static size_t image_of(const void *own, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES])
{
    const log_mel *state = own;

    fe_image_of(&state->config, header, pieces);
    return FE_IMAGE_PIECES;
}

const fe_kind fe_log_mel = {
    .name = "log-mel",
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = stages,
    .probed_column = probed_column,
    .image_of = image_of,
};

const fe_config *fe_log_mel_config(const fe_state *state)
{
    const log_mel *own = state->own;

    return &own->config;
}

size_t fe_config_size(void)
{
    return sizeof(fe_config);
}
