/* What lies between a window's cells and its scores. The window is run again for every answer: an op's output exists only
 * until its place in the arena is used for another. */
#include <string.h>

#include "link/crc32.h"
#include "session/jobs.h"

enum { RECORD_BYTES = 23, MOST_RECORDS = 40 }; /* of a page, which lies on the stack */

_Static_assert(MSG_TRACE_OPS_SIZE + RECORD_BYTES <= CORE_MAX_PAYLOAD, "a page holds a record at least");
_Static_assert(MSG_TRACE_BYTES_SIZE < CORE_MAX_PAYLOAD, "a piece of a tensor holds a byte at least");

typedef struct page {
    const core_hal *hal;
    uint16_t first, total, count, fit;
    uint8_t records[MOST_RECORDS * RECORD_BYTES];
} page;

typedef struct piece {
    session_state *s;
    msg_trace_bytes_request request;
    uint32_t seen; /* tensors so far */
    bool sent, beyond;
    uint32_t size;
} piece;

static void load_anew(session_state *s)
{
    char why[SESSION_TEXT];

    (void)session_load_model(s, why, sizeof why); /* it was loaded there before */
}

bool session_end_shift(session_state *s)
{
    if (s->trace.shift == 0) {
        return false;
    }
    s->hal->model_shift(s->hal->context, 0);
    return true;
}

/* False: the model cannot be loaded there, which was answered; it is back where it lay at boot. */
static bool move(session_state *s, const link_message *message, uint8_t shift)
{
    char why[SESSION_TEXT] = "";

    if (shift == s->trace.shift) {
        return true;
    }
    s->hal->model_shift(s->hal->context, shift);
    if (session_load_model(s, why, sizeof why)) {
        s->trace.shift = shift;
        return true;
    }
    s->trace.shift = 0;
    s->hal->model_shift(s->hal->context, 0);
    load_anew(s);
    (void)session_refuse(s, message, MSG_ERROR_CODE_INFERENCE_FAILED, why);
    return false;
}

/* True: it cannot be traced now, which was answered. */
static bool refuses(session_state *s, const link_message *message)
{
    if (s->hal->model_trace == NULL) {
        (void)session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board has no traces");
        return true;
    }
    return session_is_busy(s, message);
}

session_progress session_arm_trace(session_state *s, const link_message *message)
{
    uint8_t head[MSG_TRACE_ARMED_SIZE];
    msg_trace_arm request;

    if (!msg_trace_arm_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed TRACE_ARM");
    }
    if (refuses(s, message) || session_lacks_model(s, message)) {
        return SESSION_DONE;
    }
    if (request.shift != s->trace.shift && s->hal->model_shift == NULL) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board cannot move its arena");
    }
    if (!move(s, message, request.shift)) {
        return SESSION_DONE;
    }
    s->trace.armed = true;
    s->trace.window = request.window;
    msg_trace_armed armed = {
        .window = request.window, .shift = s->trace.shift, .arena_used = s->stream.model.arena_used};
    session_send(s, MSG_TRACE_ARMED, head, msg_trace_armed_encode(&armed, head, sizeof head), NULL, 0);
    return SESSION_DONE;
}

void session_begin_trace(session_state *s)
{
    s->stream.trace = (stream_trace){.window = s->trace.armed ? s->trace.window : STREAM_NO_WINDOW};
    s->trace.armed = false;
}

/* True: there is nothing to be run again, which was answered. */
static bool lacks_window(session_state *s, const link_message *message)
{
    const stream_trace *trace = &s->stream.trace;

    if (refuses(s, message)) {
        return true;
    }
    if (s->trace.opened) {
        return false;
    }
    if (session_lacks_model(s, message)) {
        return true;
    }
    if (!trace->in_ring) {
        (void)session_refuse(s, message, MSG_ERROR_CODE_NO_STREAM,
                             "there is no window to be run again: end a stream with a window's last sample");
        return true;
    }
    if (!s->stream.model.stateful || trace->kept) {
        return false;
    }
    if (trace->lacks_room) {
        session_send_error(s, message->type, MSG_ERROR_CODE_NOT_SUPPORTED, trace->needed, trace->room,
                           "what the model remembers does not fit into what its arena leaves over");
    } else {
        (void)session_refuse(s, message, MSG_ERROR_CODE_BAD_REQUEST,
                             "the model remembers, and was not kept: TRACE_ARM with this window comes before");
    }
    return true;
}

/* False: it failed, which was answered. */
static bool run(session_state *s, const link_message *message, core_trace_take take, void *taker)
{
    char why[SESSION_TEXT] = "";

    if (s->hal->model_trace(s->hal->context, take, taker, why, sizeof why)) {
        return true;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_INFERENCE_FAILED, why[0] != '\0' ? why : "inference failed");
    return false;
}

static void fill_input(session_state *s)
{
    if (!s->trace.opened) {
        stream_put_window(&s->stream);
    }
}

