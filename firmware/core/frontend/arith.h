/* The few integer operations the front end is made of. Each has one exact result on every machine.
   Right shifts of negative values are arithmetic and conversions to narrower types wrap, as on every compiler in use. */
#ifndef CORE_FRONTEND_ARITH_H
#define CORE_FRONTEND_ARITH_H

#include <stdint.h>

/* A constant factor of a table, whole or in its two halves. */
typedef union fe_factor {
    int32_t whole;
    struct {
        uint16_t low;
        int16_t high;
    } half;
} fe_factor;

/* Also when optimising for size: as calls these would cost more than they do. */
#define FE_INLINE static inline __attribute__((always_inline))

FE_INLINE int32_t fe_wrap(uint32_t bits)
{
    return (int32_t)bits;
}

/* What the machine's multiplier decides: here for one that gives the upper half of 32 x 32 bits, as the ESP32's LX6 and
   LX7 do (MULSH). FE_ARITH names the header of another kind (tools/frontend_bench/lx106_arith.h): the same bits. */
#ifdef FE_ARITH
/* cppcheck-suppress preprocessorErrorDirective; it tries FE_ARITH without a value */
#include FE_ARITH
#else

#define FE_HAVE_UPPER 1 /* the upper half costs no more than the lower */

/* Whether a loop goes on that counts `count` down while `pointer` walks to `end`: the count costs nothing on a machine
   with loops of its own. */
#define FE_MORE(count, pointer, end) ((void)(end), --(count) != 0)

/* floor(x * w / 2^(32 - up)) for |x| <= 2^30, |w| <= 2^30 * sqrt(2), their product with room for `up` (0..2).
   x is given as fe_raised(x, up), so that what several products need is done once. */
FE_INLINE int32_t fe_raised(int32_t x, unsigned up)
{
    return fe_wrap((uint32_t)x << up);
}

FE_INLINE int32_t fe_scale(int32_t x, const fe_factor *w, unsigned up)
{
    (void)up;
    return (int32_t)(((int64_t)x * w->whole) >> 32);
}

/* floor(x * w / 2^16) */
FE_INLINE int32_t fe_scale_sample(int16_t x, const fe_factor *w)
{
    return (int32_t)(((int64_t)(x * 65536) * w->whole) >> 32);
}

#endif

/* floor(a * b / 2^32); only where FE_HAVE_UPPER, other machines call a slow routine for it. */
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
