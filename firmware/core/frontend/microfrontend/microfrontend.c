#include "frontend/microfrontend/microfrontend.h"

#include <string.h>

#include "frontend/arith.h"
#include "frontend/microfrontend/fft.h"
#include "frontend/microfrontend/filter_bank.h"
#include "frontend/microfrontend/image.h"
#include "frontend/microfrontend/log.h"
#include "frontend/microfrontend/noise.h"
#include "frontend/microfrontend/pcan.h"

/* The kind's part of a stream's memory; the arrays lie behind it. */
typedef struct own_state {
    mf_config config;
    const fe_front_end *front_end;
    uint32_t *estimates;  /* bands: the noise; all that is remembered from column to column */
    uint32_t *bands;      /* bands */
    mf_complex *spectrum; /* fft / 2 + 1 */
    int16_t *windowed;    /* window */
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
    return sizeof(own_state) + 2u * front_end->bands * sizeof(uint32_t) +
           (front_end->fft / 2u + 1u) * sizeof(mf_complex) + front_end->span * sizeof(int16_t);
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
    state->front_end = front_end;
    state->estimates = (uint32_t *)(void *)(state + 1);
    state->bands = state->estimates + front_end->bands;
    state->spectrum = (mf_complex *)(void *)(state->bands + front_end->bands);
    state->windowed = (int16_t *)(void *)(state->spectrum + front_end->fft / 2u + 1);
    reset(own);
}

/* The samples under the window. Returns the largest magnitude; that of -32768 does not count. */
static uint32_t taper(const mf_config *config, const int16_t *samples, int16_t *windowed)
{
    int16_t largest = 0;

    for (size_t i = 0; i < config->header->window; i++) {
        int16_t value = (int16_t)((samples[i] * config->window[i]) >> 12);
        int16_t magnitude = (int16_t)(value < 0 ? -value : value);

        windowed[i] = value;
        largest = magnitude > largest ? magnitude : largest;
    }
    return (uint32_t)largest;
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;
    const mf_config *config = &state->config;
    const mf_header *header = config->header;
    uint32_t largest = taper(config, samples, state->windowed);
    uint32_t shift = largest == 0 ? 15 : 15 - (32 - fe_leading_zeros(largest));

    mf_fft(config, state->windowed, shift, state->spectrum);
    mf_filter_bank(config, state->spectrum, shift, state->bands);
    if ((header->flags & MF_SUPPRESS) != 0) {
        mf_suppress_noise(header, state->estimates, state->bands);
    }
    if ((header->flags & MF_PCAN) != 0) {
        mf_apply_pcan(config, state->estimates, state->bands);
    }
    if ((header->flags & MF_LOG) != 0) {
        mf_log(config, state->bands);
    }
    for (size_t i = 0; i < header->bands; i++) {
        uint32_t feature = state->bands[i] < UINT16_MAX ? state->bands[i] : UINT16_MAX;

        cells[i] = config->cells[feature < header->cells ? feature : header->cells - 1];
        if (values != NULL) {
            values[i] = (int32_t)feature;
        }
    }
}

static size_t image_of(const void *own, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES])
{
    const own_state *state = own;

    (void)header;
    pieces[0] = (fe_image_piece){state->front_end->image, state->front_end->length}; /* used where it lies */
    return 1;
}

const fe_kind fe_microfrontend = {
    .name = "microfrontend",
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .image_of = image_of,
};
