/* What the session's files share: how answers are sent, and the jobs that session.c hands out. */
#ifndef CORE_SESSION_JOBS_H
#define CORE_SESSION_JOBS_H

#include "bundle/model_ends.h"
#include "messages.h"
#include "session/session.h"

#define SESSION_OUTPUTS (2u * CORE_MAX_CLASSES) /* bytes of a window's scores and logits */

/* Payload bytes that any answer fits into, but ECHO and FEATURES, which look for their own. */
#define SESSION_LONGER(a, b) ((a) > (b) ? (a) : (b))
#define SESSION_TEXT_ROOM \
    SESSION_LONGER(MSG_ERROR_SIZE + SESSION_TEXT, \
                   SESSION_LONGER(MSG_DEPLOY_STATUS_SIZE + SESSION_TEXT, MSG_PROFILE_SIZE + SESSION_TEXT))
#define SESSION_OUTPUTS_ROOM \
    SESSION_LONGER(MSG_WINDOW_RESULT_SIZE + SESSION_OUTPUTS, MSG_TENSOR_RESULT_SIZE + SESSION_OUTPUTS)
#define SESSION_STATE_ROOM SESSION_LONGER(MSG_INFO_SIZE + CORE_NAME_BYTES, MSG_STATUS_SIZE)
#define SESSION_ROOM SESSION_LONGER(SESSION_TEXT_ROOM, SESSION_LONGER(SESSION_OUTPUTS_ROOM, SESSION_STATE_ROOM))

/* What became of a request. */
typedef enum session_progress {
    SESSION_WAITS, /* it needs more room on the line than there is now */
    SESSION_MOVES, /* it is not worked off yet */
    SESSION_DONE   /* its message can go */
} session_progress;

/* answers.c. Sending cannot fail where session_has_room was asked before. */
bool session_has_room(const session_state *s);
void session_send(session_state *s, uint8_t type, const uint8_t *head, size_t head_length, const void *tail,
                  size_t tail_length);
/* With a text behind the fields, cut off after SESSION_TEXT bytes. */
void session_send_text(session_state *s, uint8_t type, const uint8_t *head, size_t head_length, const char *text);
void session_send_error(session_state *s, uint8_t request, uint16_t code, uint32_t value, uint32_t limit,
                        const char *text);
/* Answers of a request that comes to nothing: SESSION_DONE, so that they can be returned. */
session_progress session_refuse(session_state *s, const link_message *message, uint16_t code, const char *text);
session_progress session_malformed(session_state *s, const link_message *message, const char *text);
/* True when the front end has no memory, which then was answered. */
bool session_lacks_frontend(session_state *s, const link_message *message);
/* True when no model is loaded, which then was answered. */
bool session_lacks_model(session_state *s, const link_message *message);

/* results.c */
bool session_send_columns(session_state *s, uint32_t first_column, const int8_t *cells, uint16_t columns);
/* The pending window first, then what it changed, each change by `send_detection`; then it is done with.
 * False: there is no room. */
bool session_send_window(session_state *s,
                         void (*send_detection)(session_state *s, uint8_t label, bool active, int8_t score));
void session_send_stream_started(session_state *s);
void session_send_stream_done(session_state *s);
/* Ends a stream whose inference failed. */
void session_fail_stream(session_state *s, uint8_t request);

/* audio.c */
session_progress session_start_stream(session_state *s, const link_message *message);
session_progress session_take_audio(session_state *s, const link_message *message);
session_progress session_end_stream(session_state *s, const link_message *message);
/* Results that wait. True: something moved; false: nothing waits, or nothing can move. */
bool session_send_results(session_state *s);

/* model.c
 * Gives the front end of the bundle in use its memory and loads the model, anew where it is loaded.
 * False: `why` says why, and no model is loaded. */
bool session_load_model(session_state *s, char *why, size_t why_size);
/* What earlier windows left inside the model is gone. False: it cannot be loaded any more, which was answered. */
bool session_forget_windows(session_state *s, const link_message *message);
/* An inference went well. */
void session_count_inference(session_state *s);

/* tensor.c */
session_progress session_begin_tensor(session_state *s, const link_message *message);
session_progress session_take_tensor(session_state *s, const link_message *message);

/* info.c */
session_progress session_send_info(session_state *s, const link_message *message);
session_progress session_send_build(session_state *s, const link_message *message);
session_progress session_send_status(session_state *s, const link_message *message);

/* proof.c */
session_progress session_send_proof(session_state *s, const link_message *message);

/* trace.c */
session_progress session_arm_trace(session_state *s, const link_message *message);
session_progress session_send_trace(session_state *s, const link_message *message);
session_progress session_send_trace_bytes(session_state *s, const link_message *message);
/* What was armed becomes part of the stream that begins now, or of the tensor. */
void session_begin_trace(session_state *s);
/* The arena lies where it lay at boot; whoever asks forgets the trace. True: the model has to be loaded anew for it. */
bool session_end_shift(session_state *s);

/* stage.c */
session_progress session_arm_stage(session_state *s, const link_message *message);
/* As session_begin_trace, of a stream. */
void session_begin_stage(session_state *s);
/* Whether what a stage gives could be sent, or nobody wants it. */
bool session_has_stage_room(const session_state *s);

/* case.c */
session_progress session_open_case(session_state *s, const link_message *message);
session_progress session_take_case_input(session_state *s, const link_message *message);

/* profile.c */
session_progress session_begin_profile(session_state *s, const link_message *message);
bool session_send_profile(session_state *s);

/* deploy.c */
void session_choose_bundle(session_state *s);
/* A LOG line about a bundle in the slot that is not used. */
void session_tell_set_aside(session_state *s);
/* Whatever was being deployed is forgotten; the bundle before it is in use again. */
void session_abandon_deploy(session_state *s);
/* A bundle must not change under a stream, a tensor or the microphone. True: one of them runs, which was answered;
 * everything stays as it was. */
bool session_is_busy(session_state *s, const link_message *message);
/* What was sent cannot be used, which is answered once until the next DEPLOY_BEGIN. */
session_progress session_refuse_deploy(session_state *s, const char *why);
session_progress session_begin_deploy(session_state *s, const link_message *message);
session_progress session_take_deploy(session_state *s, const link_message *message);
session_progress session_try_deploy(session_state *s, const link_message *message);
session_progress session_commit_deploy(session_state *s, const link_message *message);
session_progress session_end_deploy(session_state *s, const link_message *message);

/* live.c */
session_progress session_start_live(session_state *s, const link_message *message);
session_progress session_stop_live(session_state *s, const link_message *message);
bool session_listen(session_state *s);

/* baud.c */
session_progress session_request_baud(session_state *s, const link_message *message);
/* True when the rate was changed: what was received or sent before belongs to the old one. */
bool session_keep_baud(session_state *s, uint64_t now_us);

/* restart.c */
session_progress session_request_restart(session_state *s, const link_message *message);
bool session_keep_restart(session_state *s, uint64_t now_us);

/* echo.c */
session_progress session_echo(session_state *s, const link_message *message);

/* session.c: leaves the mode, whatever it is. */
void session_stop(session_state *s);

#endif
