/* A target that exists only in memory, for tests: the session, and hardware that fails when it is told to.
 *
 * Whatever the core is given lies in a piece of the heap of exactly its size, so that AddressSanitizer sees the byte after
 * it: the session itself, the model's input, flash, received bytes, the room for bytes to be sent. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "session/session.h"

#define SECTOR 4096u

typedef struct target_controls {
    uint32_t loads_to_fail; /* so many of the next loads fail */
    uint32_t invokes_to_fail, memories_to_fail;
    uint32_t loads_to_crash, invokes_to_crash; /* as the two above; the board then is dead until it boots */
    uint8_t reset_reason;                      /* of the next boots */
    bool erase_fails, write_fails, writes_wrong, microphone_fails, baud_fails;
    bool stateful;  /* the model adds the number of inferences since it was loaded to its scores */
    uint32_t sound; /* samples that the microphone still has */
    uint32_t loads, restarts, baud;
    bool microphone_on, crashed;
    uint32_t flash_writes;
} target_controls;

static session_state *session;
static target_controls controls;
static int8_t *input;
static size_t input_cells;
static uint8_t classes;
static uint32_t inferences; /* since the model was loaded */
static uint8_t *flash_memory;
static void *frontend_block;
static uint64_t now;
static core_hal hal;
static jmp_buf crash;

static uint64_t now_us(void *context)
{
    (void)context;
    return now;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return (uint32_t)now;
}

static bool fails(uint32_t *count)
{
    if (*count == 0) {
        return false;
    }
    --*count;
    return true;
}

static void *frontend_memory(void *context, size_t bytes, char *why, size_t why_size)
{
    (void)context;
    free(frontend_block);
    frontend_block = NULL;
    if (fails(&controls.memories_to_fail)) {
        strncpy(why, "no memory", why_size);
        return NULL;
    }
    frontend_block = malloc(bytes);
    memset(frontend_block, 1, bytes); /* what is not set up shows */
    return frontend_block;
}

static bool load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size)
{
    (void)context;
    free(input);
    input = NULL;
    controls.loads++;
    inferences = 0;
    if (fails(&controls.loads_to_crash)) {
        longjmp(crash, 1);
    }
    if (fails(&controls.loads_to_fail)) {
        strncpy(why, "load fails", why_size);
        return false;
    }
    input_cells = (size_t)bundle->frames * bundle->frontend.bands;
    input = malloc(input_cells);
    classes = bundle->classes;
    *info = (core_model_info){.input = input, .arena_size = 2, .arena_used = 1, .stateful = controls.stateful};
    return true;
}

/* Every class has the first cells of the window for scores. */
static bool invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size)
{
    (void)context;
    if (fails(&controls.invokes_to_crash)) {
        longjmp(crash, 1);
    }
    if (fails(&controls.invokes_to_fail)) {
        strncpy(why, "invoke fails", why_size);
        return false;
    }
    for (unsigned i = 0; i < classes; i++) {
        scores[i] = (int8_t)(input[i % input_cells] + (controls.stateful ? (int)(inferences & 15) : 0));
        if (logits != NULL) {
            logits[i] = (int8_t)~scores[i];
        }
    }
    inferences++;
    return true;
}

static bool profile(void *context, uint16_t index, core_op_profile *out)
{
    (void)context;
    if (inferences == 0 || index >= 2) {
        return false;
    }
    *out = (core_op_profile){.name = index == 0 ? "FIRST" : "SECOND", .ticks = 1u + index, .calls = 1};
    return true;
}

static void restart(void *context)
{
    (void)context;
    controls.restarts++;
}

static bool set_baud(void *context, uint32_t rate)
{
    (void)context;
    if (controls.baud_fails) {
        return false;
    }
    controls.baud = rate;
    return true;
}

static bool microphone_start(void *context, uint32_t rate, char *why, size_t why_size)
{
    (void)context, (void)rate;
    if (controls.microphone_fails) {
        strncpy(why, "microphone fails", why_size);
        return false;
    }
    controls.microphone_on = true;
    return true;
}

static size_t microphone_read(void *context, int16_t *samples, size_t capacity)
{
    size_t count = controls.sound < capacity ? controls.sound : capacity;

    (void)context;
    for (size_t i = 0; i < count; i++) {
        samples[i] = (int16_t)((controls.sound - (uint32_t)i) * 2654435761u >> 18);
    }
    controls.sound -= (uint32_t)count;
    return count;
}

