/* Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): frames without zero bytes, so that a zero ends one.
 *
 * Both directions work piecemeal: a decoder is fed single bytes as they arrive, an encoder gives as many as the line has
 * room for. Neither needs a buffer for the encoded form. */
#ifndef CORE_LINK_COBS_H
#define CORE_LINK_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COBS_LONGEST_CODE 0xFFu /* announces 254 literal bytes, and no zero after them */

typedef struct cobs_decoder {
    uint8_t remaining; /* literal bytes until the next code */
    bool zero_due;     /* a zero stands before the next block */
} cobs_decoder;

typedef enum cobs_event {
    COBS_NOTHING, /* a code: it stands for no byte */
    COBS_BYTE,    /* *decoded is the frame's next byte */
    COBS_END,     /* the frame is complete, or empty */
    COBS_CUT      /* it ended within a block: something is missing */
} cobs_event;

/* One byte of the encoded form gives one of the frame at most. After COBS_END and COBS_CUT a new frame begins.
 * In the header, because it runs for every byte of the line. */
static inline cobs_event cobs_decode(cobs_decoder *decoder, uint8_t byte, uint8_t *decoded)
{
    if (byte == 0) {
        bool cut = decoder->remaining > 0;

        *decoder = (cobs_decoder){0};
        return cut ? COBS_CUT : COBS_END;
    }
    if (decoder->remaining > 0) {
        decoder->remaining--;
        *decoded = byte;
        return COBS_BYTE;
    }
    bool zero = decoder->zero_due;

    decoder->remaining = (uint8_t)(byte - 1);
    decoder->zero_due = byte != COBS_LONGEST_CODE;
    *decoded = 0;
    return zero ? COBS_BYTE : COBS_NOTHING;
}

/* Three pieces that lie apart in memory are one frame: header, payload, checksum. */
typedef struct cobs_encoder {
    const uint8_t *piece[3];
    size_t length[3];
    size_t total;
    size_t position;   /* next byte to encode */
    uint8_t remaining; /* literal bytes left in the block */
    bool skip_zero;    /* the zero after the block is said by its code */
    bool last_block;
    bool done;
} cobs_encoder;

void cobs_encoder_init(cobs_encoder *encoder, const uint8_t *const piece[3], const size_t length[3]);
/* The next bytes of the encoded form, its closing zero included. Returns how many; encoder->done at the end. */
size_t cobs_encode(cobs_encoder *encoder, uint8_t *out, size_t capacity);

#endif
