#include "frontend/normalised/normalised.h"

#include "core_limits.h"
#include "frontend/kinds.h"

/* The kind's part of a stream's memory. */
typedef struct own_state {
    void *inner; /* the other kind's part */
    normalised_config config;
    normalised_window window;
    int32_t values[CORE_MAX_BANDS];
} own_state;

static int open(fe_front_end *front_end)
{
    normalised_config config;
    int error = normalised_config_from_image(&config, front_end->image, front_end->length);

    if (error == FE_ERROR_KIND) { /* that of the image within */
        *front_end = config.inner;
    } else if (error == 0) {
        fe_front_end whole = config.inner;

        whole.kind = front_end->kind;
        whole.image = front_end->image;
        whole.length = front_end->length;
        whole.bands = (uint16_t)(2 * config.inner.bands);
        whole.model_bands = config.inner.bands;
        *front_end = whole;
    }
    return error;
}

static size_t own_bytes(const fe_front_end *front_end)
{
    normalised_config config;

    (void)normalised_config_from_image(&config, front_end->image, front_end->length); /* as `open` found it */
    return fe_aligned(sizeof(own_state)) + config.inner.kind->own_bytes(&config.inner);
}

static void init(void *own, const fe_front_end *front_end)
{
    own_state *state = own;

    state->inner = (uint8_t *)own + fe_aligned(sizeof *state);
    (void)normalised_config_from_image(&state->config, front_end->image, front_end->length);
    state->config.inner.kind->init(state->inner, &state->config.inner);
    normalised_begin(&state->window);
}

static void reset(void *own)
{
    own_state *state = own;

    state->config.inner.kind->reset(state->inner);
}

static void take_levels(const normalised_config *config, const int32_t *given, int8_t *cells, int32_t *values)
{
    size_t bands = config->inner.bands;

    level_bytes_of(&config->levels, given, bands, cells,
                   values != NULL ? values + bands : NULL); /* behind the others */
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    own_state *state = own;
    int32_t *given = values != NULL ? values : state->values;

    state->config.inner.kind->column(state->inner, samples, cells, given);
    take_levels(&state->config, given, cells, values);
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    own_state *state = own;
    int32_t *given = values != NULL ? values : state->values;

    state->config.inner.kind->probed_column(state->inner, samples, cells, given, probe);
    take_levels(&state->config, given, cells, values);
}

/* Those of the other kind: what follows are the bytes of a column. */
static const char *const *stages_of(const fe_front_end *front_end)
{
    normalised_config config;

    (void)normalised_config_from_image(&config, front_end->image, front_end->length); /* as `open` found it */
    return config.inner.kind->stages; /* it is not normalised once more: `open` refuses that */
}

static void window_begin(void *own)
{
    own_state *state = own;

    normalised_begin(&state->window);
}

static void window_measure(void *own, const int8_t *columns, size_t count)
{
    own_state *state = own;

    normalised_measure(&state->window, columns, count, state->config.inner.bands);
}

static void window_cells(void *own, const int8_t *column_bytes, int8_t *cells)
{
    own_state *state = own;

    normalised_cells(&state->config, &state->window, column_bytes, cells, state->config.inner.bands);
}

const fe_kind fe_normalised = {
    .name = "normalised",
    .max_fft = CORE_MAX_FFT_BIODCASE_2026, /* the other kind sees to its own */
    .open = open,
    .own_bytes = own_bytes,
    .init = init,
    .reset = reset,
    .column = column,
    .stages_of = stages_of,
    .probed_column = probed_column,
    .window_begin = window_begin,
    .window_measure = window_measure,
    .window_cells = window_cells,
};
