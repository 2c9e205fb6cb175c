/* The few integer operations the front end is made of. Each has one exact result on every machine. */
#ifndef FE_ARITH_H
#define FE_ARITH_H

#include <stdint.h>

/* floor(a * b / 2^32). One MULSH where the machine has it. */
static inline int32_t fe_mulhi(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
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
