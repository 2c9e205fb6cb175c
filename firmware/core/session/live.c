#include "session/jobs.h"

session_progress session_start_live(session_state *s, const link_message *message)
{
    const core_hal *hal = s->hal;
    msg_live_start request;
    char why[SESSION_TEXT] = "";

    if (!msg_live_start_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed LIVE_START");
    }
    if (hal->microphone_start == NULL) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board has no microphone");
    }
    if (session_lacks_frontend(s, message) || session_lacks_model(s, message)) {
        return SESSION_DONE;
    }
    session_stop(s);
    if (!session_forget_windows(s, message)) {
        return SESSION_DONE;
    }
    if (!hal->microphone_start(hal->context, s->bundle.frontend.sample_rate, why, sizeof why)) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, why);
    }
    s->audio.stream_id = MSG_LIVE_STREAM_ID;
    s->live.features = (request.flags & MSG_STREAM_FLAG_FEATURES) != 0;
    stream_start(&s->stream, &s->bundle, true, false);
    s->mode = SESSION_LIVE;
    session_send_stream_started(s);
    return SESSION_DONE;
}

session_progress session_stop_live(session_state *s, const link_message *message)
{
    if (s->mode != SESSION_LIVE && (s->mode != SESSION_IDLE || s->audio.stream_id != MSG_LIVE_STREAM_ID)) {
        return session_refuse(s, message, MSG_ERROR_CODE_NO_STREAM, "the microphone is not on");
    }
    session_stop(s); /* where the model failed it has stopped before */
    session_send_stream_done(s);
    return SESSION_DONE;
}

static void send_detection(session_state *s, uint8_t label, bool active, int8_t score)
{
    uint8_t head[MSG_LIVE_DETECTION_SIZE];
    msg_live_detection detection = {
        .time_ms = (uint32_t)((uint64_t)s->stream.samples * 1000 / s->bundle.frontend.sample_rate),
        .label = label,
        .active = active ? 1 : 0,
        .score = score,
        .window = s->stream.window.index,
    };

    session_send(s, MSG_LIVE_DETECTION, head, msg_live_detection_encode(&detection, head, sizeof head), NULL, 0);
    s->live.column = 0;
    s->live.columns = active && s->live.features ? s->bundle.frames : 0;
}

/* A detection's columns follow it, oldest first: those of the window in which it began. */
static bool send_results(session_state *s)
{
    session_live *live = &s->live;

    if (live->column == live->columns) {
        return session_send_window(s, send_detection);
    }
    if (!session_send_columns(s, s->stream.window.first_column + live->column,
                              stream_window_column(&s->stream, live->column), 1)) {
        return false;
    }
    live->column++;
    return true;
}

/* Results go before more audio is looked at, however slow the line: the microphone's own buffer bridges the pause. */
bool session_listen(session_state *s)
{
    session_live *live = &s->live;

    if (s->stream.window_pending) {
        return send_results(s);
    }
    if (live->used == live->count) {
        live->used = 0;
        live->count = s->hal->microphone_read(s->hal->context, live->samples, SESSION_LIVE_SAMPLES);
        if (live->count == 0) {
            return false;
        }
    }
    live->used += stream_push(&s->stream, live->samples + live->used, live->count - live->used);
    if (s->stream.why[0] != '\0') {
        session_fail_stream(s, MSG_LIVE_START);
    }
    return true;
}
