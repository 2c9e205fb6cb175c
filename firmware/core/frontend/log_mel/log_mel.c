#include "frontend/log_mel/log_mel.h"

#include <string.h>

#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/options.h"
#include "frontend/log_mel/quantise.h"
#include "frontend/log_mel/rfft.h"

/* The kind's part of a stream's memory. Between columns there is nothing to remember. */
typedef struct log_mel {
    fe_config config;
    fe_options options;
    const fe_front_end *front_end;
    int32_t work[]; /* the spectrum, then the bands: room for the larger */
} log_mel;

static int open(fe_front_end *front_end)
{
    fe_config config;
    fe_options options;
    int error = fe_options_from_image(&options, &config, front_end->image, front_end->length);

    if (error == 0) {
        front_end->sample_rate = config.sample_rate;
        front_end->lead = options.lead;
        front_end->mirrored = (options.flags & FE_MIRRORED) != 0;
        front_end->span = config.at_start != 0 ? config.analysis_window : config.fft;
        if ((options.flags & (FE_EMPHASIS | FE_MIRRORED)) != 0) { /* the sample before, or the one it is mirrored at */
            front_end->span++;
        }
        if (front_end->lead * (front_end->mirrored ? 2u : 1u) >= front_end->span) {
            return FE_ERROR_LIMIT;
        }
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

    /* as `open` found it */
    (void)fe_options_from_image(&state->options, &state->config, front_end->image, front_end->length);
    state->front_end = front_end;
}

static void reset(void *own)
{
    (void)own;
}

/* Kept apart, so that front ends without options do not pay for them. */
static __attribute__((noinline)) void values_by_options(log_mel *state, const int16_t *samples, fe_segment *segments,
                                                        int32_t *db_q16)
{
    const fe_config *config = &state->config;
    const fe_options *options = &state->options;

    if ((options->flags & FE_EMPHASIS) != 0) {
        fe_hann_emphasised(config, options->emphasis, samples + 1, state->work);
    } else {
        fe_hann(config, samples, state->work);
    }
    fe_rfft(state->work, config->fft, config->twiddles);
    if ((options->flags & FE_MAGNITUDE) != 0) {
        fe_mel_magnitude(config, state->work, segments);
    } else {
        fe_mel(config, state->work, segments);
    }
    fe_log_options(config, options, segments, db_q16);
}

void fe_log_mel_values(void *own, const int16_t *samples, int32_t *db_q16)
{
    log_mel *state = own;
    const fe_config *config = &state->config;
    fe_segment segments[CORE_MAX_BANDS + 1];

    if (state->options.flags != 0) {
        values_by_options(state, samples, segments, db_q16);
        return;
    }
    fe_hann(config, samples, state->work);
    fe_rfft(state->work, config->fft, config->twiddles);
    fe_mel(config, state->work, segments);
    fe_log(config, segments, db_q16);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *logmel_q16)
{
    log_mel *state = own;
    int32_t *db_q16 = logmel_q16 != NULL ? logmel_q16 : state->work; /* the spectrum is no longer needed by then */

    fe_log_mel_values(own, samples, db_q16);
    fe_quantise(&state->config, db_q16, cells);
}

static size_t image_of(const void *own, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES])
{
    const log_mel *state = own;

    if (memcmp(state->front_end->image, FE_MAGIC_LOG_MEL, FE_MAGIC_BYTES) != 0) { /* with options: as it lies there */
        pieces[0] = (fe_image_piece){state->front_end->image, state->front_end->length};
        return 1;
    }
    fe_image_of(&state->config, header, pieces);
    return FE_IMAGE_PIECES;
}

const fe_kind fe_log_mel = {
    .name = "log-mel",
#if CORE_LONG_FFT
    .max_fft = CORE_MAX_FFT_LOG_MEL,
#endif
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .image_of = image_of,
};

const fe_config *fe_log_mel_config(const fe_state *state)
{
    const log_mel *own = state->own;

    return own->options.flags == 0 && own->options.lead == 0 && own->config.fft <= CORE_MAX_FFT ? &own->config : NULL;
}

size_t fe_config_size(void)
{
    return sizeof(fe_config);
}
