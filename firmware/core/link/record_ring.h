/* A queue of records in a fixed buffer. A record always lies in one piece: one that begins before the end of the queue's
 * `size` runs on into RECORD_MOST spare bytes behind it, while the bytes at the front that it would have had stay unused.
 * So no room is ever skipped, and what is free is exactly size - used, wherever it lies.
 *
 * Two records never want the spare bytes at once: a second one gets there only after a whole round of the queue, when the
 * first has long been dropped. */
#ifndef CORE_LINK_RECORD_RING_H
#define CORE_LINK_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link_limits.h"

#define RECORD_FILLED(length) (((length) + LINK_RECORD_ALIGNMENT - 1u) & ~(LINK_RECORD_ALIGNMENT - 1u))
#define RECORD_FOOTPRINT(length) (LINK_RECORD_HEAD + RECORD_FILLED(length)) /* what a record takes of the queue */
#define RECORD_MOST RECORD_FOOTPRINT(CORE_MAX_PAYLOAD)

typedef struct record_ring {
    uint8_t *bytes;      /* size + RECORD_MOST of them, 4-byte aligned */
    uint16_t size;       /* a multiple of 4 */
    uint16_t first, end; /* offsets of the oldest record and of the free space, both < size */
    uint16_t used;
    uint16_t high_water;
} record_ring;

typedef struct record {
    uint8_t type;
    uint16_t length;
    const uint8_t *data; /* 4-byte aligned */
} record;

void record_ring_init(record_ring *ring, uint8_t *bytes, uint16_t size);

/* Bytes not used. */
uint16_t record_ring_free(const record_ring *ring);

/* Longest record that fits now, at most CORE_MAX_PAYLOAD; 0 also when an empty one fits no more. */
size_t record_ring_space(const record_ring *ring);

/* Where the data of the next record has to be put, record_ring_space bytes at most, before record_ring_append. */
uint8_t *record_ring_place(const record_ring *ring);

/* Makes what lies there a record. False: no room. */
bool record_ring_append(record_ring *ring, uint8_t type, size_t length);

/* The oldest record, which lies at `first`, or the one at an offset that record_ring_after gave. */
record record_ring_get(const record_ring *ring, uint16_t at);
uint16_t record_ring_after(const record_ring *ring, uint16_t at);

/* Drops the oldest record. The ring must not be empty. */
void record_ring_pop(record_ring *ring);

#endif
