/* SHA-256 (FIPS 180-4), for hashes of models, front ends and images. */
#ifndef CORE_BUNDLE_SHA256_H
#define CORE_BUNDLE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

/* data may be NULL when length is 0. */
void sha256_of(const uint8_t *data, size_t length, uint8_t digest[SHA256_BYTES]);

#endif
