#include "link/cobs.h"

#define BLOCK_MAX (COBS_LONGEST_CODE - 1) /* literal bytes that one code can announce */

void cobs_encoder_init(cobs_encoder *encoder, const uint8_t *const piece[3], const size_t length[3])
{
    *encoder = (cobs_encoder){0};
    for (unsigned i = 0; i < 3; i++) {
        encoder->piece[i] = piece[i];
        encoder->length[i] = length[i];
        encoder->total += length[i];
    }
}

static uint8_t byte_at(const cobs_encoder *encoder, size_t position)
{
    if (position < encoder->length[0]) {
        return encoder->piece[0][position];
    }
    position -= encoder->length[0];
    if (position < encoder->length[1]) {
        return encoder->piece[1][position];
    }
    return encoder->piece[2][position - encoder->length[1]];
}

/* The code of the block that begins at `position`: one more than the literals before the next zero. */
static uint8_t begin_block(cobs_encoder *encoder)
{
    size_t left = encoder->total - encoder->position;
    size_t most = left < BLOCK_MAX ? left : BLOCK_MAX;
    size_t run = 0;

    while (run < most && byte_at(encoder, encoder->position + run) != 0) {
        run++;
    }
    encoder->remaining = (uint8_t)run;
    encoder->skip_zero = run < BLOCK_MAX && run < left;
    encoder->last_block = run == left;
    return (uint8_t)(run + 1);
}

size_t cobs_encode(cobs_encoder *encoder, uint8_t *out, size_t capacity)
{
    size_t written = 0;

    while (written < capacity && !encoder->done) {
        if (encoder->remaining > 0) {
            encoder->remaining--;
            out[written++] = byte_at(encoder, encoder->position++);
        } else if (encoder->last_block) {
            out[written++] = 0;
            encoder->done = true;
        } else {
            if (encoder->skip_zero) {
                encoder->position++;
            }
            out[written++] = begin_block(encoder);
        }
    }
    return written;
}
