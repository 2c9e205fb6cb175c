/* No front end at all: each sample is a cell, for models that take raw audio. A column is `hop` samples. */
#include <string.h>

#include "core_limits.h"
#include "frontend/kinds.h"

/* Behind the image's head. cell = clamp((sample * slope + bias) >> FRACTION_BITS) */
typedef struct waveform_header {
    uint32_t sample_rate;
    uint16_t hop, zero;
    uint32_t slope_low, slope_high, bias_low, bias_high;
} waveform_header;

enum { FRACTION_BITS = 32 };

#define SLOPE_LIMIT (INT64_C(1) << 44)
#define BIAS_LIMIT (INT64_C(1) << 61)

typedef struct own_state {
    const fe_front_end *front_end;
    int64_t slope, bias;
} own_state;

static int64_t joined(uint32_t low, uint32_t high)
{
    return (int64_t)((uint64_t)high << 32 | low);
}

static waveform_header header_of(const fe_front_end *front_end)
{
    waveform_header header;

    memcpy(&header, front_end->image + sizeof(fe_image_head), sizeof header); /* both are little-endian */
    return header;
}

static int open(fe_front_end *front_end)
{
    waveform_header header;
    int64_t slope, bias;

    if (front_end->length != sizeof(fe_image_head) + sizeof header) {
        return FE_ERROR_LENGTH;
    }
    header = header_of(front_end);
    slope = joined(header.slope_low, header.slope_high);
    bias = joined(header.bias_low, header.bias_high);
    if (header.hop < 1 || header.hop > CORE_MAX_BANDS) {
        return FE_ERROR_LIMIT;
    }
    if (header.zero != 0 || slope > SLOPE_LIMIT || slope < -SLOPE_LIMIT || bias > BIAS_LIMIT || bias < -BIAS_LIMIT) {
        return FE_ERROR_TABLE;
    }
    front_end->sample_rate = header.sample_rate;
    front_end->span = front_end->hop = front_end->bands = header.hop;
    return 0;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    (void)front_end;
    return sizeof(own_state);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;
    waveform_header header = header_of(front_end);

    state->front_end = front_end;
    state->slope = joined(header.slope_low, header.slope_high);
    state->bias = joined(header.bias_low, header.bias_high);
}

static void reset(void *own)
{
    (void)own; /* nothing is remembered from column to column */
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    const own_state *state = own;

    for (size_t i = 0; i < state->front_end->bands; i++) {
        int64_t cell = (samples[i] * state->slope + state->bias) >> FRACTION_BITS;

        cell = cell < 127 ? cell : 127;
        cells[i] = (int8_t)(cell > -128 ? cell : -128);
        if (values != NULL) {
            values[i] = samples[i];
        }
    }
}

static const char *const stages[] = {"cells", NULL};

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    const own_state *state = own;

    column(own, samples, cells, values);
    fe_show(probe, 0, cells, state->front_end->bands);
}

const fe_kind fe_waveform = {
    .name = "waveform",
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages = stages,
    .probed_column = probed_column,
};
