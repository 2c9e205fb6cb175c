/* Frames on the line: COBS(header, payload, CRC-32 of both, little-endian), then a zero. host/link/framing.py is the twin.
 *
 * Received frames are checked as their bytes come, and a payload goes straight to its final place, so that no buffer for
 * a whole frame is needed. Until a frame's end nobody knows whether it was one: what it put there counts for nothing before. */
#ifndef CORE_LINK_FRAME_H
#define CORE_LINK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/cobs.h"
#include "link/link_limits.h"

#define FRAME_HEADER_BYTES LINK_HEADER_BYTES
#define FRAME_CRC_BYTES 4u
#define FRAME_START_BYTES 4u /* of a payload: enough for a SYNC */

typedef struct frame_header {
    uint8_t type;
    uint8_t flags;
    uint16_t connection;
    uint16_t seq;
    uint16_t ack;
    uint16_t credit;
} frame_header;

typedef enum frame_event {
    FRAME_MORE,    /* all bytes are used up, and no frame ended */
    FRAME_VALID,   /* header, payload and payload_length are set; the payload is kept as far as there was room */
    FRAME_DAMAGED, /* its checksum is wrong */
    FRAME_NONE     /* too short, too long, or no COBS */
} frame_event;

typedef struct frame_receiver {
    uint8_t *payload; /* where it goes */
    size_t room;      /* bytes that may be written there */
    size_t payload_length;
    frame_header header;
    uint8_t start[FRAME_START_BYTES]; /* the payload's first bytes, kept even where there is no room at all */
    uint32_t raw_length;              /* bytes on the line of what ended last, its zero not counted */

    cobs_decoder decoder;
    bool too_long;
    uint32_t raw;
    size_t count;  /* decoded bytes, except for the last four: those may be the checksum */
    uint32_t last; /* the last four */
    uint8_t held;  /* how many of those have come */
    uint32_t crc;
    uint8_t head[FRAME_HEADER_BYTES];
} frame_receiver;

/* Whether nothing of a frame has come yet, so that its place can still be chosen. */
bool frame_receiver_idle(const frame_receiver *receiver);
/* Call before each frame: the place must stay valid until the frame's end. Forgets a frame begun. */
void frame_receive_into(frame_receiver *receiver, uint8_t *payload, size_t room);

/* Takes bytes up to the end of a frame, or all. *used says how many. A zero after a zero ends nothing. */
frame_event frame_receive(frame_receiver *receiver, const uint8_t *bytes, size_t count, size_t *used);

void frame_pack_header(const frame_header *header, uint8_t out[FRAME_HEADER_BYTES]);

#endif
