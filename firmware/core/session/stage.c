/* What a stage of the front end gives for one column, sent from where it lies while it lies there. */
#include "session/jobs.h"

_Static_assert(MSG_STAGE_BYTES_SIZE < CORE_MAX_PAYLOAD, "a piece of a stage holds a byte at least");

#define MOST (CORE_MAX_PAYLOAD - MSG_STAGE_BYTES_SIZE)

session_progress session_arm_stage(session_state *s, const link_message *message)
{
    const fe_front_end *front_end = &s->bundle.frontend;
    unsigned count = fe_stages(front_end);
    uint8_t head[MSG_STAGE_ARMED_SIZE];
    msg_stage_arm request;

    if (!msg_stage_arm_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed STAGE_ARM");
    }
    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    if (request.stage >= count) {
        session_send_error(s, message->type, MSG_ERROR_CODE_BAD_REQUEST, request.stage, count - (count > 0),
                           "the front end has no such stage");
        return SESSION_DONE;
    }
    s->stage = (session_stage){.armed = true,
                               .stage = request.stage,
                               .column = request.column,
                               .offset = request.offset,
                               .length = request.length < MOST ? request.length : (uint16_t)MOST};
    msg_stage_armed armed = {.column = request.column, .stage = request.stage, .stages = (uint8_t)count};
    session_send_text(s, MSG_STAGE_ARMED, head, msg_stage_armed_encode(&armed, head, sizeof head),
                      fe_stage_name(front_end, request.stage));
    return SESSION_DONE;
}

static void take(void *taker, unsigned number, void *bytes, size_t size)
{
    session_state *s = taker;
    const session_stage *stage = &s->stage;
    uint8_t head[MSG_STAGE_BYTES_SIZE];

    if (number != stage->stage) {
        return;
    }
    size_t offset = stage->offset < size ? stage->offset : size;
    size_t count = stage->length < size - offset ? stage->length : size - offset;
    msg_stage_bytes told = {
        .column = stage->column, .stage = stage->stage, .offset = stage->offset, .size = (uint32_t)size};

    session_send(s, MSG_STAGE_BYTES, head, msg_stage_bytes_encode(&told, head, sizeof head),
                 (const uint8_t *)bytes + offset, count);
}

void session_begin_stage(session_state *s)
{
    session_stage *stage = &s->stage;

    if (stage->armed) { /* of a bundle that has no such stage, which it may be by now, nothing is taken */
        stage->probe = (fe_probe){.take = take, .taker = s};
        fe_look(&s->stream.frontend, &stage->probe, stage->column);
    }
    stage->armed = false;
}

bool session_has_stage_room(const session_state *s)
{
    return s->stream.frontend.probe == NULL || link_send_space(&s->link) >= MSG_STAGE_BYTES_SIZE + s->stage.length;
}
