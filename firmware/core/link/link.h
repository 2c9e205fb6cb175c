/* The device's end of the link: lossless, in order, exactly once, over a line that may lose, damage or repeat anything.
 *
 * A pure state machine: bytes and the time go in, bytes and messages come out. host/link/link.py is the other end. The
 * header of each frame (frame.h) says; the numbers come from host/link/protocol.py:
 *
 *     u8  type         of the message; below 0x10 the link's own
 *     u8  flags        LINK_GAP, LINK_ASK, pass (3 bits), echoed pass (3 bits)
 *     u16 connection   chosen by the host; 0 from a device that has none
 *     u16 seq          number of this frame; of the next one in frames that have none of their own
 *     u16 ack          number of the next frame expected from the other end: all before it have arrived
 *     u16 credit       what may be on the way beyond `ack`, in bytes of payload, LINK_COST more for each frame
 *
 * Go-back-N: the receiver takes frames in order only. One that comes too early shows a gap; the receiver says so (LINK_GAP,
 * with the pass in which it saw that), and the sender goes back to `ack` under a new pass number. So a retransmission that
 * is lost again shows in the next frame, and old news about an earlier pass does no harm. When frames are lost and none
 * follow, a timer sends a short question (LINK_ASK, with the number of the frame that would come next), and ANSWER tells
 * how far the other end is. The same question finds out whether credit was granted by a frame that got lost. Only a gap
 * makes anybody send data again, never time alone: a device deaf in a long inference is asked now and then, not flooded.
 *
 * A connection begins with the host's SYNC, which may come at any time, and the device's SYNC_ACK. Instead of seq and ack
 * these carry 32 more bits of the connection's number, which tell a new SYNC from the repetition of one. A device without a
 * connection answers everything else with HELLO, and says HELLO once when it boots: its boot id tells the host of a reset. */
#ifndef CORE_LINK_LINK_H
#define CORE_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/cobs.h"
#include "link/frame.h"
#include "link/link_limits.h"
#include "link/record_ring.h"

#define LINK_COST(payload) RECORD_FOOTPRINT(payload) /* of a frame, as credit counts */

typedef struct link_message {
    uint8_t type;
    uint16_t length;
    const uint8_t *payload; /* 4-byte aligned */
} link_message;

typedef struct link_counters {
    uint32_t rx_frames; /* valid ones */
    uint32_t rx_bytes;  /* all bytes of the line */
    uint32_t crc_errors;
    uint32_t framing_errors; /* no COBS, too long, too short */
    uint32_t noise_bytes;    /* bytes of what was not a valid frame */
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
    uint16_t tag;         /* the connection's number on the line, */
    uint32_t nonce;       /* the rest of it, */
    uint16_t connections; /* and how many there were since boot */
    link_counters counters;

    /* receiving */
    frame_receiver receiver;
    uint32_t rx_words[(CORE_LINK_RX_BYTES + RECORD_MOST) / 4];
    record_ring rx;
    uint16_t expected;
    uint16_t freed; /* bytes of credit returned since it was last told */
    bool ack_due;
    bool gap_due;
    bool answer_due;
    uint8_t gap_pass; /* pass in which a gap was seen */

    /* sending */
    uint32_t tx_words[(CORE_LINK_TX_BYTES + RECORD_MOST) / 4];
    record_ring tx;
    uint16_t oldest, acked, next, end; /* numbers: first in tx, first unacknowledged, next to send, next to be queued */
    uint16_t acked_at, next_at;        /* their offsets in tx */
    uint16_t in_flight;                /* cost of what was sent from acked to next */
    uint16_t peer_credit;              /* what that may become */
    uint16_t sent_before;              /* frames below this number are retransmissions */
    uint8_t pass;
    bool hello_due;
    uint64_t hello_after_us;
    bool sync_ack_due;
    uint16_t sync_tag;
    uint32_t sync_nonce;

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
    bool sending_data; /* it is a record of tx, which must not be dropped yet */
    uint16_t sending_seq;
    bool line_idle; /* a delimiter cuts off whatever the line caught meanwhile */
    uint8_t header[FRAME_HEADER_BYTES];
    uint8_t control[MSG_SYNC_ACK_SIZE]; /* the payload of a HELLO or a SYNC_ACK */
    uint8_t crc[FRAME_CRC_BYTES];
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
uint16_t link_connection(const link_state *link); /* changes with each new one; 0: none yet */
bool link_idle(const link_state *link);           /* all that was queued is acknowledged */
const link_counters *link_get_counters(link_state *link);
void link_clear_counters(link_state *link);

#endif
