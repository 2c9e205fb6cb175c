#include "link/link.h"

#include <string.h>

#include "link/crc32.h"
#include "messages.h"

#if CORE_LINK_RX_BYTES % 4 != 0 || CORE_LINK_TX_BYTES % 4 != 0 || CORE_LINK_RX_BYTES > 32768 || CORE_LINK_TX_BYTES > 32768
#error "The link buffers must be multiples of 4, and what they hold must be told apart by 16-bit numbers"
#endif

#define FIRST_SEQUENCED MSG_INFO_REQUEST
#define HELLO_INTERVAL_US UINT64_C(250000)
#define TIMEOUT_LEAST_US 40000u
#define TIMEOUT_FIRST_US 200000u
#define TIMEOUT_MOST_US 2000000u
#define BACKOFF_MOST 3u
#define BACKED_OFF_US 320000u /* questions are short: more patience than this only makes a bad line slower */
/* Never more than the host can have left over when it waits for credit with nothing under way, or both would wait. */
#define CREDIT_WORTH_TELLING LINK_COST(CORE_MAX_PAYLOAD)

static bool before(uint16_t a, uint16_t b)
{
    return (uint16_t)(a - b) >= 0x8000u;
}

/* ---- sessions --------------------------------------------------------------------------------------------------- */

static void begin_session(link_state *link, uint16_t tag, uint32_t nonce)
{
    uint16_t rx_high = link->rx.high_water;
    uint16_t tx_high = link->tx.high_water;

    record_ring_init(&link->rx, (uint8_t *)link->rx_words, CORE_LINK_RX_BYTES);
    record_ring_init(&link->tx, (uint8_t *)link->tx_words, CORE_LINK_TX_BYTES);
    link->rx.high_water = rx_high;
    link->tx.high_water = tx_high;
    link->tag = tag;
    link->nonce = nonce;
    link->connected = tag != 0;
    link->expected = link->oldest = link->acked = link->next = link->end = link->sent_before = 0;
    link->acked_at = link->next_at = 0;
    link->in_flight = 0;
    link->peer_credit = 0;
    link->freed = 0;
    link->pass = link->gap_pass = 0;
    link->ack_due = link->gap_due = link->answer_due = false;
    link->timing = link->measuring = false;
    link->backoff = 0;
    link->round_trip_us = 0;
    link->variation_us = TIMEOUT_FIRST_US / 4;
    link->sending = link->sending_data = false;
    link->line_idle = true;
}

size_t link_state_size(void)
{
    return sizeof(link_state);
}

void link_init(link_state *link, uint32_t boot_id)
{
    memset(link, 0, sizeof *link);
    link->boot_id = boot_id;
    begin_session(link, 0, 0);
    link->hello_due = true;
}

/* ---- acknowledgements from the host ----------------------------------------------------------------------------- */