static void microphone_stop(void *context)
{
    (void)context;
    controls.microphone_on = false;
}

static const uint8_t *map(void *context)
{
    (void)context;
    return flash_memory;
}

static bool erase(void *context, uint32_t offset, uint32_t length)
{
    (void)context;
    if (controls.erase_fails) {
        return false;
    }
    memset(flash_memory + offset, 0xFF, length);
    return true;
}

static bool write(void *context, uint32_t offset, const uint8_t *data, uint32_t length)
{
    (void)context;
    if (controls.write_fails) {
        return false;
    }
    controls.flash_writes++;
    memcpy(flash_memory + offset, data, length);
    if (controls.writes_wrong && length > 0) {
        flash_memory[offset] ^= 1;
    }
    return true;
}

static void build(void *context, char *text, size_t size)
{
    (void)context;
    (void)snprintf(text, size, "compiler none\nfake 1.2");
}

void target_power_on(uint32_t flash_size);
void target_boot(void);
target_controls *target_get_controls(void);
size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us_then);
uint64_t target_deadline(uint64_t now_us_then);
void target_log(uint8_t level, const char *text);
void target_soil(void);
const char *target_differs(const uint8_t *sync, size_t count);
const char *target_stream_differs(void);

/* flash_size 0: no slot. */
void target_power_on(uint32_t flash_size)
{
    free(flash_memory);
    flash_memory = flash_size > 0 ? aligned_alloc(SECTOR, flash_size) : NULL;
    if (flash_size > 0) {
        memset(flash_memory, 0xFF, flash_size);
    }
    controls = (target_controls){0};
    hal = (core_hal){
        .firmware_version = FIRMWARE_VERSION,
        .board = "fake",
        .chip = "none",
        .clock_hz = 1000000,
        .now_us = now_us,
        .ticks = ticks,
        .build = build,
        .restart = restart,
        .frontend_memory = frontend_memory,
        .model_load = load,
        .model_invoke = invoke,
        .model_profile = profile,
        .set_baud = set_baud,
        .boot_baud = 115200,
        .microphone_start = microphone_start,
        .microphone_read = microphone_read,
        .microphone_stop = microphone_stop,
        .flash = {.size = flash_size,
                  .sector_size = flash_size > 0 ? SECTOR : 0,
                  .map = map,
                  .erase = erase,
                  .write = write},
    };
    target_boot();
}

void target_boot(void)
{
    free(session);
    session = malloc(sizeof *session);
    memset(session, 1, sizeof *session); /* what session_init leaves out shows */
    controls.restarts = 0;
    controls.baud = hal.boot_baud;
    controls.microphone_on = false;
    hal.reset_reason = controls.reset_reason;
    controls.crashed = setjmp(crash) != 0;
    if (!controls.crashed) {
        session_init(session, &builtin_bundle, &hal, 7);
    }
}

target_controls *target_get_controls(void)
{
    return &controls;
}

size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us_then)
{
    static uint8_t *received, *sent; /* so that a crash does not lose them */
    size_t written = 0, more;
    bool moved;

    if (controls.crashed) {
        return 0;
    }
    received = malloc(count + 1);
    sent = malloc(capacity + 1);
    if (setjmp(crash) != 0) {
        controls.crashed = true;
        free(received);
        free(sent);
        return 0;
    }
    now = now_us_then;
    memcpy(received + 1, in, count); /* at an odd address, up to the piece's end */
    session_input(session, received + 1, count);
    do {
        moved = session_step(session);
        more = session_output(session, sent + 1 + written, capacity - written);
        written += more;
    } while (moved || more > 0);
    memcpy(out, sent + 1, written);
    free(received);
    free(sent);
    return written;
}

/* When the session wants its next turn, whatever comes. */
uint64_t target_deadline(uint64_t now_us_then)
{
    now = now_us_then;
    return session_deadline(session);
}

void target_log(uint8_t level, const char *text)
{
    session_log(session, level, text);
}

/* Bytes between fields mean nothing. */
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
#define CLEAR_PADDING(pointer) __builtin_clear_padding(pointer)
bool target_can_compare(void);
bool target_can_compare(void)
{
    return true;
}
#else
#define CLEAR_PADDING(pointer) ((void)(pointer))
bool target_can_compare(void);
bool target_can_compare(void)
{
    return false;
}
#endif