static void take_record(void *taker, const core_trace_tensor *tensor)
{
    page *p = taker;
    uint8_t *out = p->records + (size_t)p->count * RECORD_BYTES;

    if (p->total >= p->first && p->count < p->fit) {
        out[0] = tensor->subgraph;
        msg_put_u16(out + 1, tensor->op);
        msg_put_u16(out + 3, tensor->code);
        out[5] = tensor->role;
        msg_put_u32(out + 6, tensor->tensor);
        msg_put_u32(out + 10, tensor->bytes);
        msg_put_u32(out + 14, crc32_of(tensor->data, tensor->bytes));
        out[18] = tensor->modulo;
        msg_put_u32(out + 19, tensor->timed ? stream_ns(tensor->ticks, p->hal->clock_hz) : UINT32_MAX);
        p->count++;
    }
    if (p->total < UINT16_MAX) {
        p->total++;
    }
}

session_progress session_send_trace(session_state *s, const link_message *message)
{
    const size_t payload = (CORE_MAX_PAYLOAD - MSG_TRACE_OPS_SIZE) / RECORD_BYTES;
    uint8_t head[MSG_TRACE_OPS_SIZE];
    msg_trace_request request;
    page p;

    if (!msg_trace_request_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed TRACE_REQUEST");
    }
    if (lacks_window(s, message)) {
        return SESSION_DONE;
    }
    p.hal = s->hal;
    p.first = request.first;
    p.total = p.count = 0;
    p.fit = (uint16_t)(payload < MOST_RECORDS ? payload : MOST_RECORDS);
    if (link_send_space(&s->link) < sizeof head + (size_t)p.fit * RECORD_BYTES) {
        return SESSION_WAITS;
    }
    fill_input(s);
    if (run(s, message, take_record, &p)) {
        msg_trace_ops ops = {.first = request.first, .total = p.total};

        session_send(s, MSG_TRACE_OPS, head, msg_trace_ops_encode(&ops, head, sizeof head), p.records,
                     (size_t)p.count * RECORD_BYTES);
    }
    return SESSION_DONE;
}

static void send_piece(piece *p, const void *data, uint32_t size)
{
    const uint32_t most = CORE_MAX_PAYLOAD - MSG_TRACE_BYTES_SIZE;
    const msg_trace_bytes_request *request = &p->request;
    uint8_t head[MSG_TRACE_BYTES_SIZE];
    uint32_t count = request->length < most ? request->length : most;

    p->size = size;
    p->beyond = request->offset > size;
    if (p->beyond) {
        return;
    }
    count = count < size - request->offset ? count : size - request->offset;
    msg_trace_bytes bytes = {
        .source = request->source, .index = request->index, .offset = request->offset, .size = size};
    session_send(p->s, MSG_TRACE_BYTES, head, msg_trace_bytes_encode(&bytes, head, sizeof head),
                 count > 0 ? (const uint8_t *)data + request->offset : NULL, count);
    p->sent = true;
}

static void take_bytes(void *taker, const core_trace_tensor *tensor)
{
    piece *p = taker;

    if (p->request.source == MSG_TRACE_SOURCE_OUTPUT && p->seen == p->request.index) {
        send_piece(p, tensor->data, tensor->bytes);
    }
    p->seen++;
}

/* One of the model's own ends. */
static void take_end(piece *p, bool output)
{
    const core_hal *hal = p->s->hal;
    void *data;
    uint32_t bytes;

    if (hal->model_tensor(hal->context, output, p->request.index, &data, &bytes)) {
        send_piece(p, data, bytes);
    }
}

session_progress session_send_trace_bytes(session_state *s, const link_message *message)
{
    piece p = {.s = s};

    if (!msg_trace_bytes_request_decode(&p.request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed TRACE_BYTES_REQUEST");
    }
    if (lacks_window(s, message)) {
        return SESSION_DONE;
    }
    if (p.request.source > MSG_TRACE_SOURCE_MODEL_OUTPUT) {
        session_send_error(s, message->type, MSG_ERROR_CODE_BAD_REQUEST, p.request.source,
                           MSG_TRACE_SOURCE_MODEL_OUTPUT, "there is no such source");
        return SESSION_DONE;
    }
    if (link_send_space(&s->link) < CORE_MAX_PAYLOAD) {
        return SESSION_WAITS;
    }
    fill_input(s);
    if (p.request.source == MSG_TRACE_SOURCE_MODEL_INPUT) {
        take_end(&p, false);
    } else if (!run(s, message, take_bytes, &p)) {
        return SESSION_DONE;
    } else if (p.request.source == MSG_TRACE_SOURCE_MODEL_OUTPUT) {
        take_end(&p, true);
    }
    if (p.beyond) {
        session_send_error(s, message->type, MSG_ERROR_CODE_BAD_REQUEST, p.request.offset, p.size,
                           "the tensor ends before");
    } else if (!p.sent) {
        session_send_error(s, message->type, MSG_ERROR_CODE_BAD_REQUEST, p.request.index, p.seen,
                           "there is no such tensor");
    }
    return SESSION_DONE;
}
