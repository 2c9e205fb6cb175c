/* The few integer operations the front end is made of. Each has one exact result on every machine.
   Right shifts of negative values are arithmetic and conversions to narrower types wrap, as on every compiler in use. */
#ifndef CORE_FRONTEND_ARITH_H
#define CORE_FRONTEND_ARITH_H

#include <stdint.h>

#include "frontend/frontend.h"

/* Whether the machine multiplies 32 x 32 bits and gives the upper half. Xtensa's small LX106 (call0 ABI) does not and
   works with four 16-bit products; the ESP32's LX6 and LX7 do (MULSH). The results are the same bits. */
#ifndef FE_HAVE_MULHI
#if defined(__XTENSA__) && defined(__XTENSA_CALL0_ABI__)
#define FE_HAVE_MULHI 0
#else
#define FE_HAVE_MULHI 1
#endif
#endif

/* Also when optimising for size: as calls these would cost more than they do. */
#define FE_INLINE static inline __attribute__((always_inline))

FE_INLINE int32_t fe_wrap(uint32_t bits)
{
    return (int32_t)bits;
}

/* floor(x * w / 2^(32 - up)) for |x| <= 2^30, |w| <= 2^30 * sqrt(2), their product with room for `up` (0..2).
   x is given as fe_raised(x, up), so that what several products need is done once. */
FE_INLINE int32_t fe_raised(int32_t x, unsigned up)
{
#if FE_HAVE_MULHI
    return fe_wrap((uint32_t)x << up);
#else
    (void)up;
    return x;
#endif
}

FE_INLINE int32_t fe_scale(int32_t x, const fe_factor *w, unsigned up)
{
#if FE_HAVE_MULHI
    (void)up;
    return (int32_t)(((int64_t)x * w->whole) >> 32);
#else
    int32_t x_high = x >> 16, w_high = w->half.high;
    uint32_t x_low = (uint32_t)x & 0xffffu, w_low = w->half.low;
    int32_t middle = fe_wrap((uint32_t)x_high * w_low + x_low * (uint32_t)w_high + ((x_low * w_low) >> 16));

    return fe_wrap(((uint32_t)x_high * (uint32_t)w_high << up) + (uint32_t)(middle >> (16 - up)));
#endif
}

/* floor(x * w / 2^16) */
FE_INLINE int32_t fe_scale_sample(int16_t x, const fe_factor *w)
{
#if FE_HAVE_MULHI
    return (int32_t)(((int64_t)(x * 65536) * w->whole) >> 32);
#else
    return x * w->half.high + ((x * (int32_t)w->half.low) >> 16);
#endif
}

/* floor(a * b / 2^32); only for machines with FE_HAVE_MULHI, others call a slow routine for it. */
FE_INLINE int32_t fe_mulhi(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

/* x, but the compiler forgets what it knows about the value: that it is a power of two, whose product would take Xtensa
   two instructions instead of one, or that a loop's counter ends with it and need not have its own register. */
FE_INLINE uint32_t fe_opaque(uint32_t x)
{
#if defined(__XTENSA__)
    __asm__("" : "+r"(x));
#endif
    return x;
}

/* Leading zeros of x; 32 for 0. */
FE_INLINE uint32_t fe_leading_zeros(uint32_t x)
{
    return x == 0 ? 32u : (uint32_t)__builtin_clz(x);
}

FE_INLINE uint32_t fe_magnitude(int32_t x)
{
    return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

#endif