/* ---- what a new connection, and a new stream, must find as on a board that has just booted */

/* As if everything had been going on that can go on: every byte that a connection has to itself is 1. */
void target_soil(void)
{
    link_state *link = &session->link;
    frame_receiver receiver = link->receiver;
    link_counters counters = link->counters;
    uint32_t boot_id = link->boot_id;
    uint16_t connections = link->connections;

    memset(link, 1, sizeof *link);
    link->receiver = receiver;
    link->counters = counters;
    link->boot_id = boot_id;
    link->connections = connections;
    memset(&session->audio, 1, sizeof session->audio);
    memset(&session->tensor, 1, sizeof session->tensor);
    memset(&session->deploy, 1, sizeof session->deploy);
    memset(&session->live, 1, sizeof session->live);
    memset(&session->profile, 1, sizeof session->profile);
    memset(&session->proof, 1, sizeof session->proof);
    session->restart = (session_restart){.wanted = true, .at_us = UINT64_MAX};
    session->baud.wanted = 1;
    session->slot.receiving = session->slot.verified = true;
    session->mode = SESSION_LIVE;
    controls.microphone_on = true;
}

/* What differs on purpose, or means nothing now. */
static void forget_link(link_state *link)
{
    memset(&link->counters, 0, sizeof link->counters);
    link->connections = 0;
    memset(link->rx_words, 0, sizeof link->rx_words);
    memset(link->tx_words, 0, sizeof link->tx_words);
    link->rx.high_water = link->tx.high_water = 0;
    link->rx.bytes = link->tx.bytes = link->receiver.payload = NULL;
    memset(link->receiver.start, 0, sizeof link->receiver.start);
    memset(link->receiver.head, 0, sizeof link->receiver.head);
    link->receiver.room = 0; /* set with each frame's first byte */
    link->hello_after_us = 0;
    link->timer_us = link->timing ? link->timer_us : 0;
    link->measured_seq = link->measuring ? link->measured_seq : 0;
    link->measured_from_us = link->measuring ? link->measured_from_us : 0;
    link->sending_seq = link->sending_data ? link->sending_seq : 0;
    if (!link->sending) {
        memset(link->header, 0, sizeof link->header);
        memset(link->control, 0, sizeof link->control);
        memset(link->crc, 0, sizeof link->crc);
        memset(&link->encoder, 0, sizeof link->encoder);
    }
}

/* All that it says now; more than the answer to SYNC is too much. */
static size_t drain(link_state *link, uint8_t bytes[256])
{
    size_t count = 0, more;

    while (count < 256 && (more = link_output(link, bytes + count, 256 - count, now)) > 0) {
        count += more;
    }
    return count;
}

static const char *differing(const uint8_t *a, const uint8_t *b, size_t size, const char *what)
{
    static char text[80];

    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            snprintf(text, sizeof text, "%s: byte %zu is %u, %u on a fresh one", what, i, a[i], b[i]);
            return text;
        }
    }
    return NULL;
}