static uint32_t timeout_us(const link_state *link)
{
    uint32_t time = link->round_trip_us + 4 * link->variation_us;
    uint32_t longer;

    time = time < TIMEOUT_LEAST_US ? TIMEOUT_LEAST_US : time > TIMEOUT_MOST_US ? TIMEOUT_MOST_US : time;
    longer = time << link->backoff;
    longer = longer < BACKED_OFF_US ? longer : BACKED_OFF_US;
    return time > longer ? time : longer;
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

static uint16_t cost_at(const link_state *link, uint16_t at)
{
    return (uint16_t)LINK_COST((size_t)record_ring_get(&link->tx, at).length);
}

/* Drops what the host has, except a record that is on its way out once more. */
static void drop_acknowledged(link_state *link)
{
    while (link->oldest != link->acked &&
           !(link->sending && link->sending_data && link->sending_seq == link->oldest)) {
        record_ring_pop(&link->tx);
        link->oldest++;
    }
}

static void acknowledge(link_state *link, uint16_t ack)
{
    while (link->acked != ack) {
        uint16_t cost = cost_at(link, link->acked_at);

        link->acked_at = record_ring_after(&link->tx, link->acked_at);
        if (link->acked == link->next) { /* it had arrived after all, before it was sent again */
            link->next++;
            link->next_at = link->acked_at;
        } else {
            link->in_flight = (uint16_t)(link->in_flight - cost);
        }
        link->peer_credit = (uint16_t)(link->peer_credit > cost ? link->peer_credit - cost : 0);
        link->acked++;
    }
    drop_acknowledged(link);
}

static void go_back(link_state *link)
{
    if (link->next == link->acked) {
        return;
    }
    link->next = link->acked;
    link->next_at = link->acked_at;
    link->in_flight = 0;
    link->pass = (link->pass + 1) & LINK_PASS_MASK;
    link->measuring = false;
}

static void take_acknowledgement(link_state *link, const frame_header *header, uint64_t now_us)
{
    uint8_t echo = header->flags >> LINK_ECHO_SHIFT & LINK_PASS_MASK;

    if (before(header->ack, link->acked) || before(link->sent_before, header->ack)) {
        return; /* old, or nonsense */
    }
    if (header->ack != link->acked) {
        if (link->measuring && before(link->measured_seq, header->ack)) {
            measure(link, now_us);
        }
        link->backoff = 0;
        link->timer_us = now_us;
        acknowledge(link, header->ack);
    }
    if (header->credit > link->peer_credit) { /* what was granted once stays granted: less is older news */
        link->peer_credit = header->credit;
        link->timer_us = now_us;
        link->backoff = 0;
    }
    if ((header->flags & LINK_GAP) != 0 && echo == link->pass) {
        go_back(link);
    }
}

/* ---- frames from the host --------------------------------------------------------------------------------------- */

static void see_gap(link_state *link, uint8_t flags)
{
    link->gap_pass = flags >> LINK_PASS_SHIFT & LINK_PASS_MASK;
    link->gap_due = link->ack_due = true;
}

static void take_sequenced(link_state *link, const frame_header *header, size_t length)
{
    link->ack_due = true;
    if (before(header->seq, link->expected)) {
        link->counters.duplicates++;
    } else if (header->seq != link->expected) {
        link->counters.gaps++;
        see_gap(link, header->flags);
    } else if (length <= link->receiver.room && record_ring_append(&link->rx, header->type, length)) {
        link->expected++;
        link->gap_due = false;
    } else {
        link->counters.overruns++; /* the host went beyond its credit */
    }
}

/* The other end asks how far we are: its `seq` is the number of the frame it would send next. */
static void take_question(link_state *link, const frame_header *header)
{
    link->answer_due = true;
    if (before(link->expected, header->seq)) {
        see_gap(link, header->flags);
    }
}

static void take_sync(link_state *link, const frame_header *header, size_t length)
{
    uint32_t nonce = header->seq | (uint32_t)header->ack << 16;
    msg_sync sync;

    /* From its start: a host must be able to take over even when there is no room for another payload. */
    if (header->session == 0 || !msg_sync_decode(&sync, link->receiver.start, length)) {
        return;
    }
    if (sync.protocol == MSG_PROTOCOL_VERSION) {
        /* A repeated SYNC only asks for the answer again. */
        if (!link->connected || header->session != link->tag || nonce != link->nonce) {
            begin_session(link, header->session, nonce);
            link->sessions = (uint16_t)(link->sessions == UINT16_MAX ? 1 : link->sessions + 1);
            link->peer_credit = header->credit;
        }
        link->hello_due = false;
    } /* else the answer tells which version this is, and no session begins */
    link->sync_ack_due = true;
    link->sync_tag = header->session;
    link->sync_nonce = nonce;
}

static void take_frame(link_state *link, size_t length, uint64_t now_us)
{
    const frame_header header = link->receiver.header;

    if (header.type == MSG_SYNC) {
        take_sync(link, &header, length);
        return;
    }
    if (!link->connected) {
        if (now_us >= link->hello_after_us) { /* a host from before our boot must learn of it, but not be flooded */
            link->hello_due = true;
            link->hello_after_us = now_us + HELLO_INTERVAL_US;
        }
        return;
    }
    if (header.session != link->tag) {
        return; /* left over from a host that is gone */
    }
    take_acknowledgement(link, &header, now_us);
    if (header.type >= FIRST_SEQUENCED) {
        take_sequenced(link, &header, length);
    } else if ((header.flags & LINK_ASK) != 0) {
        take_question(link, &header);
    }
}

void link_input(link_state *link, const uint8_t *bytes, size_t count, uint64_t now_us)
{
    link->counters.rx_bytes += (uint32_t)count;
    while (count > 0) {
        size_t used = 0;
        frame_event event;

        if (frame_receiver_idle(&link->receiver)) { /* as late as can be: credit covers what is free when a frame begins */
            frame_receive_into(&link->receiver, record_ring_place(&link->rx), record_ring_space(&link->rx));
        }
        event = frame_receive(&link->receiver, bytes, count, &used);
        bytes += used;
        count -= used;
        if (event == FRAME_MORE) {
            continue;
        }
        if (event == FRAME_VALID) {
            link->counters.rx_frames++;
            take_frame(link, link->receiver.payload_length, now_us);
        } else {
            link->counters.crc_errors += event == FRAME_DAMAGED ? 1 : 0;
            link->counters.framing_errors += event == FRAME_NONE ? 1 : 0;
            link->counters.noise_bytes += link->receiver.raw_length;
        }
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

    if (used == 0) {
        return;
    }
    record_ring_pop(&link->rx);
    link->freed = (uint16_t)(link->freed + (used - link->rx.used));
    if (link->freed >= CREDIT_WORTH_TELLING) {
        link->ack_due = true;
    }
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

size_t link_send_space(const link_state *link)
{
    return link->connected ? record_ring_space(&link->tx) : 0;
}

bool link_send(link_state *link, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
               size_t tail_length)
{
    uint8_t *place = record_ring_place(&link->tx);
    size_t space = record_ring_space(&link->tx);

    if (!link->connected || head_length > space || tail_length > space - head_length) {
        return false;
    }
    if (head_length > 0) {
        memcpy(place, head, head_length);
    }
    if (tail_length > 0) {
        memcpy(place + head_length, tail, tail_length);
    }
    if (!record_ring_append(&link->tx, type, head_length + tail_length)) {
        return false; /* empty, and not even that fits */
    }
    link->end++;
    return true;
}

static void begin_frame(link_state *link, const frame_header *header, const uint8_t *payload, size_t length)
{
    const uint8_t *const pieces[3] = {link->header, payload, link->crc};
    const size_t lengths[3] = {FRAME_HEADER_BYTES, length, FRAME_CRC_BYTES};

    frame_pack_header(header, link->header);
    msg_put_u32(link->crc, crc32_continue(crc32_of(link->header, FRAME_HEADER_BYTES), payload, length));
    cobs_encoder_init(&link->encoder, pieces, lengths);
    link->sending = true;
    link->sending_data = false;
    link->counters.tx_frames++;
}

/* A frame of the session: with everything that the host should know by now. */
static void begin_session_frame(link_state *link, uint8_t type, uint8_t flags, const uint8_t *payload, size_t length)
{
    unsigned passes = (unsigned)link->pass << LINK_PASS_SHIFT | (unsigned)link->gap_pass << LINK_ECHO_SHIFT;
    frame_header header = {
        .type = type,
        .flags = (uint8_t)(flags | (link->gap_due ? LINK_GAP : 0u) | passes),
        .session = link->tag,
        .seq = link->next,
        .ack = link->expected,
        .credit = record_ring_free(&link->rx),
    };

    link->ack_due = link->gap_due = false;
    link->freed = 0;
    begin_frame(link, &header, payload, length);
}

static void begin_hello(link_state *link)
{
    msg_hello hello = {.boot_id = link->boot_id, .protocol = MSG_PROTOCOL_VERSION};
    frame_header header = {.type = MSG_HELLO};

    link->hello_due = false;
    begin_frame(link, &header, link->control, msg_hello_encode(&hello, link->control, sizeof link->control));
}

static void begin_sync_ack(link_state *link)
{
    msg_sync_ack sync_ack = {.boot_id = link->boot_id,
                             .protocol = MSG_PROTOCOL_VERSION,
                             .max_payload = CORE_MAX_PAYLOAD,
                             .rx_bytes = CORE_LINK_RX_BYTES};
    frame_header header = {.type = MSG_SYNC_ACK,
                           .session = link->sync_tag,
                           .seq = (uint16_t)link->sync_nonce,
                           .ack = (uint16_t)(link->sync_nonce >> 16),
                           .credit = record_ring_free(&link->rx)};

    link->sync_ack_due = false;
    begin_frame(link, &header, link->control, msg_sync_ack_encode(&sync_ack, link->control, sizeof link->control));
}

static bool data_fits(const link_state *link)
{
    return link->next != link->end && (uint32_t)link->in_flight + cost_at(link, link->next_at) <= link->peer_credit;
}

static void begin_data(link_state *link, uint64_t now_us)
{
    record waiting = record_ring_get(&link->tx, link->next_at);

    begin_session_frame(link, waiting.type, 0, waiting.data, waiting.length);
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
    link->in_flight = (uint16_t)(link->in_flight + LINK_COST((size_t)waiting.length));
    link->next++;
    link->next_at = record_ring_after(&link->tx, link->next_at);
}

static void keep_timer(link_state *link, uint64_t now_us)
{
    if (link->acked == link->end) {
        link->timing = false;
    } else if (!link->timing) {
        link->timing = true;
        link->timer_us = now_us;
    }
}

static void begin_question(link_state *link, uint64_t now_us)
{
    link->counters.timeouts++;
    link->timer_us = now_us;
    link->backoff = link->backoff < BACKOFF_MOST ? (uint8_t)(link->backoff + 1) : BACKOFF_MOST;
    link->measuring = false;
    begin_session_frame(link, MSG_ACK, LINK_ASK, NULL, 0);
}

/* What is short and urgent goes first: news of a gap or an answer must not wait behind a long frame. */
static bool begin_next(link_state *link, uint64_t now_us)
{
    if (link->sync_ack_due) {
        begin_sync_ack(link);
        return true;
    }
    if (!link->connected) {
        if (link->hello_due) {
            begin_hello(link);
        }
        return link->sending;
    }
    keep_timer(link, now_us);
    if (link->answer_due) {
        link->answer_due = false;
        begin_session_frame(link, MSG_ANSWER, 0, NULL, 0);
    } else if (link->gap_due) {
        begin_session_frame(link, MSG_ACK, 0, NULL, 0);
    } else if (data_fits(link)) {
        begin_data(link, now_us);
    } else if (link->timing && now_us >= link->timer_us + timeout_us(link)) {
        begin_question(link, now_us);
    } else if (link->ack_due) {
        begin_session_frame(link, MSG_ACK, 0, NULL, 0);
    }
    return link->sending;
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
            drop_acknowledged(link);
        }
    }
    link->counters.tx_bytes += (uint32_t)written;
    return written;
}

uint64_t link_deadline(const link_state *link, uint64_t now_us)
{
    if (link->sending || link->sync_ack_due) {
        return now_us;
    }
    if (!link->connected) {
        return link->hello_due ? now_us : UINT64_MAX;
    }
    if (link->ack_due || link->answer_due || data_fits(link)) {
        return now_us;
    }
    if (link->acked == link->end) {
        return UINT64_MAX;
    }
    return link->timing ? link->timer_us + timeout_us(link) : now_us;
}

bool link_connected(const link_state *link)
{
    return link->connected;
}

uint16_t link_session(const link_state *link)
{
    return link->sessions;
}

bool link_idle(const link_state *link)
{
    return link->acked == link->end && !link->sending;
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
