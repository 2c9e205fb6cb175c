/* Values as levels of 16 bits, two bytes each in a column until its window is complete. */
#ifndef CORE_FRONTEND_NORMALISED_LEVEL_BYTES_H
#define CORE_FRONTEND_NORMALISED_LEVEL_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* level = clamp((value * factor + bias) >> shift) to 0..65535 */
typedef struct level_bytes {
    int32_t factor;
    uint32_t shift; /* 0..40 */
    int64_t bias;   /* magnitude at most 2^61 */
} level_bytes;

/* values: int32[bands]; cells: int8[2 * bands], the levels' upper bytes less 128, then the lower ones less 128; shown: NULL,
   or int32[bands], the levels. */
void level_bytes_of(const level_bytes *levels, const int32_t *values, size_t bands, int8_t *cells, int32_t *shown);

static inline uint32_t level_in(const int8_t *column, size_t band, size_t bands)
{
    return (uint32_t)(column[band] + 128) << 8 | (uint32_t)(column[bands + band] + 128);
}

#endif
