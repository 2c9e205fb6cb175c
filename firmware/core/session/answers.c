#include <string.h>

#include "session/jobs.h"

_Static_assert(SESSION_ROOM <= CORE_MAX_PAYLOAD,
               "CORE_MAX_PAYLOAD must hold every answer: the scores and logits of CORE_MAX_CLASSES, INFO with a name, "
               "a reason (session/jobs.h)");

bool session_has_room(const session_state *s)
{
    return link_send_space(&s->link) >= SESSION_ROOM;
}

void session_send(session_state *s, uint8_t type, const uint8_t *head, size_t head_length, const void *tail,
                  size_t tail_length)
{
    /* Room was checked before the request was taken up, so this cannot fail. */
    (void)link_send(&s->link, type, head, head_length, (const uint8_t *)tail, tail_length);
}

void session_send_text(session_state *s, uint8_t type, const uint8_t *head, size_t head_length, const char *text)
{
    size_t length = strlen(text);

    session_send(s, type, head, head_length, text, length < SESSION_TEXT ? length : SESSION_TEXT);
}

void session_send_error(session_state *s, uint8_t request, uint16_t code, uint32_t value, uint32_t limit,
                        const char *text)
{
    uint8_t head[MSG_ERROR_SIZE];
    msg_error error = {.request = request, .code = code, .value = value, .limit = limit};

    session_send_text(s, MSG_ERROR, head, msg_error_encode(&error, head, sizeof head), text);
}

session_progress session_refuse(session_state *s, const link_message *message, uint16_t code, const char *text)
{
    session_send_error(s, message->type, code, 0, 0, text);
    return SESSION_DONE;
}

session_progress session_malformed(session_state *s, const link_message *message, const char *text)
{
    session_send_error(s, message->type, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, text);
    return SESSION_DONE;
}

bool session_lacks_frontend(session_state *s, const link_message *message)
{
    if (s->stream.frontend.own != NULL) {
        return false;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_NO_MODEL, "there is no memory for the front end");
    return true;
}

bool session_lacks_model(session_state *s, const link_message *message)
{
    if (s->stream.model.input != NULL) {
        return false;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_NO_MODEL,
                         s->no_model[0] != '\0' ? s->no_model : "no model is loaded");
    return true;
}
