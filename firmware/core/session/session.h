/* The firmware's conversation with the host: requests in, answers and results out, over the link.
 *
 * A target's main loop is the same everywhere:
 *
 *     session_input(s, received bytes)      whatever the line has, as often as it has
 *     session_step(s)                       one piece of work; true while there is more
 *     session_output(s, buffer, capacity)   bytes for the line, until it returns 0
 *     wait for input, at most until session_deadline(s)
 *
 * Nothing here blocks, except for the model's inference and an erased flash sector.
 *
 * session.c gives each request to the file whose job it is, and each such file has its own part of the state. */
#ifndef CORE_SESSION_SESSION_H
#define CORE_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bundle/core_bundle.h"
#include "bundle/slot.h"
#include "detect/stream.h"
#include "hal.h"
#include "link/link.h"

#define SESSION_LIVE_SAMPLES 64u /* taken from the microphone at a time */
#define SESSION_TEXT 128u        /* bytes of a reason or a name after an answer's fields */

typedef enum session_mode {
    SESSION_IDLE,
    SESSION_STREAM, /* audio comes from the host */
    SESSION_ENDING, /* all audio is in, results are still going out */
    SESSION_TENSOR, /* a feature tensor is coming from the host */
    SESSION_LIVE    /* audio comes from the microphone */
} session_mode;

typedef enum session_bundle_source {
    SESSION_BUILTIN = 0,
    SESSION_SLOT = 1,
    SESSION_TRIAL = 2 /* sent, loaded, and not committed */
} session_bundle_source;

typedef struct session_audio {
    uint16_t stream_id;
    size_t message_used; /* bytes of the oldest message already worked off */
    bool refused;        /* audio that still comes, up to its STREAM_END, is not answered */
} session_audio;

typedef struct session_tensor {
    uint16_t id;
    uint32_t length, received;
    bool refused; /* pieces that still come are not answered */
} session_tensor;

typedef struct session_deploy {
    bool refused; /* pieces that still come are not answered */
    bool trial;   /* the bundle in use is the one that was sent, and a restart brings the old one back */
} session_deploy;

typedef struct session_live {
    bool features;
    int16_t samples[SESSION_LIVE_SAMPLES]; /* heard, and used up to `used` */
    size_t used, count;
    uint16_t column, columns; /* of the window being shown after a detection */
} session_live;

typedef struct session_profile {
    uint16_t index, count; /* of the op to be sent next; count 0: none */
} session_profile;

typedef struct session_baud {
    uint32_t wanted;           /* 0: the one in use */
    uint64_t deadline_us;      /* 0: the rate in use is confirmed */
    uint32_t frames_at_change; /* received until then */
} session_baud;

typedef struct session_restart {
    bool wanted, called;
    uint64_t at_us;
} session_restart;

typedef struct session_proof {
    bool running;
    uint32_t start, model; /* checksums: of the nonce alone, and with the model so far */
    uint32_t model_done;   /* bytes of the model that are in it */
} session_proof;

typedef struct session_trace {
    bool armed, opened; /* for the next stream or tensor; a model that is no bundle is loaded */
    uint8_t shift;      /* of the arena, times 16 bytes */
    uint32_t window;
} session_trace;

typedef struct session_stage {
    bool armed; /* for the next stream */
    uint8_t stage;
    uint16_t length;
    uint32_t column, offset;
    fe_probe probe;
} session_stage;

typedef struct session_state {
    const core_hal *hal;
    const core_bundle *builtin;
    core_bundle bundle; /* in use */
    uint8_t bundle_source;
    const char *set_aside;       /* why the slot's bundle is not used; NULL: it is, or there is none */
    char no_model[SESSION_TEXT]; /* why none is loaded; empty: one is, or nothing is known */
    uint32_t boot_id;

    link_state link;
    stream_state stream;
    slot_state slot;

    session_mode mode;
    uint16_t connection; /* the one that the mode belongs to */

    session_audio audio;
    session_tensor tensor;
    session_deploy deploy;
    session_live live;
    session_profile profile;
    session_proof proof;
    session_trace trace;
    session_stage stage;
    session_baud baud;
    session_restart restart;

    uint32_t inferences, log_dropped;
} session_state;

/* boot_id: a number that differs from boot to boot. builtin: the bundle compiled in; stays valid. */
void session_init(session_state *session, const core_bundle *builtin, const core_hal *hal, uint32_t boot_id);

void session_input(session_state *session, const uint8_t *bytes, size_t count);
bool session_step(session_state *session);
size_t session_output(session_state *session, uint8_t *out, size_t capacity);

/* Target's time in us at which session_step or session_output want to run even without input; UINT64_MAX: never. */
uint64_t session_deadline(const session_state *session);

/* Sends a log line, or counts it as dropped when nobody listens or there is no room. Truncated to a frame. */
void session_log(session_state *session, uint8_t level, const char *text);

#endif
