#include "frontend/tuning.h"

#include "frontend/log_mel/rfft.h"

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

#include "frontend/log_mel/rfft_steps.h"

void fe_rfft(int32_t *x, size_t n, const fe_factor *twiddles)
{
    transform(x, n, twiddles);
}

size_t fe_rfft_twiddles(size_t n)
{
    size_t count = 0;

    for (size_t m = n / 4; m >= 4; m /= 4) {
        count += 9 * (m / 2 - 1);
    }
    return count;
}
