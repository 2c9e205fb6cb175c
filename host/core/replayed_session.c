/* The session with a recorded conversation: no line, no hardware and no model. What the host would send is given to it, and
 * what it says and what its model would be given are kept in records: u8 type of a message (0: a model's input), three
 * zeros, u32 length, the bytes.
 *
 * It stands in the place of firmware/core/link, whose functions it has: nothing is lost here, and there is always room. */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_image.h"
#include "bundle/model_ends.h"
#include "messages.h"
#include "session/session.h"

enum { HEAD_BYTES = 8, MOST_STEPS = 1 << 13, PIECE = 64, MOST_PIECES = 1 << 10 };
enum { SECTOR_BYTES = 4096, FLASH_BYTES = 0x40000 }; /* a virtual board's */

static core_bundle bundle;
static const fe_kind *hearing; /* the bundle's own */
static fe_kind deaf;           /* the same, whose columns are zeros */
static fe_kind knowing;        /* the same, which computes no column twice */
static session_state session;
static link_message message; /* the one that the session has not released; type 0: none */
static uint8_t payload[CORE_MAX_PAYLOAD] __attribute__((aligned(4)));

static uint8_t *records;
static size_t used, room;
static bool overflowed;

/* Columns of a conversation, by their numbers in it, and all that they came of: what the front end keeps, and samples; then
 * what it keeps behind them, and the cells. Few changes leave it anything else to compute. */
enum { MOST_KNOWN = 1 << 9 };
static uint8_t *known_by_number[MOST_KNOWN];
static size_t known_columns, next_column, own_bytes, samples_bytes;
static bool learning;

static uint8_t cells[FLASH_BYTES] __attribute__((aligned(16)));
static bool written; /* since it was erased */
static uint16_t connection;
static uint32_t boot;

extern int fe_change;
static int chosen;
static uint32_t from_column;

static int16_t input[CORE_MAX_CELLS]; /* cells of any type */
static const int8_t *outputs;         /* of the next inferences, as the model gives them */
static size_t outputs_left;

static void keep(uint8_t type, const void *head, size_t head_length, const void *tail, size_t tail_length)
{
    uint32_t length = (uint32_t)(head_length + tail_length);

    if (room - used < HEAD_BYTES + head_length + tail_length) {
        overflowed = true;
        return;
    }
    memset(records + used, 0, HEAD_BYTES);
    records[used] = type;
    memcpy(records + used + 4, &length, sizeof length);
    used += HEAD_BYTES;
    if (head_length > 0) {
        memcpy(records + used, head, head_length);
    }
    if (tail_length > 0) {
        memcpy(records + used + head_length, tail, tail_length);
    }
    used += length;
}

/* ---- the link */

void link_init(link_state *link, uint32_t boot_id)
{
    memset(link, 0, sizeof *link);
    link->boot_id = boot_id;
    link->connected = true;
}

void link_input(link_state *link, const uint8_t *bytes, size_t count, uint64_t now_us)
{
    (void)link, (void)bytes, (void)count, (void)now_us;
}

bool link_peek(const link_state *link, link_message *out)
{
    (void)link;
    *out = message;
    return message.type != 0;
}

void link_release(link_state *link)
{
    (void)link;
    message.type = 0;
}

size_t link_send_space(const link_state *link)
{
    (void)link;
    return CORE_MAX_PAYLOAD;
}

bool link_send(link_state *link, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
               size_t tail_length)
{
    (void)link;
    keep(type, head, head_length, tail, tail_length);
    return true;
}

size_t link_output(link_state *link, uint8_t *out, size_t capacity, uint64_t now_us)
{
    (void)link, (void)out, (void)capacity, (void)now_us;
    return 0;
}

uint64_t link_deadline(const link_state *link, uint64_t now_us)
{
    (void)link, (void)now_us;
    return UINT64_MAX;
}

bool link_connected(const link_state *link)
{
    return link->connected;
}

uint16_t link_connection(const link_state *link)
{
    (void)link;
    return connection;
}

bool link_idle(const link_state *link)
{
    (void)link;
    return true;
}

const link_counters *link_get_counters(link_state *link)
{
    return &link->counters;
}

void link_clear_counters(link_state *link)
{
    memset(&link->counters, 0, sizeof link->counters);
}

/* ---- the target */

static uint64_t now_us(void *context)
{
    (void)context;
    return 0;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return 0;
}

static void *frontend_memory(void *context, size_t bytes, char *why, size_t why_size)
{
    static void *memory;

    (void)context, (void)why, (void)why_size;
    free(memory);
    memory = calloc(1, bytes);
    return memory;
}

static bool load(void *context, const core_bundle *loaded, core_model_info *info, char *why, size_t why_size)
{
    (void)context, (void)loaded, (void)why, (void)why_size;
    *info = (core_model_info){.input = input, .arena_size = 1, .arena_used = 1};
    return true;
}

