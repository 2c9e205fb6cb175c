#include "frontend/microfrontend/filter_bank.h"

#include "frontend/arith.h"

/* The square root to the nearest, at most UINT32_MAX; where it fits 16 bits of a 32-bit x, at most UINT16_MAX. */
static uint32_t square_root(uint64_t x)
{
    uint32_t limit = x >> 32 == 0 ? UINT16_MAX : UINT32_MAX;
    unsigned top = x >> 32 != 0 ? 63 - fe_leading_zeros((uint32_t)(x >> 32)) : 31 - fe_leading_zeros((uint32_t)x | 1u);
    uint64_t root = 0, bit = UINT64_C(1) << (top & ~1u);

    while (bit != 0) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    return (uint32_t)(x > root && root != limit ? root + 1 : root);
}

void mf_filter_bank(const mf_config *config, const mf_complex *spectrum, uint32_t shift, uint32_t *bands)
{
    const mf_header *header = config->header;
    const mf_complex *bin = spectrum + header->first_bin;
    const uint16_t *down = config->down, *up = config->up;
    uint64_t rising = 0; /* what the segment before gives to the band above it */

    for (size_t segment = 0; segment <= header->bands; segment++) {
        uint64_t below = rising;

        rising = 0;
        for (size_t i = config->segment_bins[segment]; i > 0; i--, bin++) {
            uint32_t energy = (uint32_t)(bin->r * bin->r) + (uint32_t)(bin->i * bin->i);

            below += (uint64_t)energy * *down++;
            rising += (uint64_t)energy * *up++;
        }
        if (segment > 0) {
            bands[segment - 1] = square_root(below) >> shift;
        }
    }
}
