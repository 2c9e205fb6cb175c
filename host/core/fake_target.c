/* A target that exists only in memory, for tests: the session, and hardware that fails when it is told to.
 *
 * Whatever the core is given lies in a piece of the heap of exactly its size, so that AddressSanitizer sees the byte after
 * it: the session itself, the model's input, flash, received bytes, the room for bytes to be sent. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "bundle/model_ends.h"
#include "link/crc32.h"
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
    bool keep_fails;
    uint8_t shift;                         /* of the arena */
    uint32_t tick_step;                    /* ticks go on by so much whenever they are read */
    bool mute;                             /* an inference that fails says nothing */
    bool copies_model, copy_fails, one_op; /* the interpreter has a copy of the model, whose bytes are "copy" */
    uint32_t records;                      /* more in a trace */
    bool long_words;                       /* a load fails with as many as there is room for */
    bool left_work;                        /* a step said that there was no more to do, and there was */
    bool overran;                          /* what follows the memory that the core was given is not as it was */
} target_controls;

static session_state *session;
static target_controls controls;
static int8_t *input;
static size_t input_bytes, output_bytes;
static uint32_t inferences; /* since the model was loaded */
static uint8_t *flash_memory;
static void *frontend_block;
static size_t frontend_bytes;
static uint64_t now;
static uint32_t passed;
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
    passed += controls.tick_step;
    return (uint32_t)now + passed;
}

static bool fails(uint32_t *count)
{
    if (*count == 0) {
        return false;
    }
    --*count;
    return true;
}

/* A piece of exactly that size. Where no sanitizer sees the byte after it a guard stands there. */
#ifdef __SANITIZE_ADDRESS__
enum { GUARD_BYTES = 0 };
#else
enum { GUARD_BYTES = 16 };
#endif

static void *piece_of(size_t bytes)
{
    uint8_t *piece = malloc(bytes + GUARD_BYTES);

    memset(piece, 1, bytes); /* what is not set up shows */
    memset(piece + bytes, 0xA5, GUARD_BYTES);
    return piece;
}

static bool overran(const void *piece, size_t bytes)
{
    static const uint8_t guard[] = {0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5,
                                    0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5};

    return piece != NULL && memcmp((const uint8_t *)piece + bytes, guard, GUARD_BYTES) != 0;
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
    frontend_block = piece_of(bytes);
    frontend_bytes = bytes;
    return frontend_block;
}

static void forget_trace(void);
enum { MOST_SHIFT = 200 }; /* further the arena is too small */

static int8_t no_input[1];

static bool load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size)
{
    (void)context;
    free(input);
    input = NULL;
    controls.loads++;
    inferences = 0;
    forget_trace();
    if (fails(&controls.loads_to_crash)) {
        longjmp(crash, 1);
    }
    *info = (core_model_info){.input = no_input, .arena_size = 9, .arena_used = 8, .stateful = true};
    if (fails(&controls.loads_to_fail)) { /* what it said of the model until then means nothing */
        strncpy(why, "load fails", why_size);
        if (controls.long_words) {
            memset(why, 'x', why_size - 1);
            why[why_size - 1] = '\0';
        }
        return false;
    }
    if (controls.shift > MOST_SHIFT) {
        strncpy(why, "the arena is too small", why_size);
        return false;
    }
    input_bytes = model_ends_input_bytes(bundle);
    input = piece_of(input_bytes);
    output_bytes = model_ends_output_bytes(bundle);
    *info = (core_model_info){.input = input, .arena_size = 2, .arena_used = 1, .stateful = controls.stateful};
    return true;
}

/* The outputs have the first bytes of the input, whatever their types. */
static bool invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size)
{
    (void)context;
    if (fails(&controls.invokes_to_crash)) {
        longjmp(crash, 1);
    }
    if (fails(&controls.invokes_to_fail)) {
        if (!controls.mute) {
            strncpy(why, "invoke fails", why_size);
        }
        return false;
    }
    for (size_t i = 0; i < output_bytes; i++) {
        scores[i] = (int8_t)(input[i % input_bytes] + (controls.stateful ? (int)(inferences & 15) : 0));
        if (logits != NULL) {
            logits[i] = (int8_t)~scores[i];
        }
    }
    inferences++;
    return true;
}

static bool crc32_of_copy(void *context, uint32_t *crc, char *why, size_t why_size)
{
    (void)context;
    if (controls.copy_fails) {
        strncpy(why, "copy is unreadable", why_size);
        return false;
    }
    *crc = crc32_continue(*crc, (const uint8_t *)"copy", 4);
    return true;
}

static bool profile(void *context, uint16_t index, core_op_profile *out)
{
    (void)context;
    if (inferences == 0 || index >= (controls.one_op ? 1 : 2)) {
        return false;
    }
    *out = (core_op_profile){.name = index == 0 ? "FIRST" : "SECOND", .ticks = 1u + index, .calls = 1};
    return true;
}

#include "fake_trace.h"

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
    if (controls.microphone_fails || controls.microphone_on) { /* hardware that is on is not begun once more */
        strncpy(why, controls.microphone_on ? "microphone is on" : "microphone fails", why_size);
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

static void memory(void *context, core_memory *out)
{
    (void)context;
    *out = (core_memory){.stack_free = 111, .heap_free = 2222, .heap_min_free = 333};
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
        .memory = memory,
        .build = build,
        .restart = restart,
        .frontend_memory = frontend_memory,
        .model_load = load,
        .model_invoke = invoke,
        .model_profile = profile,
        .model_trace = trace,
        .model_keep = keep,
        .model_tensor = tensor,
        .model_open = open_case,
        .model_shift = shift,
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

/* Without the hardware that the bits stand for: for the boots until the power is switched on anew. */
void target_take_away(uint32_t parts);
void target_take_away(uint32_t parts)
{
    hal.microphone_start = (parts & 1u) != 0 ? NULL : microphone_start;
    hal.set_baud = (parts & 2u) != 0 ? NULL : set_baud;
    hal.model_profile = (parts & 4u) != 0 ? NULL : profile;
    hal.model_trace = (parts & 8u) != 0 ? NULL : trace;
    hal.model_open = (parts & 16u) != 0 ? NULL : open_case;
    hal.model_shift = (parts & 32u) != 0 ? NULL : shift;
    hal.build = (parts & 64u) != 0 ? NULL : build;
    hal.memory = (parts & 128u) != 0 ? NULL : memory;
    hal.model_load = (parts & 256u) != 0 ? NULL : load;
    hal.model_keep = (parts & 512u) != 0 ? NULL : keep;
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
    controls.shift = 0;
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
    hal.model_crc32 = controls.copies_model ? crc32_of_copy : NULL;
    memcpy(received + 1, in, count); /* at an odd address, up to the piece's end */
    session_input(session, received + 1, count);
    do {
        while (session_step(session)) {
        }
        size_t space = link_send_space(&session->link);
        if (session_step(session) || link_send_space(&session->link) != space) {
            controls.left_work = true;
        }
        more = session_output(session, sent + 1 + written, capacity - written);
        written += more;
    } while (more > 0);
    controls.overran |= overran(frontend_block, frontend_bytes) || overran(input, input_bytes);
    memcpy(out, sent + 1, written);
    free(received);
    free(sent);
    return written;
}

/* What the model was given last. */
const int8_t *target_input(size_t *bytes);
const int8_t *target_input(size_t *bytes)
{
    *bytes = input_bytes;
    return input;
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

#include "fake_fresh.h"

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
