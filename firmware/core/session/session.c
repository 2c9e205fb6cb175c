#include "session/session.h"

#include <string.h>

#include "session/jobs.h"

#define LIVE_PERIOD_US 4000u /* how often the microphone is looked at */

typedef session_progress (*session_request)(session_state *s, const link_message *message);

typedef struct session_job {
    session_request request;
    bool plain; /* it has no fields: whoever sends some means something else */
} session_job;

#define REQUEST(type) [(type) - MSG_FIRST_SEQUENCED]

static const session_job jobs[] = {
    REQUEST(MSG_INFO_REQUEST) = {session_send_info, true},
    REQUEST(MSG_STATUS_REQUEST) = {session_send_status, false},
    REQUEST(MSG_ECHO_REQUEST) = {session_echo, false},
    REQUEST(MSG_STREAM_START) = {session_start_stream, false},
    REQUEST(MSG_AUDIO) = {session_take_audio, false},
    REQUEST(MSG_STREAM_END) = {session_end_stream, false},
    REQUEST(MSG_TENSOR_BEGIN) = {session_begin_tensor, false},
    REQUEST(MSG_TENSOR_DATA) = {session_take_tensor, false},
    REQUEST(MSG_PROFILE_REQUEST) = {session_begin_profile, true},
    REQUEST(MSG_BAUD) = {session_request_baud, false},
    REQUEST(MSG_DEPLOY_BEGIN) = {session_begin_deploy, false},
    REQUEST(MSG_DEPLOY_DATA) = {session_take_deploy, false},
    REQUEST(MSG_DEPLOY_COMMIT) = {session_commit_deploy, true},
    REQUEST(MSG_LIVE_START) = {session_start_live, false},
    REQUEST(MSG_LIVE_STOP) = {session_stop_live, true},
    REQUEST(MSG_RESET) = {session_request_restart, true},
    REQUEST(MSG_DEPLOY_TRY) = {session_try_deploy, true},
    REQUEST(MSG_DEPLOY_ABANDON) = {session_end_deploy, true},
    REQUEST(MSG_PROOF_REQUEST) = {session_send_proof, false},
    REQUEST(MSG_TRACE_ARM) = {session_arm_trace, false},
    REQUEST(MSG_TRACE_REQUEST) = {session_send_trace, false},
    REQUEST(MSG_TRACE_BYTES_REQUEST) = {session_send_trace_bytes, false},
    REQUEST(MSG_STAGE_ARM) = {session_arm_stage, false},
    REQUEST(MSG_CASE_OPEN) = {session_open_case, true},
    REQUEST(MSG_CASE_INPUT) = {session_take_case_input, false},
    REQUEST(MSG_BUILD_REQUEST) = {session_send_build, true},
};

void session_init(session_state *s, const core_bundle *builtin, const core_hal *hal, uint32_t boot_id)
{
    memset(s, 0, sizeof *s);
    s->hal = hal;
    s->builtin = builtin;
    s->boot_id = boot_id;
    link_init(&s->link, boot_id);
    stream_init(&s->stream, hal);
    slot_init(&s->slot, hal,
              hal->reset_reason == MSG_RESET_REASON_PANIC || hal->reset_reason == MSG_RESET_REASON_WATCHDOG);
    session_choose_bundle(s);
}

void session_stop(session_state *s)
{
    if (s->mode == SESSION_LIVE) {
        s->hal->microphone_stop(s->hal->context);
    }
    s->mode = SESSION_IDLE;
    s->live.column = s->live.columns = 0;
    s->live.used = s->live.count = 0;
}

/* A host that connects anew knows nothing of what the one before had begun. */
static void forget_old_host(session_state *s)
{
    session_stop(s);
    session_abandon_deploy(s);
    s->slot.received = 0; /* is told with every refusal */
    s->connection = link_connection(&s->link);
    s->audio = (session_audio){0};
    s->tensor = (session_tensor){0};
    s->deploy = (session_deploy){0};
    s->profile = (session_profile){0};
    s->proof = (session_proof){0};
    s->stage = (session_stage){0};
    s->stream.trace = (stream_trace){.window = STREAM_NO_WINDOW};
    if (session_end_shift(s)) {
        char why[SESSION_TEXT];

        (void)session_load_model(s, why, sizeof why); /* where it lay at boot it was loaded before */
    }
    s->trace = (session_trace){0};
    s->restart.wanted = false;
    s->baud.wanted = 0;
    session_tell_set_aside(s);
}

static session_progress unknown(session_state *s, const link_message *message)
{
    session_send_error(s, message->type, MSG_ERROR_CODE_UNKNOWN_TYPE, message->type, 0, "unknown request");
    return SESSION_DONE;
}

/* One request, or a piece of it. False: it needs more room on the line than there is now. */
static bool handle(session_state *s, const link_message *message)
{
    size_t index = (size_t)message->type - MSG_FIRST_SEQUENCED; /* the link keeps lower types to itself */
    session_job job = index < sizeof jobs / sizeof jobs[0] ? jobs[index] : (session_job){0};
    session_progress progress;

    if (message->type != MSG_AUDIO && !session_has_room(s)) { /* most audio is not answered at all */
        return false;
    }
    if (job.request == NULL) {
        progress = unknown(s, message);
    } else if (job.plain && message->length != 0) {
        progress = session_malformed(s, message, "this request has no fields");
    } else {
        progress = job.request(s, message);
    }
    if (progress == SESSION_DONE) {
        link_release(&s->link);
    }
    return progress != SESSION_WAITS;
}

void session_input(session_state *s, const uint8_t *bytes, size_t count)
{
    link_input(&s->link, bytes, count, s->hal->now_us(s->hal->context));
}

bool session_step(session_state *s)
{
    uint64_t now_us = s->hal->now_us(s->hal->context);
    link_message message;

    if (s->restart.called) {
        return false; /* a target that restarts later: nothing more happens until then */
    }
    if (link_connection(&s->link) != s->connection) {
        forget_old_host(s);
    }
    if (session_keep_baud(s, now_us) || session_keep_restart(s, now_us)) {
        return true;
    }
    if (s->restart.wanted) {
        return false; /* what came after the request is lost, as in any reset */
    }
    if (s->profile.count > 0) {
        return session_send_profile(s);
    }
    if (s->mode == SESSION_STREAM || s->mode == SESSION_ENDING) {
        if (session_send_results(s)) {
            return true;
        }
        if (s->mode == SESSION_ENDING || stream_blocked(&s->stream)) {
            return false; /* the line is full */
        }
    }
    if (s->mode == SESSION_LIVE && session_listen(s)) {
        return true;
    }
    return link_peek(&s->link, &message) && handle(s, &message);
}

size_t session_output(session_state *s, uint8_t *out, size_t capacity)
{
    return link_output(&s->link, out, capacity, s->hal->now_us(s->hal->context));
}

uint64_t session_deadline(const session_state *s)
{
    uint64_t now = s->hal->now_us(s->hal->context);
    uint64_t deadline = link_deadline(&s->link, now);

    if (s->mode == SESSION_LIVE && now + LIVE_PERIOD_US < deadline) {
        deadline = now + LIVE_PERIOD_US;
    }
    if (s->restart.wanted && !s->restart.called && s->restart.at_us < deadline) {
        deadline = s->restart.at_us;
    }
    if (s->baud.deadline_us != 0 && s->baud.deadline_us < deadline) {
        deadline = s->baud.deadline_us;
    }
    return deadline;
}
