#include "link.h"

#include <string.h>

#include "crc32.h"
#include "messages.h"

#define FIRST_SEQUENCED MSG_INFO_REQUEST
#define HELLO_INTERVAL_US UINT64_C(250000)
#define TIMEOUT_LEAST_US 40000u
#define TIMEOUT_FIRST_US 200000u
#define TIMEOUT_MOST_US 1000000u
#define BACKOFF_MOST 4u
#define CREDIT_WORTH_TELLING (CORE_MAX_PAYLOAD + LINK_HEADER_BYTES)
/* The receive buffer may lose this much where a record does not fit its end: credit must not promise it. */
#define RX_RESERVE (CORE_MAX_PAYLOAD + RECORD_HEAD)

static bool before(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b) < 0;
}

static uint16_t cost(size_t payload)
{
    return (uint16_t)(payload + LINK_HEADER_BYTES);
}

/* ---- sessions --------------------------------------------------------------------------------------------------- */

static void begin_session(link_state *link, uint16_t session)
{
    uint16_t rx_high = link->rx.high_water;
    uint16_t tx_high = link->tx.high_water;

    record_ring_init(&link->rx, (uint8_t *)link->rx_words, CORE_LINK_RX_BYTES);
    record_ring_init(&link->tx, (uint8_t *)link->tx_words, CORE_LINK_TX_BYTES);
    link->rx.high_water = rx_high;
    link->tx.high_water = tx_high;
    link->session = session;
    link->connected = session != 0;
    link->expected = link->unacked = link->next = link->end = link->sent_before = 0;
    link->next_at = 0;
    link->in_flight = 0;
    link->peer_credit = 0;
    link->freed = 0;
    link->pass = 0;
    link->ack_due = link->gap_due = link->gap_told = false;
    link->timing = link->measuring = false;
    link->backoff = 0;
    link->round_trip_us = 0;
    link->variation_us = TIMEOUT_FIRST_US / 4;
    link->sending = link->sending_data = false;
    link->line_idle = true;
}

