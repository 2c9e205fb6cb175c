#include <string.h>

#include "link/crc32.h"
#include "link/link_parts.h"

_Static_assert(MSG_HELLO_SIZE <= MSG_SYNC_ACK_SIZE, "link_state.control has room for the longer of the two");

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

/* A frame of the connection: with everything that the host should know by now. */
static void begin_connected_frame(link_state *link, uint8_t type, uint8_t flags, const uint8_t *payload, size_t length)
{
    unsigned passes = (unsigned)link->pass << LINK_PASS_SHIFT | (unsigned)link->gap_pass << LINK_ECHO_SHIFT;
    frame_header header = {
        .type = type,
        .flags = (uint8_t)(flags | (link->gap_due ? LINK_GAP : 0u) | passes),
        .connection = link->tag,
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
                           .connection = link->sync_tag,
                           .seq = (uint16_t)link->sync_nonce,
                           .ack = (uint16_t)(link->sync_nonce >> 16),
                           .credit = record_ring_free(&link->rx)};

    link->sync_ack_due = false;
    begin_frame(link, &header, link->control, msg_sync_ack_encode(&sync_ack, link->control, sizeof link->control));
}

bool link_data_fits(const link_state *link)
{
    return link->next != link->end &&
           (uint32_t)link->in_flight + link_cost_at(link, link->next_at) <= link->peer_credit;
}

static void begin_data(link_state *link, uint64_t now_us)
{
    record waiting = record_ring_get(&link->tx, link->next_at);

    begin_connected_frame(link, waiting.type, 0, waiting.data, waiting.length);
    link->sending_data = true;
    link->sending_seq = link->next;
    if (link_before(link->next, link->sent_before)) {
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

static void begin_question(link_state *link, uint64_t now_us)
{
    link_note_question(link, now_us);
    begin_connected_frame(link, MSG_ACK, LINK_ASK, NULL, 0);
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
    link_keep_timer(link, now_us);
    if (link->answer_due) {
        link->answer_due = false;
        begin_connected_frame(link, MSG_ANSWER, 0, NULL, 0);
    } else if (link->gap_due) {
        begin_connected_frame(link, MSG_ACK, 0, NULL, 0);
    } else if (link_data_fits(link)) {
        begin_data(link, now_us);
    } else if (link_question_due(link, now_us)) {
        begin_question(link, now_us);
    } else if (link->ack_due) {
        begin_connected_frame(link, MSG_ACK, 0, NULL, 0);
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
            link_drop_acknowledged(link);
        }
    }
    link->counters.tx_bytes += (uint32_t)written;
    return written;
}
