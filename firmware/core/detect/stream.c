#include "detect/stream.h"

#include <string.h>

#include "bundle/model_ends.h"

void stream_init(stream_state *stream, const core_hal *hal)
{
    memset(stream, 0, sizeof *stream);
    stream->hal = hal;
}

void stream_start(stream_state *stream, const core_bundle *bundle, bool infer, bool keep_features)
{
    stream->bundle = bundle;
    stream->infer = infer && stream->model.input != NULL;
    stream->keep_features = keep_features;
    fe_reset(&stream->frontend);
    detector_reset(&stream->detector);
    stream->ring_index = 0;
    stream->samples = stream->columns = stream->windows = stream->detections = 0;
    stream->features_sent = 0;
    stream->next_window_at = bundle->frames;
    stream->column_ticks = 0;
    stream->window_pending = false;
    stream->detection_label = 0;
    memset(&stream->window, 0, sizeof stream->window);
    stream->trace = (stream_trace){.window = STREAM_NO_WINDOW};
    stream->why[0] = '\0';
}

void stream_keep_model(stream_state *stream, uint32_t window)
{
    stream_trace *trace = &stream->trace;
    const core_hal *hal = stream->hal;

    trace->kept = trace->lacks_room = false; /* what was kept was so for a window before */
    if (window == trace->window && stream->model.stateful && hal->model_keep != NULL) {
        trace->kept = hal->model_keep(hal->context, &trace->needed, &trace->room);
        trace->lacks_room = !trace->kept;
    }
}

bool stream_infer(stream_state *stream, int8_t *outputs)
{
    const core_hal *hal = stream->hal;
    const core_bundle *bundle = stream->bundle;
    int8_t *logits = model_ends_logits(bundle) ? outputs + model_ends_output_bytes(bundle) : NULL;

    stream->why[0] = '\0';
    if (hal->model_invoke(hal->context, outputs, logits, stream->why, sizeof stream->why)) {
        model_ends_take(bundle, outputs);
        return true;
    }
    if (stream->why[0] == '\0') {
        strcpy(stream->why, "inference failed");
    }
    return false;
}

/* As put_window, for kinds whose cells depend on all of the window. */
static void put_measured(const stream_state *stream, const fe_kind *kind)
{
    const core_bundle *bundle = stream->bundle;
    void *own = stream->frontend.own;
    int8_t cells[CORE_MAX_BANDS];

    kind->window_begin(own);
    kind->window_measure(own, stream_window_column(stream, 0), (size_t)bundle->frames - stream->ring_index);
    kind->window_measure(own, stream->ring, stream->ring_index);
    for (uint16_t column = 0; column < bundle->frames; column++) {
        size_t bands = bundle->frontend.model_bands;

        kind->window_cells(own, stream_window_column(stream, column), cells);
        model_ends_put(bundle, stream->model.input, column * bands, cells, bands);
    }
}

void stream_put_columns(stream_state *stream, size_t first, const int8_t *cells, size_t count)
{
    stream->trace.in_ring = false;
    memcpy(stream->ring + first, cells, count);
    if (first + count == (size_t)stream->bundle->frames * stream->bundle->frontend.bands) {
        stream->ring_index = 0;
        stream_put_window(stream);
    }
}

/* The ring's columns, oldest first, as the model wants them. */
void stream_put_window(const stream_state *stream)
{
    const fe_kind *kind = stream->bundle->frontend.kind;
    void *input = stream->model.input;
    size_t bands = stream->bundle->frontend.bands;
    size_t oldest = stream->ring_index * bands;
    size_t cells = stream->bundle->frames * bands;

    if (kind->window_cells != NULL) {
        put_measured(stream, kind);
        return;
    }
    model_ends_put(stream->bundle, input, 0, stream->ring + oldest, cells - oldest);
    model_ends_put(stream->bundle, input, cells - oldest, stream->ring, oldest);
}

