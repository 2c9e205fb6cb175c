/* The mel filters of the fixed-point front ends: triangles between neighbouring band centres, so that each bin belongs
   to the segment between two, and gives a part of its energy to the band below and another to the one above. */
#ifndef CORE_FRONTEND_FIXED_POINT_FILTER_BANK_H
#define CORE_FRONTEND_FIXED_POINT_FILTER_BANK_H

#include <stddef.h>
#include <stdint.h>

#include "frontend/arith.h"
#include "frontend/fixed_point/root.h"

typedef struct fx_filters {
    const uint16_t *segment_bins; /* bands + 1: bins between two neighbouring band centres */
    const uint16_t *down, *up;    /* bins: the part, Q12, that the band below its segment gets, and the one above */
    size_t bands;
} fx_filters;

/* The energy of the bands' bin `bin`, counted from the lowest that they take. */
typedef uint32_t fx_energy_of(const void *spectrum, size_t bin);

/* Bins whose lower halves times Q12 parts sum up to no more than 32 bits. */
#define FX_BINS_AT_ONCE 16u

/* The square root of each band's energy, lowered by `shift`, which the samples were raised by.
   Inline, so that `energy_of` is no call. bands: uint32[bands]. */
FE_INLINE void fx_filter_bank(const fx_filters *filters, fx_energy_of *energy_of, const void *spectrum, uint32_t shift,
                              uint32_t *bands)
{
    const uint16_t *down = filters->down, *up = filters->up;
    uint64_t rising = 0; /* what the segment before gives to the band above it */
    size_t bin = 0;

    for (size_t segment = 0; segment <= filters->bands; segment++) {
        size_t left = filters->segment_bins[segment];
        uint64_t below = rising;

        rising = 0;
        while (left > 0) {
            size_t end = bin + (left < FX_BINS_AT_ONCE ? left : FX_BINS_AT_ONCE);
            uint32_t below_high = 0, below_low = 0, rising_high = 0, rising_low = 0;

            left -= end - bin;
            for (; bin != end; bin++) {
                uint32_t energy = energy_of(spectrum, bin), high = energy >> 16, low = energy & 0xffffu;

                below_high += high * *down;
                below_low += low * *down++;
                rising_high += high * *up;
                rising_low += low * *up++;
            }
            below += ((uint64_t)below_high << 16) + below_low;
            rising += ((uint64_t)rising_high << 16) + rising_low;
        }
        if (segment > 0) {
            bands[segment - 1] = fx_root(below) >> shift;
        }
    }
}

#endif
