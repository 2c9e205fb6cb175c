/* A model that is no bundle, to be traced alone: what was found to depart is run again on any board. */
#include <string.h>

#include "session/jobs.h"

static const char *open_sent(session_state *s, core_case *opened, char *text, size_t size)
{
    const core_hal *hal = s->hal;
    const uint8_t *model = NULL;
    const char *why = slot_verify(&s->slot, &model);

    why = why != NULL ? why : slot_begin_trial(&s->slot);
    if (why != NULL) {
        return why;
    }
    s->deploy.trial = true; /* from here on there is something to go back from */
    memset(&s->stream.model, 0, sizeof s->stream.model);
    s->stream.trace = (stream_trace){.window = STREAM_NO_WINDOW};
    return hal->model_open(hal->context, model, s->slot.length, opened, text, size) ? NULL : text;
}

session_progress session_open_case(session_state *s, const link_message *message)
{
    uint8_t head[MSG_CASE_OPENED_SIZE];
    char text[SESSION_TEXT] = "";
    core_case opened = {0};
    const char *why;

    if (s->hal->model_open == NULL) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board runs bundles only");
    }
    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    why = s->deploy.trial ? "what was sent is in use" : open_sent(s, &opened, text, sizeof text);
    if (why != NULL) {
        return session_refuse_deploy(s, why);
    }
    s->trace.opened = true;
    msg_case_opened answer = {.inputs = opened.inputs, .outputs = opened.outputs, .arena_used = opened.arena_used};
    session_send(s, MSG_CASE_OPENED, head, msg_case_opened_encode(&answer, head, sizeof head), NULL, 0);
    return SESSION_DONE;
}

session_progress session_take_case_input(session_state *s, const link_message *message)
{
    msg_case_input input;
    void *data;
    uint32_t bytes;

    if (!msg_case_input_decode(&input, message->payload, message->length)) {
        return session_malformed(s, message, "malformed CASE_INPUT");
    }
    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    if (!s->trace.opened) {
        return session_refuse(s, message, MSG_ERROR_CODE_BAD_REQUEST, "no case is open");
    }
    if (!s->hal->model_tensor(s->hal->context, false, input.input, &data, &bytes)) {
        return session_refuse(s, message, MSG_ERROR_CODE_BAD_REQUEST, "the case's model has no such input");
    }
    if (input.offset > bytes || input.data_len > bytes - input.offset) {
        session_send_error(s, message->type, MSG_ERROR_CODE_WRONG_LENGTH, input.offset, bytes, "the input ends before");
        return SESSION_DONE;
    }
    memcpy((uint8_t *)data + input.offset, input.data, input.data_len);
    return SESSION_DONE;
}
