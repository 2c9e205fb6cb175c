/* Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): frames without zero bytes, so that a zero ends one.
 *
 * Both directions work piecemeal: a decoder is fed single bytes as they arrive, an encoder gives as many as the line has
 * room for. Neither needs a buffer for the encoded form. */
#ifndef CORE_COBS_H
#define CORE_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cobs_decoder {
    uint8_t *out;
    size_t capacity;
    size_t count;      /* bytes decoded */
    size_t raw;        /* bytes of the encoded form so far */
    uint8_t remaining; /* literal bytes until the next code */
    bool zero_due;     /* a zero stands before the next block */
    bool broken;       /* does not fit: skip to the end of the frame */
} cobs_decoder;

typedef enum cobs_event {
    COBS_MORE,  /* the frame goes on */
    COBS_FRAME, /* a frame is complete: out[0 .. count-1] */
    COBS_EMPTY, /* two delimiters in a row */
    COBS_BROKEN /* what ended here was no frame; raw says how long it was */
} cobs_event;

void cobs_decoder_init(cobs_decoder *decoder, uint8_t *out, size_t capacity);
/* Forgets the frame in progress; to be called after every event but COBS_MORE. */
void cobs_decoder_restart(cobs_decoder *decoder);
cobs_event cobs_decode(cobs_decoder *decoder, uint8_t byte);

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
