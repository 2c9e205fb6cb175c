#include "session/jobs.h"

#define CONFIRM_US UINT64_C(1000000)

session_progress session_request_baud(session_state *s, const link_message *message)
{
    msg_baud request;
    uint8_t head[MSG_BAUD_READY_SIZE];

    if (!msg_baud_decode(&request, message->payload, message->length) || request.rate == 0) {
        return session_malformed(s, message, "malformed BAUD");
    }
    if (s->hal->set_baud == NULL) {
        session_send_error(s, MSG_BAUD, MSG_ERROR_CODE_NOT_SUPPORTED, request.rate, 0,
                           "this board's line has no baud rate");
        return SESSION_DONE;
    }
    msg_baud_ready ready = {.rate = request.rate};
    session_send(s, MSG_BAUD_READY, head, msg_baud_ready_encode(&ready, head, sizeof head), NULL, 0);
    s->baud.wanted = request.rate;
    return SESSION_DONE;
}

static void change(session_state *s, uint64_t now_us)
{
    uint32_t wanted = s->baud.wanted;

    s->baud.wanted = 0;
    if (s->hal->set_baud(s->hal->context, wanted)) {
        s->baud.frames_at_change = link_get_counters(&s->link)->rx_frames;
        s->baud.deadline_us = now_us + CONFIRM_US;
    }
}

/* A new rate counts once something readable arrived at it; otherwise both ends go back to where they began. */
static void confirm(session_state *s, uint64_t now_us)
{
    if (link_get_counters(&s->link)->rx_frames != s->baud.frames_at_change) {
        s->baud.deadline_us = 0;
    } else if (now_us >= s->baud.deadline_us) {
        s->baud.deadline_us = 0;
        (void)s->hal->set_baud(s->hal->context, s->hal->boot_baud);
    }
}

bool session_keep_baud(session_state *s, uint64_t now_us)
{
    if (s->baud.wanted != 0 && link_idle(&s->link)) {
        change(s, now_us);
        return true;
    }
    if (s->baud.deadline_us != 0) {
        confirm(s, now_us);
    }
    return false;
}
