#include "session/jobs.h"

#define GRACE_US UINT64_C(200000) /* for the acknowledgement of the request to reach the host */

session_progress session_request_restart(session_state *s, const link_message *message)
{
    (void)message;
    s->restart.wanted = true;
    s->restart.at_us = s->hal->now_us(s->hal->context) + GRACE_US;
    return SESSION_DONE;
}

bool session_keep_restart(session_state *s, uint64_t now_us)
{
    if (!s->restart.wanted || s->restart.called || (!link_idle(&s->link) && now_us < s->restart.at_us)) {
        return false;
    }
    s->restart.called = true;
    s->hal->restart(s->hal->context);
    return true;
}
