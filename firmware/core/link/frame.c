#include "link/frame.h"

#include "link/crc32.h"

_Static_assert(FRAME_START_BYTES >= MSG_SYNC_SIZE, "a SYNC must be readable when there is no room for a payload");
_Static_assert(FRAME_HEADER_BYTES == 10, "frame_pack_header and end lay out ten bytes");

void frame_pack_header(const frame_header *header, uint8_t out[FRAME_HEADER_BYTES])
{
    out[0] = header->type;
    out[1] = header->flags;
    msg_put_u16(out + 2, header->connection);
    msg_put_u16(out + 4, header->seq);
    msg_put_u16(out + 6, header->ack);
    msg_put_u16(out + 8, header->credit);
}

bool frame_receiver_idle(const frame_receiver *receiver)
{
    return receiver->raw == 0;
}

void frame_receive_into(frame_receiver *receiver, uint8_t *payload, size_t room)
{
    *receiver = (frame_receiver){.payload = payload, .room = room};
}

/* A byte that cannot be part of the checksum any more, because four came after it. */
static void take_byte(frame_receiver *r, uint8_t byte)
{
    size_t at = r->count - FRAME_HEADER_BYTES;

    r->crc = crc32_continue(r->crc, &byte, 1);
    if (r->count < FRAME_HEADER_BYTES) {
        r->head[r->count++] = byte;
        return;
    }
    if (at == CORE_MAX_PAYLOAD) {
        r->too_long = true;
        return;
    }
    if (at < FRAME_START_BYTES) {
        r->start[at] = byte;
    }
    if (at < r->room) {
        r->payload[at] = byte;
    }
    r->count++;
}

static frame_event end(frame_receiver *r, bool cut)
{
    if (cut || r->too_long || r->held < FRAME_CRC_BYTES || r->count < FRAME_HEADER_BYTES) {
        return FRAME_NONE;
    }
    if (r->crc != r->last) {
        return FRAME_DAMAGED;
    }
    r->payload_length = r->count - FRAME_HEADER_BYTES;
    r->header = (frame_header){
        .type = r->head[0],
        .flags = r->head[1],
        .connection = msg_get_u16(r->head + 2),
        .seq = msg_get_u16(r->head + 4),
        .ack = msg_get_u16(r->head + 6),
        .credit = msg_get_u16(r->head + 8),
    };
    return FRAME_VALID;
}

frame_event frame_receive(frame_receiver *r, const uint8_t *bytes, size_t count, size_t *used)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t decoded = 0;
        cobs_event event = cobs_decode(&r->decoder, bytes[i], &decoded);

        if (event == COBS_BYTE && !r->too_long) {
            if (r->held == FRAME_CRC_BYTES) {
                take_byte(r, (uint8_t)r->last);
            } else {
                r->held++;
            }
            r->last = r->last >> 8 | (uint32_t)decoded << 24;
        }
        if (event != COBS_END && event != COBS_CUT) {
            r->raw++;
            continue;
        }
        if (r->raw > 0) {
            frame_event result = end(r, event == COBS_CUT);

            r->raw_length = r->raw;
            r->raw = 0; /* idle: frame_receive_into clears the rest */
            *used = i + 1;
            return result;
        }
    }
    *used = count;
    return FRAME_MORE;
}
