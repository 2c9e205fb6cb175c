#include "session/jobs.h"

_Static_assert(MSG_FEATURES_SIZE + CORE_MAX_COLUMN <= CORE_MAX_PAYLOAD,
               "CORE_MAX_PAYLOAD must hold a column of CORE_MAX_BANDS in FEATURES");

bool session_send_columns(session_state *s, uint32_t first_column, const int8_t *cells, uint16_t columns)
{
    uint8_t head[MSG_FEATURES_SIZE];
    size_t count = (size_t)columns * s->bundle.frontend.bands;
    msg_features features = {.first_column = first_column};

    if (link_send_space(&s->link) < sizeof head + count) {
        return false;
    }
    session_send(s, MSG_FEATURES, head, msg_features_encode(&features, head, sizeof head), cells, count);
    return true;
}

static void send_window(session_state *s, const stream_window *w)
{
    uint8_t head[MSG_WINDOW_RESULT_SIZE];
    uint32_t hz = s->hal->clock_hz;
    uint8_t classes = s->stream.infer ? s->bundle.classes : 0;
    uint8_t logits = s->stream.infer && model_ends_logits(&s->bundle) ? 1 : 0;
    msg_window_result result = {
        .index = w->index,
        .first_column = w->first_column,
        .frontend_ns = stream_ns(w->frontend_ticks, hz),
        .frontend_max_ns = stream_ns(w->frontend_max_ticks, hz),
        .inference_ns = stream_ns(w->inference_ticks, hz),
        .total_ns = stream_ns(w->total_ticks, hz),
        .columns = w->columns,
        .classes = classes,
        .has_logits = logits,
    };

    session_send(s, MSG_WINDOW_RESULT, head, msg_window_result_encode(&result, head, sizeof head), w->outputs,
                 s->stream.infer ? model_ends_values(&s->bundle) : 0);
    if (s->stream.infer) {
        session_count_inference(s);
    }
}

bool session_send_window(session_state *s,
                         void (*send_detection)(session_state *s, uint8_t label, bool active, int8_t score))
{
    uint8_t label;
    bool active;
    int8_t score;

    if (!session_has_room(s)) {
        return false;
    }
    if (!s->stream.window_sent) {
        send_window(s, &s->stream.window);
        s->stream.window_sent = true;
    } else if (stream_detection(&s->stream, &label, &active, &score)) {
        send_detection(s, label, active, score);
    } else {
        stream_window_done(&s->stream);
    }
    return true;
}

void session_send_stream_started(session_state *s)
{
    uint8_t head[MSG_STREAM_STARTED_SIZE];
    msg_stream_started started = {.stream = s->audio.stream_id};

    session_send(s, MSG_STREAM_STARTED, head, msg_stream_started_encode(&started, head, sizeof head), NULL, 0);
}

void session_send_stream_done(session_state *s)
{
    uint8_t head[MSG_STREAM_DONE_SIZE];
    msg_stream_done done = {
        .stream = s->audio.stream_id,
        .samples = s->stream.samples,
        .columns = s->stream.columns,
        .windows = s->stream.windows,
        .detections = s->stream.detections,
    };

    session_send(s, MSG_STREAM_DONE, head, msg_stream_done_encode(&done, head, sizeof head), NULL, 0);
}

void session_fail_stream(session_state *s, uint8_t request)
{
    session_send_error(s, request, MSG_ERROR_CODE_INFERENCE_FAILED, s->stream.windows, 0, s->stream.why);
    session_stop(s);
    s->audio.refused = true;
}
