#include "session/jobs.h"

session_progress session_echo(session_state *s, const link_message *message)
{
    if (link_send_space(&s->link) < message->length) {
        return SESSION_WAITS;
    }
    session_send(s, MSG_ECHO, NULL, 0, message->payload, message->length);
    return SESSION_DONE;
}
