/* The device's end of the link: lossless, in order, exactly once, over a line that may lose, damage or repeat anything.
 *
 * A pure state machine: bytes and the time go in, bytes and messages come out. host/link/link.py is the other end.
 *
 * Frame on the line: COBS(header, payload, CRC-32 of both), then a zero. The header, little-endian:
 *
 *     u8  type      of the message; below 0x10 the link's own
 *     u8  flags     LINK_GAP, LINK_ASK, pass (3 bits), echoed pass (3 bits)
 *     u16 session   chosen by the host; 0 from a device that has none
 *     u16 seq       number of this frame; of the next one in frames that have none of their own
 *     u16 ack       number of the next frame expected from the other end: all before it have arrived
 *     u16 credit    bytes (payloads with their headers) that may be on the way beyond `ack`
 *
 * Go-back-N: the receiver takes frames in order only. One that comes too early shows a gap; the receiver says so once
 * (LINK_GAP, with the sender's pass), and the sender goes back to `ack` under a new pass number. So a retransmission that is
 * lost again shows in the next frame, and old news about an earlier pass does no harm. When frames are lost and none follow,
 * a timer sends a short question (LINK_ASK), which is answered as a frame in its place would be. */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cobs.h"
#include "core_limits.h"
#include "record_ring.h"

#define LINK_HEADER_BYTES 10u
#define LINK_CRC_BYTES 4u
#define LINK_GAP 0x01u
#define LINK_ASK 0x02u
#define LINK_PASS_SHIFT 2u
#define LINK_ECHO_SHIFT 5u
#define LINK_PASS_MASK 0x07u

typedef struct link_message {
    uint8_t type;
    uint16_t length;
    const uint8_t *payload; /* 4-byte aligned */
} link_message;

typedef struct link_counters {
    uint32_t rx_frames;      /* valid ones */
    uint32_t rx_bytes;       /* all bytes of the line */
    uint32_t crc_errors;
    uint32_t framing_errors; /* no COBS, too long, too short */
    uint32_t noise_bytes;    /* bytes of what was no valid frame */
    uint32_t gaps;           /* frames that came too early */
    uint32_t duplicates;     /* frames that had come before */
    uint32_t overruns;       /* frames that the granted credit did not cover */
    uint32_t tx_frames;
    uint32_t tx_bytes;
    uint32_t retransmitted;
    uint32_t timeouts;
    uint16_t rx_high_water; /* bytes of the buffers that were ever in use at once */
    uint16_t tx_high_water;
} link_counters;

typedef struct link_state {
    uint32_t boot_id;
    bool connected;
    uint16_t session;
    link_counters counters;

    /* receiving */
    uint8_t frame[LINK_HEADER_BYTES + CORE_MAX_PAYLOAD + LINK_CRC_BYTES];
    cobs_decoder decoder;
    uint32_t rx_words[CORE_LINK_RX_BYTES / 4]; /* words: payloads lie aligned in it */
    record_ring rx;
    uint16_t expected;
    uint16_t freed; /* bytes of credit returned since it was last told */
    bool ack_due;
    bool gap_due;
    uint8_t gap_pass; /* pass in which the gap was seen */
    bool gap_told;    /* for `expected` in gap_pass */

    /* sending */
    uint32_t tx_words[CORE_LINK_TX_BYTES / 4];
    record_ring tx;
    uint16_t unacked, next, end; /* oldest unacknowledged, next to send, next to be queued */
    uint16_t next_at;            /* offset in tx of `next` */
    uint32_t in_flight;          /* bytes, as credit counts them, from unacked to next */
    uint16_t peer_credit;
    uint16_t sent_before;        /* frames below this number are retransmissions */
    uint8_t pass;
    bool sync_ack_due;
    bool hello_due;
    uint64_t hello_after_us;

    /* timer */
    bool timing; /* something is outstanding, or credit is waited for */
    uint64_t timer_us;
    uint8_t backoff;
    bool measuring;
    uint16_t measured_seq;
    uint64_t measured_from_us;
    uint32_t round_trip_us, variation_us;

    /* the frame on its way out */
    bool sending;
    bool sending_data; /* it is the record before next_at: must not be freed yet */
    uint16_t sending_seq;
    bool line_idle; /* a delimiter cuts off whatever the line caught meanwhile */
    uint8_t header[LINK_HEADER_BYTES];
    uint8_t control[16];
    uint8_t crc[LINK_CRC_BYTES];
    cobs_encoder encoder;
} link_state;

/* boot_id tells this boot from others. Nothing is sent before the host speaks, but one HELLO. */
void link_init(link_state *link, uint32_t boot_id);

void link_input(link_state *link, const uint8_t *bytes, size_t count, uint64_t now_us);

/* The oldest message not released yet. False: there is none. */
bool link_peek(const link_state *link, link_message *out);
/* Drops that message and returns its credit to the host. */
void link_release(link_state *link);

/* Largest payload that link_send takes now. */
size_t link_send_space(const link_state *link);
/* Queues head and tail as one payload. False: no room, or no host. */
bool link_send(link_state *link, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
               size_t tail_length);

/* Bytes for the line; 0: none now. */
size_t link_output(link_state *link, uint8_t *out, size_t capacity, uint64_t now_us);

/* When link_output has something even if nothing else happens; UINT64_MAX: never. */
uint64_t link_deadline(const link_state *link, uint64_t now_us);

/* sizeof(link_state), for owners written in another language. */
size_t link_state_size(void);

bool link_connected(const link_state *link);
uint16_t link_session(const link_state *link); /* 0: none yet */
bool link_idle(const link_state *link);        /* all that was queued is acknowledged */
const link_counters *link_get_counters(link_state *link);
void link_clear_counters(link_state *link);

#endif
