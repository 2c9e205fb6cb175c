#include "record_ring.h"

#include <string.h>

#define UNUSED_END 0xFFu /* in the type's place, with a mark in the next byte: go on at the buffer's start */

static uint16_t footprint(size_t length)
{
    return (uint16_t)(RECORD_HEAD + ((length + 3) & ~(size_t)3));
}

void record_ring_init(record_ring *ring, uint8_t *bytes, uint16_t size)
{
    *ring = (record_ring){.bytes = bytes, .size = size};
}

static uint16_t room_at_end(const record_ring *ring)
{
    if (ring->used > 0 && ring->end <= ring->first) {
        return (uint16_t)(ring->first - ring->end);
    }
    return (uint16_t)(ring->size - ring->end);
}

static uint16_t room_at_start(const record_ring *ring)
{
    return ring->used == 0 || ring->end <= ring->first ? 0 : ring->first;
}

size_t record_ring_space(const record_ring *ring)
{
    uint16_t end = ring->used == 0 ? ring->size : room_at_end(ring);
    uint16_t start = room_at_start(ring);
    uint16_t most = end > start ? end : start;

    return most > RECORD_HEAD ? most - RECORD_HEAD : 0;
}

bool record_ring_push(record_ring *ring, uint8_t type, const uint8_t *head, size_t head_length, const uint8_t *tail,
                      size_t tail_length)
{
    size_t length = head_length + tail_length;
    uint8_t *place;

    if (length > ring->size || (ring->used > 0 && ring->end == ring->first)) {
        return false;
    }
    if (ring->used == 0) { /* all of it in one piece */
        ring->first = ring->end = 0;
    }
    if (footprint(length) > room_at_end(ring)) {
        if (footprint(length) > room_at_start(ring)) {
            return false;
        }
        ring->bytes[ring->end] = UNUSED_END;
        ring->bytes[ring->end + 1] = UNUSED_END;
        ring->used = (uint16_t)(ring->used + (ring->size - ring->end));
        ring->end = 0;
    }
    place = ring->bytes + ring->end;
    place[0] = type;
    place[1] = 0;
    place[2] = (uint8_t)length;
    place[3] = (uint8_t)(length >> 8);
    if (head_length > 0) {
        memcpy(place + RECORD_HEAD, head, head_length);
    }
    if (tail_length > 0) {
        memcpy(place + RECORD_HEAD + head_length, tail, tail_length);
    }
    ring->end = (uint16_t)(ring->end + footprint(length));
    if (ring->end == ring->size) {
        ring->end = 0;
    }
    ring->used = (uint16_t)(ring->used + footprint(length));
    if (ring->used > ring->high_water) {
        ring->high_water = ring->used;
    }
    return true;
}

/* Where the record at `at` really is: an unused end is skipped. */
static uint16_t settle(const record_ring *ring, uint16_t at)
{
    return ring->bytes[at] == UNUSED_END && ring->bytes[at + 1] == UNUSED_END ? 0 : at;
}

record record_ring_get(const record_ring *ring, uint16_t at)
{
    const uint8_t *place = ring->bytes + settle(ring, at);

    return (record){.type = place[0],
                    .length = (uint16_t)(place[2] | (unsigned)place[3] << 8),
                    .data = place + RECORD_HEAD};
}

uint16_t record_ring_after(const record_ring *ring, uint16_t at)
{
    uint16_t place = settle(ring, at);
    uint16_t next = (uint16_t)(place + footprint(record_ring_get(ring, place).length));

    return next == ring->size ? 0 : next;
}

void record_ring_pop(record_ring *ring)
{
    uint16_t place = settle(ring, ring->first);
    uint16_t gone = footprint(record_ring_get(ring, place).length);

    if (place != ring->first) {
        gone = (uint16_t)(gone + (ring->size - ring->first));
    }
    ring->first = record_ring_after(ring, place);
    ring->used = (uint16_t)(ring->used - gone);
}
