#include <string.h>

#include "bundle/bundle_image.h"
#include "session/jobs.h"

/* Makes `bundle` the one in use. False: its model cannot run here, `why` says so, and no model is loaded. */
static bool use_bundle(session_state *s, const core_bundle *bundle, uint8_t source, char *why, size_t why_size)
{
    s->bundle = *bundle;
    s->bundle_source = source;
    return session_load_model(s, why, why_size);
}

/* Makes the slot's bundle the one in use. NULL: it is; empty: there is none; otherwise why not. */
static const char *use_slot(session_state *s)
{
    uint32_t length = 0;
    const uint8_t *image = slot_image(&s->slot, &length);
    core_bundle deployed;
    char why[SESSION_TEXT] = "";
    bundle_image_result parsed;

    if (s->slot.set_aside) {
        return "it crashed this board twice in a row";
    }
    if (image == NULL) {
        return "";
    }
    parsed = bundle_image_parse(&deployed, image, length);
    if (parsed != BUNDLE_IMAGE_OK) {
        return bundle_image_reason(parsed);
    }
    return use_bundle(s, &deployed, SESSION_SLOT, why, sizeof why) ? NULL
                                                                   : "its model does not load, deploying it says why";
}

void session_choose_bundle(session_state *s)
{
    const char *reason = use_slot(s);
    char why[SESSION_TEXT] = "";

    s->set_aside = reason != NULL && reason[0] != '\0' ? reason : NULL;
    if (reason != NULL) {
        /* When even the built-in model does not load, features still work and INFO shows no arena. */
        (void)use_bundle(s, s->builtin, SESSION_BUILTIN, why, sizeof why);
    }
}

void session_tell_set_aside(session_state *s)
{
    char text[2 * SESSION_TEXT] = "the bundle in the model slot is not used: ";

    if (s->set_aside != NULL) {
        strncat(text, s->set_aside, sizeof text - strlen(text) - 1);
        session_log(s, MSG_LOG_LEVEL_WARNING, text);
    }
}

void session_abandon_deploy(session_state *s)
{
    slot_abandon(&s->slot);
    if (s->deploy.trial) {
        s->deploy.trial = false;
        slot_end_trial(&s->slot);
        session_choose_bundle(s);
    }
}

static void send_status(session_state *s, uint8_t state, const char *text)
{
    uint8_t head[MSG_DEPLOY_STATUS_SIZE];
    msg_deploy_status status = {.state = state, .received = s->slot.received};

    session_send_text(s, MSG_DEPLOY_STATUS, head, msg_deploy_status_encode(&status, head, sizeof head), text);
}

session_progress session_refuse_deploy(session_state *s, const char *why)
{
    session_abandon_deploy(s);
    s->deploy.refused = true;
    send_status(s, MSG_DEPLOY_STATE_REFUSED, why);
    return SESSION_DONE;
}

bool session_is_busy(session_state *s, const link_message *message)
{
    static const char *const reasons[] = {
        [SESSION_STREAM] = "a stream is running: end it first",
        [SESSION_ENDING] = "a stream is ending: wait for its end",
        [SESSION_TENSOR] = "a tensor has begun: send all of it first",
        [SESSION_LIVE] = "the microphone is on: stop it first",
    };

    if (s->mode == SESSION_IDLE) {
        return false;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_BUSY, reasons[s->mode]);
    return true;
}

session_progress session_begin_deploy(session_state *s, const link_message *message)
{
    msg_deploy_begin request;
    const char *why;

    if (!msg_deploy_begin_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed DEPLOY_BEGIN");
    }
    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    session_abandon_deploy(s);
    s->deploy.refused = false;
    if (request.length == 0) { /* back to the bundle compiled in */
        why = slot_clear(&s->slot);
        if (why == NULL) {
            session_choose_bundle(s);
            send_status(s, MSG_DEPLOY_STATE_ACTIVE, s->bundle.name);
            return SESSION_DONE;
        }
    } else {
        why = slot_begin(&s->slot, request.length, request.crc32, request.sha256);
    }
    if (why != NULL) {
        return session_refuse_deploy(s, why);
    }
    send_status(s, MSG_DEPLOY_STATE_RECEIVING, "");
    return SESSION_DONE;
}

session_progress session_take_deploy(session_state *s, const link_message *message)
{
    msg_deploy_data data;
    const char *why;

    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    if (!s->slot.receiving) {
        return s->deploy.refused ? SESSION_DONE : session_refuse_deploy(s, "no deployment has begun");
    }
    if (!msg_deploy_data_decode(&data, message->payload, message->length)) {
        return session_refuse_deploy(s, "malformed DEPLOY_DATA");
    }
    why = slot_write(&s->slot, data.offset, data.data, (uint32_t)data.data_len);
    return why == NULL ? SESSION_DONE : session_refuse_deploy(s, why);
}

/* Loads what was sent, checked as it now stands in flash, and leaves the slot's record alone: a restart of any kind brings
 * the old bundle back. NULL, or why it cannot be; `text` has room for the reason. */
static const char *load_sent(session_state *s, char *text, size_t size)
{
    const uint8_t *image = NULL;
    core_bundle deployed;
    const char *why = slot_verify(&s->slot, &image);
    bundle_image_result parsed;

    if (why != NULL) {
        return why;
    }
    parsed = bundle_image_parse(&deployed, image, s->slot.length);
    if (parsed == BUNDLE_IMAGE_KIND || parsed == BUNDLE_IMAGE_DETECTOR_KIND) {
        strcpy(text, bundle_image_reason(parsed)); /* a short text of our own */
        return strcat(strcat(text, ": "), deployed.name);
    }
    if (parsed != BUNDLE_IMAGE_OK) {
        return bundle_image_reason(parsed);
    }
    why = slot_begin_trial(&s->slot);
    if (why != NULL) {
        return why;
    }
    s->deploy.trial = true; /* from here on there is something to go back from */
    return use_bundle(s, &deployed, SESSION_TRIAL, text, size) ? NULL : text;
}

session_progress session_try_deploy(session_state *s, const link_message *message)
{
    char text[SESSION_TEXT] = "";
    const char *why;

    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    why = s->trace.opened ? "what was sent is a model and no bundle" : NULL;
    why = why != NULL || s->deploy.trial ? why : load_sent(s, text, sizeof text);
    if (why != NULL) {
        return session_refuse_deploy(s, why);
    }
    send_status(s, MSG_DEPLOY_STATE_TRIAL, s->bundle.name);
    return SESSION_DONE;
}

/* The new model is loaded before the commit: what cannot run here never becomes the bundle that boots. */
session_progress session_commit_deploy(session_state *s, const link_message *message)
{
    char text[SESSION_TEXT] = "";
    const char *why;

    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    why = s->trace.opened ? "what was sent is a model and no bundle" : NULL;
    why = why != NULL || s->deploy.trial ? why : load_sent(s, text, sizeof text);
    why = why == NULL ? slot_commit(&s->slot) : why;
    if (why != NULL) {
        return session_refuse_deploy(s, why);
    }
    s->deploy.trial = false;
    s->bundle_source = SESSION_SLOT;
    s->set_aside = NULL;
    send_status(s, MSG_DEPLOY_STATE_ACTIVE, s->bundle.name);
    return SESSION_DONE;
}

session_progress session_end_deploy(session_state *s, const link_message *message)
{
    if (session_is_busy(s, message)) {
        return SESSION_DONE;
    }
    session_abandon_deploy(s);
    send_status(s, MSG_DEPLOY_STATE_ABANDONED, s->bundle.name);
    return SESSION_DONE;
}
