#include "bundle/sha256.h"

#include <string.h>

/* Fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

static uint32_t rotate_right(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

/* The message schedule is kept as its last 16 words: word i replaces word i - 16. */
static uint32_t schedule_next(uint32_t w[16], unsigned i)
{
    uint32_t two_back = w[(i + 14) & 15], fifteen_back = w[(i + 1) & 15];
    uint32_t low = rotate_right(fifteen_back, 7) ^ rotate_right(fifteen_back, 18) ^ fifteen_back >> 3;
    uint32_t high = rotate_right(two_back, 17) ^ rotate_right(two_back, 19) ^ two_back >> 10;

    w[i & 15] += low + w[(i + 9) & 15] + high;
    return w[i & 15];
}

static void take_block(uint32_t chain[8], const uint8_t block[64])
{
    uint32_t w[16];
    uint32_t a = chain[0], b = chain[1], c = chain[2], d = chain[3];
    uint32_t e = chain[4], f = chain[5], g = chain[6], h = chain[7];

    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *in = block + 4 * i;

        w[i] = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
    }
    for (unsigned i = 0; i < 64; i++) {
        uint32_t word = i < 16 ? w[i] : schedule_next(w, i);
        uint32_t choice = (e & f) ^ (~e & g);
        uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        uint32_t first =
            h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + choice + round_constants[i] + word;
        uint32_t second = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + majority;

        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    chain[0] += a;
    chain[1] += b;
    chain[2] += c;
    chain[3] += d;
    chain[4] += e;
    chain[5] += f;
    chain[6] += g;
    chain[7] += h;
}

void sha256_of(const uint8_t *data, size_t length, uint8_t digest[SHA256_BYTES])
{
    /* Fractional parts of the square roots of the first 8 primes. */
    uint32_t chain[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                         0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    uint8_t block[64];
    size_t held = length % sizeof block; /* bytes of the last block */
    uint64_t bits = (uint64_t)length << 3;

    for (const uint8_t *end = data + (length - held); data != end; data += sizeof block) {
        take_block(chain, data);
    }
    if (held > 0) {
        memcpy(block, data, held);
    }
    block[held++] = 0x80;
    if (held > 56) { /* no room for the length: it gets a block of its own */
        memset(block + held, 0, sizeof block - held);
        take_block(chain, block);
        held = 0;
    }
    memset(block + held, 0, 56 - held);
    for (unsigned i = 0; i < 8; i++) {
        block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    take_block(chain, block);
    for (unsigned i = 0; i < SHA256_BYTES; i++) {
        digest[i] = (uint8_t)(chain[i / 4] >> (24 - 8 * (i % 4)));
    }
}