static bool invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size)
{
    size_t bytes = model_ends_output_bytes(&bundle);
    size_t values = model_ends_values(&bundle);

    (void)context, (void)why, (void)why_size;
    keep(0, input, model_ends_input_bytes(&bundle), NULL, 0);
    memset(scores, 0, bytes);
    if (logits != NULL) {
        memset(logits, 0, bytes);
    }
    if (outputs_left > 0) {
        memcpy(scores, outputs, bytes);
        if (logits != NULL) {
            memcpy(logits, outputs + bytes, bytes);
        }
        outputs += values;
        outputs_left--;
    }
    return true;
}

static const uint8_t *map(void *context)
{
    (void)context;
    return cells;
}

static bool erase(void *context, uint32_t offset, uint32_t length)
{
    (void)context;
    if (offset > FLASH_BYTES || length > FLASH_BYTES - offset) {
        return false;
    }
    memset(cells + offset, 0xFF, length);
    return true;
}

/* As flash does: bits are cleared, and never set. */
static bool write_cells(void *context, uint32_t offset, const uint8_t *data, uint32_t length)
{
    (void)context;
    if (offset > FLASH_BYTES || length > FLASH_BYTES - offset) {
        return false;
    }
    written = true;
    for (uint32_t i = 0; i < length; i++) {
        cells[offset + i] &= data[i];
    }
    return true;
}

static bool restarts;

static void restart(void *context)
{
    (void)context;
    restarts = true;
}

static core_hal hal = {
    .firmware_version = FIRMWARE_VERSION,
    .board = "replayed",
    .chip = "none",
    .clock_hz = 1000000,
    .now_us = now_us,
    .ticks = ticks,
    .frontend_memory = frontend_memory,
    .model_load = load,
    .model_invoke = invoke,
    .restart = restart,
    .flash = {.size = FLASH_BYTES, .sector_size = SECTOR_BYTES, .map = map, .erase = erase, .write = write_cells},
};

/* ---- for host/core/altered_session.py */

int replay_open(const uint8_t *image, size_t length);
void replay_learn(bool learns);
void replay_choose(int change, uint32_t column);
void replay_hear(bool hears);
void replay_begin(uint8_t *out, size_t capacity);
void replay_outputs(const int8_t *raw, size_t windows);
void replay_stream(const int16_t *samples, size_t count, size_t in_message, uint32_t column, bool inference);
void replay_windows(const int8_t *raw, size_t windows);
void replay_ask(uint8_t type, const uint8_t *bytes, size_t length);
void replay_connect(void);
void replay_mark(void);
size_t replay_end(void);

static void no_column(void *own, const int16_t *samples, int8_t *column, int32_t *values)
{
    (void)own, (void)samples, (void)values;
    memset(column, 0, bundle.frontend.bands);
}

static void known_column(void *own, const int16_t *samples, int8_t *column, int32_t *values)
{
    size_t bands = bundle.frontend.bands, before = own_bytes + samples_bytes;
    uint8_t *known = next_column < known_columns ? known_by_number[next_column] : NULL;

    if (known != NULL && memcmp(known, own, own_bytes) == 0 && memcmp(known + own_bytes, samples, samples_bytes) == 0) {
        memcpy(own, known + before, own_bytes);
        memcpy(column, known + before + own_bytes, bands);
    } else if (learning && next_column == known_columns && known_columns < MOST_KNOWN) {
        known = known_by_number[known_columns++] = malloc(before + own_bytes + bands);
        memcpy(known, own, own_bytes);
        memcpy(known + own_bytes, samples, samples_bytes);
        hearing->column(own, samples, column, values);
        memcpy(known + before, own, own_bytes);
        memcpy(known + before + own_bytes, column, bands);
    } else {
        hearing->column(own, samples, column, values);
    }
    next_column++;
}

/* Image at a multiple of 16, which stays. A bundle_image_result. */
int replay_open(const uint8_t *image, size_t length)
{
    int result = (int)bundle_image_parse(&bundle, image, length);

    if (result == BUNDLE_IMAGE_OK) {
        const fe_front_end *front_end = &bundle.frontend;

        hearing = front_end->kind;
        deaf = knowing = *hearing;
        deaf.column = no_column;
        knowing.column = known_column;
        own_bytes = hearing->own_bytes(front_end);
        samples_bytes =
            ((front_end->fft > front_end->span ? front_end->fft : front_end->span) + (front_end->lead != 0)) *
            sizeof(int16_t);
    }
    return result;
}

/* Whether columns are computed from now on; a board that boots is one that hears or does not. */
void replay_hear(bool hears)
{
    bundle.frontend.kind = hears ? &knowing : &deaf;
}

/* Whether columns are remembered from now on; those from before are forgotten. */
void replay_learn(bool learns)
{
    learning = learns;
    while (learns && known_columns > 0) {
        free(known_by_number[--known_columns]);
    }
}

