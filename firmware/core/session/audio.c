#include <string.h>

#include "session/jobs.h"

#define CHUNK 64u /* samples of a message looked at in one step */

session_progress session_start_stream(session_state *s, const link_message *message)
{
    msg_stream_start request;

    if (!msg_stream_start_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed STREAM_START");
    }
    if (session_lacks_frontend(s, message)) {
        return SESSION_DONE;
    }
    if ((request.flags & MSG_STREAM_FLAG_INFERENCE) != 0 && session_lacks_model(s, message)) {
        return SESSION_DONE;
    }
    session_stop(s);
    if ((request.flags & MSG_STREAM_FLAG_INFERENCE) != 0 && !session_forget_windows(s, message)) {
        return SESSION_DONE;
    }
    s->audio = (session_audio){.stream_id = request.stream};
    stream_start(&s->stream, &s->bundle, (request.flags & MSG_STREAM_FLAG_INFERENCE) != 0,
                 (request.flags & MSG_STREAM_FLAG_FEATURES) != 0);
    session_begin_trace(s);
    session_begin_stage(s);
    s->mode = SESSION_STREAM;
    session_send_stream_started(s);
    return SESSION_DONE;
}

session_progress session_end_stream(session_state *s, const link_message *message)
{
    bool refused = s->audio.refused;
    msg_stream_end request;

    if (!msg_stream_end_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed STREAM_END");
    }
    s->audio.refused = false;
    if (s->mode == SESSION_STREAM) {
        s->mode = SESSION_ENDING;
    } else if (!refused) {
        return session_refuse(s, message, MSG_ERROR_CODE_NO_STREAM, "there is no stream to end");
    }
    return SESSION_DONE;
}

/* Within a stream each message that cannot be used is answered, and is no part of it; without a stream the first alone,
 * however much of it comes. */
static session_progress refuse(session_state *s, const link_message *message)
{
    if (s->mode != SESSION_STREAM && s->audio.refused) {
        return SESSION_DONE;
    }
    if (!session_has_room(s)) {
        return SESSION_WAITS;
    }
    if (s->mode == SESSION_STREAM) {
        return session_malformed(s, message, "audio must be whole 16-bit samples");
    }
    s->audio.refused = true;
    session_send_error(s, MSG_AUDIO, MSG_ERROR_CODE_NO_STREAM, message->length, 0, "audio without a stream");
    return SESSION_DONE;
}

/* Moves the oldest AUDIO message on by a column or a little. False: it must wait for room on the line. */
static bool use_samples(session_state *s, const link_message *message)
{
    int16_t samples[CHUNK];
    size_t left = (message->length - s->audio.message_used) / sizeof samples[0];
    size_t count = left < CHUNK ? left : CHUNK;

    if (!session_has_room(s) || !session_has_stage_room(s)) {
        return false;
    }
    /* the payload may lie at an odd address; both ends are little-endian */
    memcpy(samples, message->payload + s->audio.message_used, count * sizeof samples[0]);
    s->audio.message_used += stream_push(&s->stream, samples, count) * sizeof samples[0];
    if (s->stream.why[0] != '\0') {
        session_fail_stream(s, MSG_AUDIO);
    }
    return true;
}

static bool send_features(session_state *s)
{
    uint32_t first;
    const int8_t *cells;
    uint16_t columns = stream_features(&s->stream, &first, &cells);
    size_t fit = (CORE_MAX_PAYLOAD - MSG_FEATURES_SIZE) / s->bundle.frontend.bands;

    if (columns > fit) {
        columns = (uint16_t)fit;
    }
    if (!session_send_columns(s, first, cells, columns)) {
        return false;
    }
    stream_features_done(&s->stream, columns);
    return true;
}

session_progress session_take_audio(session_state *s, const link_message *message)
{
    if (s->mode != SESSION_STREAM || message->length % 2 != 0) {
        return refuse(s, message);
    }
    if (s->audio.message_used < message->length) {
        if (!use_samples(s, message)) {
            return SESSION_WAITS;
        }
        if (s->mode == SESSION_STREAM && s->audio.message_used < message->length) {
            return SESSION_MOVES;
        }
    }
    /* what this message's columns are, goes out before the next one is looked at: one frame for one frame */
    if (s->mode == SESSION_STREAM && s->stream.features_sent != s->stream.columns && !s->stream.window_pending) {
        return send_features(s) ? SESSION_MOVES : SESSION_WAITS;
    }
    if (s->mode == SESSION_STREAM && s->stream.window_pending) {
        return SESSION_MOVES;
    }
    s->audio.message_used = 0;
    return SESSION_DONE;
}

static void send_detection(session_state *s, uint8_t label, bool active, int8_t score)
{
    uint8_t head[MSG_DETECTION_SIZE];
    msg_detection detection = {
        .label = label, .active = active ? 1 : 0, .window = s->stream.window.index, .score = score};

    session_send(s, MSG_DETECTION, head, msg_detection_encode(&detection, head, sizeof head), NULL, 0);
}

bool session_send_results(session_state *s)
{
    if (s->stream.features_sent != s->stream.columns && (stream_blocked(&s->stream) || s->mode == SESSION_ENDING)) {
        return send_features(s);
    }
    if (s->stream.window_pending) {
        return session_send_window(s, send_detection);
    }
    if (s->mode == SESSION_ENDING && session_has_room(s)) {
        session_send_stream_done(s);
        s->mode = SESSION_IDLE;
        return true;
    }
    return false;
}