#define DIFFERING(part) \
    differing((const uint8_t *)&session->part, (const uint8_t *)&fresh->part, sizeof fresh->part, #part)

/* A new host's SYNC to this board and to a fresh one; afterwards both are the same. NULL: they are. */
const char *target_differs(const uint8_t *sync, size_t count)
{
    session_state *used = session, *fresh = malloc(sizeof *fresh);
    target_controls kept = controls;
    const char *found;
    uint8_t words[256], fresh_words[256];

    session_input(session, sync, count);
    (void)session_step(session);
    size_t said = drain(&session->link, words);
    bool on = controls.microphone_on;
    void *kept_block = frontend_block;

    frontend_block = NULL;
    memset(fresh, 0, sizeof *fresh);
    session_init(fresh, &builtin_bundle, &hal, used->boot_id); /* loads its own model: this board's is gone */
    fresh->set_aside = used->set_aside;                        /* of the slot, not of a connection */
    session_input(fresh, sync, count);
    (void)session_step(fresh);
    size_t fresh_said = drain(&fresh->link, fresh_words);
    forget_link(&session->link);
    forget_link(&fresh->link);
    CLEAR_PADDING(session);
    CLEAR_PADDING(fresh);
    memset(fresh->live.samples, 0, sizeof fresh->live.samples);
    memset(session->live.samples, 0, sizeof session->live.samples);
    session->live.features = fresh->live.features = false; /* set by each LIVE_START */
    session->restart.at_us = fresh->restart.at_us;
    (found = DIFFERING(link)) || (found = DIFFERING(audio)) || (found = DIFFERING(tensor)) ||
        (found = DIFFERING(deploy)) || (found = DIFFERING(live)) || (found = DIFFERING(profile)) ||
        (found = DIFFERING(proof)) || (found = DIFFERING(restart)) || (found = DIFFERING(mode)) ||
        (found = DIFFERING(baud.wanted)) || (found = DIFFERING(slot.receiving)) || (found = DIFFERING(slot.verified));
    if (found == NULL && on) {
        found = "the microphone is still on";
    }
    if (found == NULL && (said != fresh_said || memcmp(words, fresh_words, said) != 0)) {
        found = "other bytes are sent than by a fresh one";
    }
    if (found == NULL && kept.baud != controls.baud) {
        found = "the rate changes for a host that is gone";
    }
    controls = kept;
    free(frontend_block);
    frontend_block = kept_block;
    free(fresh);
    return found;
}

/* Whether both front ends give the same columns of the same samples. */
static bool same_columns(fe_state *a, fe_state *b)
{
    int8_t cells[2][CORE_MAX_BANDS] = {{0}, {0}};
    bool same = true;

    for (uint32_t i = 0; same && i < 3u * a->front_end->span + 2u * a->front_end->hop; i++) {
        int16_t sample = (int16_t)(i * 2654435761u >> 18);
        bool ready[2];

        (void)fe_push(a, &sample, 1, cells[0], NULL, &ready[0]);
        (void)fe_push(b, &sample, 1, cells[1], NULL, &ready[1]);
        same = ready[0] == ready[1] && memcmp(cells[0], cells[1], sizeof cells[0]) == 0;
    }
    return same;
}

/* A stream started on a stream in the midst of everything, and on one that has just been made. */
const char *target_stream_differs(void)
{
    stream_state *used = malloc(sizeof *used), *fresh = malloc(sizeof *fresh);
    size_t bytes = fe_memory_bytes(&session->bundle.frontend);
    fe_state used_frontend, fresh_frontend;
    const char *found;
    bool ready;

    fe_init(&used_frontend, &session->bundle.frontend, malloc(bytes));
    fe_init(&fresh_frontend, &session->bundle.frontend, malloc(bytes));
    for (uint32_t i = 0; i < 5u * session->bundle.frontend.span;
         i++) { /* sound that the next stream must not know of */
        int16_t sample = (int16_t)(i * 40503u >> 2);
        int8_t cells[CORE_MAX_BANDS];

        (void)fe_push(&used_frontend, &sample, 1, cells, NULL, &ready);
    }
    stream_init(fresh, &hal);
    memset(used, 1, sizeof *used);
    used->hal = fresh->hal;
    used->model = fresh->model;
    used->frontend = used_frontend;
    fresh->frontend = fresh_frontend;
    stream_start(used, &session->bundle, false, true);
    stream_start(fresh, &session->bundle, false, true);
    memset(used->ring, 0, sizeof used->ring);
    memset(used->why + 1, 0, sizeof used->why - 1);
    used->window_sent = fresh->window_sent; /* set with each window */
    CLEAR_PADDING(used);
    CLEAR_PADDING(fresh);
    if (!same_columns(&used->frontend, &fresh->frontend)) {
        found = "the front end remembers the stream before";
    } else {
        used->frontend = fresh->frontend; /* other memory, and the same in it as far as it counts */
        found = differing((const uint8_t *)used, (const uint8_t *)fresh, sizeof *fresh, "stream");
    }
    free(used_frontend.own);
    free(fresh_frontend.own);
    free(used);
    free(fresh);
    return found;
}

/* The stream is as if that many strides more had gone by. */
void target_skip(uint32_t strides);
void target_skip(uint32_t strides)
{
    stream_state *stream = &session->stream;
    uint32_t columns = strides * stream->bundle->stride;

    stream->columns += columns;
    stream->features_sent += columns;
    stream->next_window_at += columns;
    stream->windows += strides;
    stream->samples += columns * stream->bundle->frontend.hop;
}
