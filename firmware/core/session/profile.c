#include "session/jobs.h"

session_progress session_begin_profile(session_state *s, const link_message *message)
{
    core_op_profile entry;
    uint16_t count = 0;

    if (s->hal->model_profile == NULL) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board keeps no per-op profile");
    }
    while (s->hal->model_profile(s->hal->context, count, &entry)) {
        count++;
    }
    if (count == 0) {
        return session_refuse(s, message, MSG_ERROR_CODE_NO_MODEL, "no inference has run yet");
    }
    s->profile = (session_profile){.count = count};
    return SESSION_DONE;
}

bool session_send_profile(session_state *s)
{
    core_op_profile entry;
    uint8_t head[MSG_PROFILE_SIZE];

    if (!s->hal->model_profile(s->hal->context, s->profile.index, &entry)) { /* that was the last one */
        s->profile.count = 0;
        return true;
    }
    if (!session_has_room(s)) {
        return false;
    }
    msg_profile profile = {.index = s->profile.index,
                           .count = s->profile.count,
                           .ns = stream_ns(entry.ticks, s->hal->clock_hz),
                           .calls = entry.calls};
    session_send_text(s, MSG_PROFILE, head, msg_profile_encode(&profile, head, sizeof head), entry.name);
    s->profile.index++;
    return true;
}
