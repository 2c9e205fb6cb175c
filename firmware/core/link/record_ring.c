#include "link/record_ring.h"

_Static_assert(LINK_RECORD_HEAD == 4 && LINK_RECORD_ALIGNMENT == 4,
               "a record's head is a type, a byte that nobody reads and a 16-bit length");

void record_ring_init(record_ring *ring, uint8_t *bytes, uint16_t size)
{
    *ring = (record_ring){.bytes = bytes, .size = size};
}

uint16_t record_ring_free(const record_ring *ring)
{
    return (uint16_t)(ring->size - ring->used);
}

size_t record_ring_space(const record_ring *ring)
{
    size_t left = record_ring_free(ring);
    size_t space = left > LINK_RECORD_HEAD ? left - LINK_RECORD_HEAD : 0;

    return space < CORE_MAX_PAYLOAD ? space : CORE_MAX_PAYLOAD;
}

uint8_t *record_ring_place(const record_ring *ring)
{
    return ring->bytes + ring->end + LINK_RECORD_HEAD;
}

static uint16_t advance(const record_ring *ring, uint16_t at, uint16_t by)
{
    uint16_t to = (uint16_t)(at + by);

    return to >= ring->size ? (uint16_t)(to - ring->size) : to;
}

bool record_ring_append(record_ring *ring, uint8_t type, size_t length)
{
    uint8_t *head = ring->bytes + ring->end;

    if (length > CORE_MAX_PAYLOAD || RECORD_FOOTPRINT(length) > record_ring_free(ring)) {
        return false;
    }
    head[0] = type;
    head[2] = (uint8_t)length;
    head[3] = (uint8_t)(length >> 8);
    ring->end = advance(ring, ring->end, (uint16_t)RECORD_FOOTPRINT(length));
    ring->used = (uint16_t)(ring->used + RECORD_FOOTPRINT(length));
    if (ring->used > ring->high_water) {
        ring->high_water = ring->used;
    }
    return true;
}

record record_ring_get(const record_ring *ring, uint16_t at)
{
    const uint8_t *head = ring->bytes + at;

    return (record){
        .type = head[0], .length = (uint16_t)(head[2] | (unsigned)head[3] << 8), .data = head + LINK_RECORD_HEAD};
}

uint16_t record_ring_after(const record_ring *ring, uint16_t at)
{
    return advance(ring, at, (uint16_t)RECORD_FOOTPRINT((size_t)record_ring_get(ring, at).length));
}

void record_ring_pop(record_ring *ring)
{
    uint16_t gone = (uint16_t)RECORD_FOOTPRINT((size_t)record_ring_get(ring, ring->first).length);

    ring->first = advance(ring, ring->first, gone);
    ring->used = (uint16_t)(ring->used - gone);
}
