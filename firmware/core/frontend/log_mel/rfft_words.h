/* A word of rfft_steps.h: one value. */
#ifndef CORE_FRONTEND_LOG_MEL_RFFT_WORDS_H
#define CORE_FRONTEND_LOG_MEL_RFFT_WORDS_H

#include "frontend/arith.h"

typedef int32_t word;

/* Sums wrap instead of overflowing, so that even tables that make no sense have a defined result. */
FE_INLINE word plus(word a, word b)
{
    return fe_wrap((uint32_t)a + (uint32_t)b);
}

FE_INLINE word minus(word a, word b)
{
    return fe_wrap((uint32_t)a - (uint32_t)b);
}

FE_INLINE word negated(word x)
{
    return minus(0, x);
}

FE_INLINE word halved(word x, unsigned n)
{
    return x >> n;
}

FE_INLINE word raised(word x, unsigned up)
{
    return fe_raised(x, up);
}

FE_INLINE word scale(word x, const fe_factor *w, unsigned up)
{
    return fe_scale(x, w, up);
}

#endif
