#include "link/link_parts.h"

#define HELLO_INTERVAL_US UINT64_C(250000)
/* Never more than the host can have left over when it waits for credit with nothing under way, or both would wait. */
#define CREDIT_WORTH_TELLING LINK_COST(CORE_MAX_PAYLOAD)

static void see_gap(link_state *link, uint8_t flags)
{
    link->gap_pass = flags >> LINK_PASS_SHIFT & LINK_PASS_MASK;
    link->gap_due = link->ack_due = true;
}

static void take_sequenced(link_state *link, const frame_header *header, size_t length)
{
    link->ack_due = true;
    if (link_before(header->seq, link->expected)) {
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
    if (link_before(link->expected, header->seq)) {
        see_gap(link, header->flags);
    }
}

static void take_sync(link_state *link, const frame_header *header, size_t length)
{
    uint32_t nonce = header->seq | (uint32_t)header->ack << 16;
    msg_sync sync;

    /* From its start: a host must be able to take over even when there is no room for another payload. */
    if (header->connection == 0 || !msg_sync_decode(&sync, link->receiver.start, length)) {
        return;
    }
    if (sync.protocol == MSG_PROTOCOL_VERSION) {
        /* A repeated SYNC only asks for the answer again. */
        if (!link->connected || header->connection != link->tag || nonce != link->nonce) {
            link_begin_connection(link, header->connection, nonce);
            link->connections = (uint16_t)(link->connections == UINT16_MAX ? 1 : link->connections + 1);
            link->peer_credit = header->credit;
        }
        link->hello_due = false;
    } /* else the answer tells which version this is, and no connection begins */
    link->sync_ack_due = true;
    link->sync_tag = header->connection;
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
    if (header.connection != link->tag) {
        return; /* left over from a host that is gone */
    }
    link_take_acknowledgement(link, &header, now_us);
    if (header.type >= MSG_FIRST_SEQUENCED) {
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

        if (frame_receiver_idle(
                &link->receiver)) { /* as late as can be: credit covers what is free when a frame begins */
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
