#ifndef CORE_FRONTEND_FIXED_POINT_PRODUCT_H
#define CORE_FRONTEND_FIXED_POINT_PRODUCT_H

#include "frontend/arith.h"

/* floor(x * factor / 2^down), its lower 32 bits; factor below 2^16, down 0..31. Without a product of 64 bits, which small
   machines call a slow routine for. */
FE_INLINE uint32_t fx_product(uint32_t x, uint32_t factor, unsigned down)
{
    uint32_t high = (x >> 16) * factor, low = (x & 0xffffu) * factor;

    return down <= 16 ? (high << (16 - down)) + (low >> down) : (high + (low >> 16)) >> (down - 16);
}

#endif