void link_init(link_state *link, uint32_t boot_id)
{
    memset(link, 0, sizeof *link);
    link->boot_id = boot_id;
    cobs_decoder_init(&link->decoder, link->frame, sizeof link->frame);
    begin_session(link, 0);
    link->hello_due = true;
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static uint16_t credit(const link_state *link)
{
    uint16_t left = (uint16_t)(link->rx.size - link->rx.used);

    return left > RX_RESERVE ? (uint16_t)(left - RX_RESERVE) : 0;
}

static uint32_t timeout_us(const link_state *link)
{
    uint32_t time = link->round_trip_us + 4 * link->variation_us;

    time = time < TIMEOUT_LEAST_US ? TIMEOUT_LEAST_US : time;
    time <<= link->backoff;
    return time > TIMEOUT_MOST_US ? TIMEOUT_MOST_US : time;
}

/* Estimation as TCP does it (Jacobson and Karels, 1988): retransmitted frames are not measured. */
static void measure(link_state *link, uint64_t now_us)
{
    uint64_t elapsed = now_us - link->measured_from_us;
    uint32_t sample = elapsed > TIMEOUT_MOST_US ? TIMEOUT_MOST_US : (uint32_t)elapsed;
    uint32_t off = sample > link->round_trip_us ? sample - link->round_trip_us : link->round_trip_us - sample;

    link->measuring = false;
    if (link->round_trip_us == 0) {
        link->round_trip_us = sample;
        link->variation_us = sample / 2;
        return;
    }
    link->variation_us = link->variation_us - link->variation_us / 4 + off / 4;
    link->round_trip_us = link->round_trip_us - link->round_trip_us / 8 + sample / 8;
}

/* Frees what the host has, except a record that is on its way out once more. */
static void free_acknowledged(link_state *link, uint16_t ack)
{
    while (before(link->unacked, ack) && !(link->sending && link->sending_data && link->sending_seq == link->unacked)) {
        record oldest = record_ring_get(&link->tx, link->tx.first);

        if (link->unacked == link->next) { /* acknowledged after all, before it was sent again */
            link->next++;
            link->next_at = record_ring_after(&link->tx, link->next_at);
        } else {
            link->in_flight -= cost(oldest.length);
        }
        record_ring_pop(&link->tx);
        link->unacked++;
    }
    if (link->unacked == link->end) { /* the ring begins anew at offset 0 */
        link->next_at = link->tx.first;
    }
}

static void go_back(link_state *link)
{
    if (link->next == link->unacked) {
        return;
    }
    link->next = link->unacked;
    link->next_at = link->tx.first;
    link->in_flight = 0;
    link->pass = (link->pass + 1) & LINK_PASS_MASK;
    link->measuring = false;
}

static void take_acknowledgement(link_state *link, uint8_t flags, uint16_t ack, uint16_t granted, uint64_t now_us)
{
    if (before(ack, link->unacked) || before(link->end, ack)) {
        return; /* old, or nonsense */
    }
    if (ack != link->unacked) {
        if (link->measuring && before(link->measured_seq, ack)) {
            measure(link, now_us);
        }
        link->backoff = 0;
        link->timer_us = now_us;
        link->peer_credit = granted;
        free_acknowledged(link, ack);
    } else if (granted > link->peer_credit) {
        link->peer_credit = granted; /* credit for the same ack only grows: a smaller one is older news */
        link->timer_us = now_us;
        link->backoff = 0;
    }
    if ((flags & LINK_GAP) != 0 && ack == link->unacked && (flags >> LINK_ECHO_SHIFT & LINK_PASS_MASK) == link->pass) {
        go_back(link);
    }
}

static void take_sequenced(link_state *link, uint8_t type, uint16_t seq, uint8_t pass, const uint8_t *payload,
                           size_t length)
{
    if (seq == link->expected) {
        if (!record_ring_push(&link->rx, type, payload, length, NULL, 0)) {
            link->counters.overruns++;
            return;
        }
        link->expected++;
        link->gap_told = false;
        link->gap_due = false;
        link->ack_due = true;
    } else if (before(seq, link->expected)) {
        link->counters.duplicates++;
        link->ack_due = true;
    } else {
        link->counters.gaps++;
        if (!link->gap_told || link->gap_pass != pass) {
            link->gap_told = true;
            link->gap_pass = pass;
            link->gap_due = link->ack_due = true;
        }
    }
}

/* The other end asks how far we are: its `seq` is the number of the frame it would send next. */
static void take_question(link_state *link, uint16_t seq, uint8_t pass)
{
    link->ack_due = true;
    if (before(link->expected, seq)) {
        link->gap_told = true;
        link->gap_pass = pass;
        link->gap_due = true;
    }
}

static void take_sync(link_state *link, uint16_t session)
{
    if (session == 0) {
        return;
    }
    if (!link->connected || session != link->session) {
        begin_session(link, session);
    }
    link->sync_ack_due = true; /* a repeated SYNC only asks for the answer again */
    link->hello_due = false;
}

static void take_frame(link_state *link, const uint8_t *frame, size_t count, uint64_t now_us)
{
    uint8_t type = frame[0];
    uint8_t flags = frame[1];
    uint16_t session = msg_get_u16(frame + 2);
    uint16_t seq = msg_get_u16(frame + 4);
    uint8_t pass = flags >> LINK_PASS_SHIFT & LINK_PASS_MASK;

    if (type == MSG_SYNC) {
        take_sync(link, session);
        return;
    }
    if (!link->connected) {
        if (now_us >= link->hello_after_us) { /* a host from before our boot must learn of it, but not be flooded */
            link->hello_due = true;
            link->hello_after_us = now_us + HELLO_INTERVAL_US;
        }
        return;
    }
    if (session != link->session) {
        return; /* left over from a host that is gone */
    }
    take_acknowledgement(link, flags, msg_get_u16(frame + 6), msg_get_u16(frame + 8), now_us);
    if (type >= FIRST_SEQUENCED) {
        take_sequenced(link, type, seq, pass, frame + LINK_HEADER_BYTES, count - LINK_HEADER_BYTES);
    } else if ((flags & LINK_ASK) != 0) {
        take_question(link, seq, pass);
    }
}

static void take_decoded(link_state *link, uint64_t now_us)
{
    const uint8_t *frame = link->frame;
    size_t count = link->decoder.count;

    if (count < LINK_HEADER_BYTES + LINK_CRC_BYTES) {
        link->counters.framing_errors++;
        link->counters.noise_bytes += (uint32_t)link->decoder.raw;
        return;
    }
    count -= LINK_CRC_BYTES;
    if (crc32_of(frame, count) != msg_get_u32(frame + count)) {
        link->counters.crc_errors++;
        link->counters.noise_bytes += (uint32_t)link->decoder.raw;
        return;
    }
    link->counters.rx_frames++;
    take_frame(link, frame, count, now_us);
}

void link_input(link_state *link, const uint8_t *bytes, size_t count, uint64_t now_us)
{
    link->counters.rx_bytes += (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        cobs_event event = cobs_decode(&link->decoder, bytes[i]);

        if (event == COBS_MORE) {
            continue;
        }
        if (event == COBS_FRAME) {
            take_decoded(link, now_us);
        } else if (event == COBS_BROKEN) {
            link->counters.framing_errors++;
            link->counters.noise_bytes += (uint32_t)link->decoder.raw;
        }
        cobs_decoder_restart(&link->decoder);
    }
}

bool link_peek(const link_state *link, link_message *out)
{
    record oldest;

    if (link->rx.used == 0) {
        return false;
    }
    oldest = record_ring_get(&link->rx, link->rx.first);
    *out = (link_message){.type = oldest.type, .length = oldest.length, .payload = oldest.data};
    return true;
}

void link_release(link_state *link)
{
    uint16_t used = link->rx.used;

    record_ring_pop(&link->rx);
    link->freed = (uint16_t)(link->freed + (used - link->rx.used));
    if (link->freed >= CREDIT_WORTH_TELLING || link->rx.used == 0) {
        link->ack_due = true;
    }
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

size_t link_send_space(const link_state *link)
{
    size_t space = record_ring_space(&link->tx);

    /* half of the numbers at most may be under way, so that old and new can be told apart */
    if (!link->connected || (uint16_t)(link->end - link->unacked) > 0x3FFF) {
        return 0;
    }
    return space < CORE_MAX_PAYLOAD ? space : CORE_MAX_PAYLOAD;
}

bool link_send(link_state *link, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
               size_t tail_length)
{
    if (!link->connected || head_length + tail_length > CORE_MAX_PAYLOAD ||
        !record_ring_push(&link->tx, type, head, head_length, tail, tail_length)) {
        return false;
    }
    if (link->unacked == link->end) {
        link->next_at = link->tx.first;
    }
    link->end++;
    return true;
}

static void begin_frame(link_state *link, uint8_t type, uint8_t flags, uint16_t seq, const uint8_t *payload,
                        size_t length)
{
    const uint8_t *const pieces[3] = {link->header, payload, link->crc};
    const size_t lengths[3] = {LINK_HEADER_BYTES, length, LINK_CRC_BYTES};
    uint8_t gap = link->gap_due ? LINK_GAP : 0;

    link->header[0] = type;
    link->header[1] =
        (uint8_t)(flags | gap | (unsigned)link->pass << LINK_PASS_SHIFT | (unsigned)link->gap_pass << LINK_ECHO_SHIFT);
    msg_put_u16(link->header + 2, link->session);
    msg_put_u16(link->header + 4, seq);
    msg_put_u16(link->header + 6, link->expected);
    msg_put_u16(link->header + 8, credit(link));
    msg_put_u32(link->crc, crc32_continue(crc32_of(link->header, LINK_HEADER_BYTES), payload, length));
    cobs_encoder_init(&link->encoder, pieces, lengths);
    link->ack_due = link->gap_due = false;
    link->freed = 0;
    link->sending = true;
    link->sending_data = false;
    link->counters.tx_frames++;
}

static void begin_hello(link_state *link)
{
    msg_hello hello = {.boot_id = link->boot_id, .protocol = MSG_PROTOCOL_VERSION};

    link->hello_due = false;
    begin_frame(link, MSG_HELLO, 0, 0, link->control, msg_hello_encode(&hello, link->control, sizeof link->control));
}

static void begin_sync_ack(link_state *link)
{
    msg_sync_ack sync_ack = {.boot_id = link->boot_id,
                             .protocol = MSG_PROTOCOL_VERSION,
                             .max_payload = CORE_MAX_PAYLOAD,
                             .rx_bytes = CORE_LINK_RX_BYTES};

    link->sync_ack_due = false;
    begin_frame(link, MSG_SYNC_ACK, 0, link->next, link->control,
                msg_sync_ack_encode(&sync_ack, link->control, sizeof link->control));
}

static void start_timer(link_state *link, uint64_t now_us)
{
    if (!link->timing) {
        link->timing = true;
        link->timer_us = now_us;
    }
}

/* The next queued frame, if credit covers it. */
static bool begin_data(link_state *link, uint64_t now_us)
{
    record waiting;

    if (link->next == link->end) {
        return false;
    }
    waiting = record_ring_get(&link->tx, link->next_at);
    start_timer(link, now_us);
    if (link->in_flight + cost(waiting.length) > link->peer_credit) {
        return false;
    }
    begin_frame(link, waiting.type, 0, link->next, waiting.data, waiting.length);
    link->sending_data = true;
    link->sending_seq = link->next;
    if (before(link->next, link->sent_before)) {
        link->counters.retransmitted++;
    } else {
        link->sent_before = (uint16_t)(link->next + 1);
        if (!link->measuring) {
            link->measuring = true;
            link->measured_seq = link->next;
            link->measured_from_us = now_us;
        }
    }
    link->in_flight += cost(waiting.length);
    link->next++;
    link->next_at = record_ring_after(&link->tx, link->next_at);
    return true;
}

static bool timer_due(const link_state *link, uint64_t now_us)
{
    return link->timing && now_us >= link->timer_us + timeout_us(link);
}

static bool begin_next(link_state *link, uint64_t now_us)
{
    if (link->hello_due && !link->connected) {
        begin_hello(link);
        return true;
    }
    if (!link->connected) {
        return false;
    }
    if (link->sync_ack_due) {
        begin_sync_ack(link);
        return true;
    }
    if (link->unacked == link->end) {
        link->timing = false;
    }
    if (begin_data(link, now_us)) {
        return true;
    }
    if (timer_due(link, now_us)) {
        link->counters.timeouts++;
        link->timer_us = now_us;
        link->backoff = link->backoff < BACKOFF_MOST ? (uint8_t)(link->backoff + 1) : BACKOFF_MOST;
        link->measuring = false;
        begin_frame(link, MSG_ACK, LINK_ASK, link->next, NULL, 0);
        return true;
    }
    if (link->ack_due) {
        begin_frame(link, MSG_ACK, 0, link->next, NULL, 0);
        return true;
    }
    return false;
}

size_t link_output(link_state *link, uint8_t *out, size_t capacity, uint64_t now_us)
{
    size_t written = 0;

    while (written < capacity) {
        if (!link->sending) {
            if (!begin_next(link, now_us)) {
                link->line_idle = true;
                break;
            }
            if (link->line_idle) {
                link->line_idle = false;
                out[written++] = 0;
                continue;
            }
        }
        written += cobs_encode(&link->encoder, out + written, capacity - written);
        if (link->encoder.done) {
            link->sending = false;
        }
    }
    link->counters.tx_bytes += (uint32_t)written;
    return written;
}

uint64_t link_deadline(const link_state *link, uint64_t now_us)
{
    if (link->sending || link->ack_due || link->sync_ack_due || (link->hello_due && !link->connected)) {
        return now_us;
    }
    if (link->connected && link->next != link->end &&
        link->in_flight + cost(record_ring_get(&link->tx, link->next_at).length) <= link->peer_credit) {
        return now_us;
    }
    return link->timing && link->unacked != link->end ? link->timer_us + timeout_us(link) : UINT64_MAX;
}

size_t link_state_size(void)
{
    return sizeof(link_state);
}

bool link_connected(const link_state *link)
{
    return link->connected;
}

uint16_t link_session(const link_state *link)
{
    return link->session;
}

bool link_idle(const link_state *link)
{
    return link->unacked == link->end;
}

const link_counters *link_get_counters(link_state *link)
{
    link->counters.rx_high_water = link->rx.high_water;
    link->counters.tx_high_water = link->tx.high_water;
    return &link->counters;
}

void link_clear_counters(link_state *link)
{
    memset(&link->counters, 0, sizeof link->counters);
    link->rx.high_water = link->rx.used;
    link->tx.high_water = link->tx.used;
}