/* The board boots, and what comes from now on is kept in `out`. */
void replay_begin(uint8_t *out, size_t capacity)
{
    records = out;
    room = capacity;
    used = 0;
    overflowed = false;
    next_column = 0;
    outputs_left = 0;
    message.type = 0;
    memset(input, 0, sizeof input);
    if (written || cells[0] != 0xFF) {
        memset(cells, 0xFF, sizeof cells);
        written = false;
    }
    connection = 1;
    hal.reset_reason = MSG_RESET_REASON_POWER_ON;
    boot = 7;
    session_init(&session, &bundle, &hal, boot);
    used = 0; /* what it says of its bundle when it boots is no part of the conversation */
}

/* The change that is made from a column of each stream on; 0: from the beginning, before the board boots. */
void replay_choose(int change, uint32_t column)
{
    chosen = change;
    from_column = column;
    fe_change = column == 0 ? change : 0;
}

/* All that follows from one message. A session that goes on for ever has said nothing that could be compared. */
static void work(void)
{
    for (int steps = 0, more = 1; more && !overflowed; steps++) {
        if (from_column > 0) {
            /* a stream that begins still has the columns of the one before */
            bool there = message.type != MSG_STREAM_START && session.stream.columns >= from_column;

            fe_change = there ? chosen : 0;
        }
        more = session_step(&session);
        if (restarts) {
            restarts = false;
            connection++; /* of the host, which finds a board that begins anew */
            hal.reset_reason = MSG_RESET_REASON_SOFTWARE;
            session_init(&session, &bundle, &hal, ++boot);
            message.type = 0;
        }
        overflowed = overflowed || steps == MOST_STEPS;
    }
}

static void tell(uint8_t type, const void *bytes, size_t length)
{
    memcpy(payload, bytes, length);
    message = (link_message){.type = type, .length = (uint16_t)length, .payload = payload};
    work();
    message.type = 0;
}

static void start(bool inference)
{
    uint8_t bytes[MSG_STREAM_START_SIZE];
    msg_stream_start request = {.stream = 1,
                                .flags = MSG_STREAM_FLAG_FEATURES | (inference ? MSG_STREAM_FLAG_INFERENCE : 0)};

    tell(MSG_STREAM_START, bytes, msg_stream_start_encode(&request, bytes, sizeof bytes));
}

static void end(void)
{
    uint8_t bytes[MSG_STREAM_END_SIZE];
    msg_stream_end request = {0};

    tell(MSG_STREAM_END, bytes, msg_stream_end_encode(&request, bytes, sizeof bytes));
}

/* The outputs of the next inferences, [windows][bytes of scores and logits], as the model gives them. They stay. */
void replay_outputs(const int8_t *raw, size_t windows)
{
    outputs = raw;
    outputs_left = windows;
}

/* A stream, from its column `column` on, whose first sample is the first of `samples`. */
void replay_stream(const int16_t *samples, size_t count, size_t in_message, uint32_t column, bool inference)
{
    uint32_t stride = bundle.stride;
    uint32_t windows = (column + stride - 1) / stride;
    size_t done = 0;

    start(inference);
    if (column > 0) {
        stream_state *stream = &session.stream;

        stream->columns = stream->features_sent = column;
        stream->windows = windows;
        stream->next_window_at = windows * stride + bundle.frames;
        stream->ring_index = (uint16_t)(column % bundle.frames);
        stream->samples = column * bundle.frontend.hop;
    }
    while (done < count) {
        size_t fit = in_message - (column * bundle.frontend.hop + done) % in_message;
        size_t taken = count - done < fit ? count - done : fit;

        tell(MSG_AUDIO, samples + done, taken * sizeof samples[0]);
        done += taken;
    }
    end();
}

/* A stream whose windows have these outputs, [windows][bytes of scores and logits] as the model gives them, whatever is heard:
   each column completes one. */
void replay_windows(const int8_t *raw, size_t windows)
{
    static const int16_t silence[PIECE];
    size_t piece = bundle.frontend.hop < PIECE ? bundle.frontend.hop : PIECE;
    stream_state *stream = &session.stream;

    start(true);
    replay_outputs(raw, windows);
    for (size_t i = 0; i < windows; i++) {
        uint32_t column = stream->columns;

        stream->next_window_at = column + 1;
        for (unsigned pieces = 0; stream->columns == column && pieces < MOST_PIECES; pieces++) {
            tell(MSG_AUDIO, silence, piece * sizeof silence[0]);
        }
    }
    end();
}

/* Any request, with all that follows from it. */
void replay_ask(uint8_t type, const uint8_t *bytes, size_t length)
{
    if (length <= sizeof payload) {
        tell(type, bytes, length);
    }
}

/* Another host comes. */
void replay_connect(void)
{
    connection++;
    work();
}

/* Ends what belongs to a step of the conversation. */
void replay_mark(void)
{
    keep(0, NULL, 0, NULL, 0);
}

/* Bytes of the records; 0: there was no room for all of them. */
size_t replay_end(void)
{
    return overflowed ? 0 : used;
}
