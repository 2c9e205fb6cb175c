/* The few integer operations the front end is made of. Each has one exact result on every machine.
   Right shifts of negative values are arithmetic and conversions to narrower types wrap, as on every compiler in use. */
#ifndef FE_ARITH_H
#define FE_ARITH_H

#include <stdint.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The tables are little-endian and used in place"
#endif

/* Whether the machine multiplies 32 x 32 bits and gives the upper half. Xtensa's small LX106 (call0 ABI) does not and
   works with four 16-bit products; the ESP32's LX6 and LX7 do (MULSH). The results are the same bits. */
#ifndef FE_HAVE_MULHI
#if defined(__XTENSA__) && defined(__XTENSA_CALL0_ABI__)
#define FE_HAVE_MULHI 0
#else
#define FE_HAVE_MULHI 1
#endif
#endif

/* A constant factor of a table, whole or in its two halves. */
typedef union fe_factor {
    int32_t whole;
    struct {
        uint16_t low;
        int16_t high;
    } half;
} fe_factor;

static inline int32_t fe_wrap(uint32_t bits)
{
    return (int32_t)bits;
}

/* floor(x * w / 2^(32 - up)) for |x| <= 2^30, |w| <= 2^30 * sqrt(2), their product with room for `up` (0..2). */
static inline int32_t fe_scale(int32_t x, const fe_factor *w, unsigned up)
{
#if FE_HAVE_MULHI
    return (int32_t)(((int64_t)fe_wrap((uint32_t)x << up) * w->whole) >> 32);
#else
    int32_t x_high = x >> 16, w_high = w->half.high;
    uint32_t x_low = (uint32_t)x & 0xffffu, w_low = w->half.low;
    int32_t middle = fe_wrap((uint32_t)x_high * w_low + x_low * (uint32_t)w_high + ((x_low * w_low) >> 16));

    return fe_wrap(((uint32_t)x_high * (uint32_t)w_high << up) + (uint32_t)(middle >> (16 - up)));
#endif
}

/* floor(x * w / 2^16) */
static inline int32_t fe_scale_sample(int16_t x, const fe_factor *w)
{
#if FE_HAVE_MULHI
    return (int32_t)(((int64_t)(x * 65536) * w->whole) >> 32);
#else
    return x * w->half.high + ((x * (int32_t)w->half.low) >> 16);
#endif
}

/* floor(a * b / 2^32) for any values; only where it is rare. */
static inline int32_t fe_mulhi(int32_t a, int32_t b)
{
#if FE_HAVE_MULHI
    return (int32_t)(((int64_t)a * b) >> 32);
#else
    int32_t a_high = a >> 16, b_high = b >> 16;
    uint32_t a_low = (uint32_t)a & 0xffffu, b_low = (uint32_t)b & 0xffffu;
    int32_t first = fe_wrap((uint32_t)a_high * b_low + ((a_low * b_low) >> 16));
    int32_t second = fe_wrap(a_low * (uint32_t)b_high + ((uint32_t)first & 0xffffu));

    return a_high * b_high + (first >> 16) + (second >> 16);
#endif
}

/* Leading zeros of x; 32 for 0. */
static inline uint32_t fe_leading_zeros(uint32_t x)
{
    return x == 0 ? 32u : (uint32_t)__builtin_clz(x);
}

static inline uint32_t fe_magnitude(int32_t x)
{
    return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

#endif