static void complete_window(stream_state *stream)
{
    stream_window *window = &stream->window;
    const core_hal *hal = stream->hal;
    uint32_t start = hal->ticks(hal->context);

    if (stream->infer) {
        stream_keep_model(stream, stream->windows);
        stream_put_window(stream);
        if (!stream_infer(stream, window->outputs)) {
            return; /* the owner reports stream->why; the window does not count */
        }
        detector_window(&stream->detector, window->outputs);
        stream->trace.in_ring = true;
    }
    window->inference_ticks = hal->ticks(hal->context) - start;
    window->index = stream->windows++;
    window->first_column = stream->columns - stream->bundle->frames;
    window->total_ticks = window->frontend_ticks + window->inference_ticks;
    stream->window_pending = true;
    stream->window_sent = false;
    stream->detection_label = 0;
}

size_t stream_push(stream_state *stream, const int16_t *samples, size_t count)
{
    const core_hal *hal = stream->hal;
    stream_window *window = &stream->window;
    bool ready = false;

    if (stream_blocked(stream)) {
        return 0;
    }
    uint32_t start = hal->ticks(hal->context);
    size_t taken = fe_push(&stream->frontend, samples, count,
                           stream->ring + (size_t)stream->ring_index * stream->bundle->frontend.bands, NULL, &ready);
    stream->column_ticks += hal->ticks(hal->context) - start;
    stream->samples += (uint32_t)taken;
    if (!ready) {
        return taken;
    }
    stream->ring_index = (uint16_t)(stream->ring_index + 1 == stream->bundle->frames ? 0 : stream->ring_index + 1);
    stream->columns++;
    stream->trace.in_ring = false;
    window->columns++;
    window->frontend_ticks += stream->column_ticks;
    if (stream->column_ticks > window->frontend_max_ticks) {
        window->frontend_max_ticks = stream->column_ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)stream->column_ticks;
    }
    stream->column_ticks = 0;
    if (!stream->keep_features) {
        stream->features_sent = stream->columns;
    }
    if (stream->columns == stream->next_window_at) {
        stream->next_window_at += stream->bundle->stride;
        complete_window(stream);
    }
    return taken;
}

bool stream_blocked(const stream_state *stream)
{
    return stream->window_pending || stream->columns - stream->features_sent >= stream->bundle->frames;
}

uint16_t stream_features(const stream_state *stream, uint32_t *first_column, const int8_t **cells)
{
    uint32_t waiting = stream->columns - stream->features_sent;
    uint32_t frames = stream->bundle->frames;
    uint32_t first_index =
        stream->ring_index >= waiting ? stream->ring_index - waiting : stream->ring_index + frames - waiting;
    uint32_t in_one_piece = frames - first_index;

    *first_column = stream->features_sent;
    *cells = stream->ring + first_index * stream->bundle->frontend.bands;
    return (uint16_t)(waiting < in_one_piece ? waiting : in_one_piece);
}

const int8_t *stream_window_column(const stream_state *stream, uint16_t column)
{
    uint32_t frames = stream->bundle->frames;
    uint32_t index = (uint32_t)stream->ring_index + column;

    index = index >= frames ? index - frames : index;
    return stream->ring + index * stream->bundle->frontend.bands;
}

void stream_features_done(stream_state *stream, uint16_t columns)
{
    stream->features_sent += columns;
}

bool stream_detection(stream_state *stream, uint8_t *label, bool *active, int8_t *score)
{
    while (stream->infer && stream->detection_label < stream->bundle->classes) {
        if (detector_change(&stream->detector, stream->detection_label, active, score)) {
            stream->detections++;
            *label = stream->detection_label;
            return true;
        }
        stream->detection_label++;
    }
    return false;
}

void stream_window_done(stream_state *stream)
{
    stream->window_pending = false;
    stream->window.columns = 0;
    stream->window.frontend_ticks = 0;
    stream->window.frontend_max_ticks = 0;
}

uint32_t stream_ns(uint64_t ticks, uint32_t clock_hz)
{
    /* 4.29 s is all that 32 bits of nanoseconds hold */
    return ticks / clock_hz >= 4 ? UINT32_MAX : (uint32_t)(ticks * UINT64_C(1000000000) / clock_hz);
}
