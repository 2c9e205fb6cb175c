/* SHA-256 (FIPS 180-4), for hashes of models, front ends and images. */
#ifndef CORE_BUNDLE_SHA256_H
#define CORE_BUNDLE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

typedef struct sha256_state {
    uint32_t chain[8];
    uint64_t length;   /* bytes taken so far */
    uint8_t block[64]; /* the last, incomplete block */
} sha256_state;

void sha256_begin(sha256_state *state);
void sha256_add(sha256_state *state, const uint8_t *data, size_t length);
void sha256_end(sha256_state *state, uint8_t digest[SHA256_BYTES]);

/* All three in one. data may be NULL when length is 0. */
void sha256_of(const uint8_t *data, size_t length, uint8_t digest[SHA256_BYTES]);

#endif
