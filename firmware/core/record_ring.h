/* A queue of records in a fixed buffer. A record lies in one piece; where it would not, the buffer's end is left unused. */
#ifndef CORE_RECORD_RING_H
#define CORE_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEAD 4u /* bytes before each record's data */

typedef struct record_ring {
    uint8_t *bytes;
    uint16_t size; /* a multiple of 4 */
    uint16_t first, end; /* offsets of the oldest record and of the free space */
    uint16_t used; /* bytes, unused ends included */
    uint16_t high_water;
} record_ring;

typedef struct record {
    uint8_t type;
    uint16_t length;
    const uint8_t *data; /* 4-byte aligned if the buffer is */
} record;

void record_ring_init(record_ring *ring, uint8_t *bytes, uint16_t size);

/* Longest record that fits now; 0 also when an empty one fits no more. */
size_t record_ring_space(const record_ring *ring);

/* Appends head and tail as one record. False: no room. */
bool record_ring_push(record_ring *ring, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
                      size_t tail_length);

/* Record at offset `at`, which is `first`, or what record_ring_after gave. */
record record_ring_get(const record_ring *ring, uint16_t at);
uint16_t record_ring_after(const record_ring *ring, uint16_t at);

/* Drops the oldest record. The ring must not be empty. */
void record_ring_pop(record_ring *ring);

#endif
