/* Decimation in time, real values throughout, as in rfft_steps.h: an FFT of m real values is kept in m words, Re X[k] at k and
   Im X[k] at m - k. A step joins `radix` of them in place. Of its complex sums, those of the bins beyond the half are
   kept as the conjugates that mirror them.

   Here products are of any two 32-bit words (fe_mulhi), so values fill 32 bits. Constants near 1
   are kept as what is missing to 1. */
#include "frontend/tuning.h"

#include "frontend/log_mel_mixed/mixed.h"
#include "frontend/log_mel/rfft_words.h"

enum {
    HALF_ROOT_Q31 = 1518500250, /* sqrt(1/2) */
    /* what is missing to 1, 32 bits behind the point */
    REST_SIN_60 = 575416509,
    REST_SIN_72 = 210210662,
    REST_SIN_36 = 1770448860,
    REST_ROOT_5 = 1894007587 /* sqrt(5)/4 */
};

typedef struct fe_bin {
    word re, im;
} fe_bin;

/* x (1 - rest) */
FE_INLINE word less(word x, int32_t rest_q32)
{
    return minus(x, fe_mulhi(x, rest_q32));
}

FE_INLINE fe_bin sum(fe_bin a, fe_bin b)
{
    return (fe_bin){plus(a.re, b.re), plus(a.im, b.im)};
}

FE_INLINE fe_bin difference(fe_bin a, fe_bin b)
{
    return (fe_bin){minus(a.re, b.re), minus(a.im, b.im)};
}

/* a - i b */
FE_INLINE fe_bin less_i(fe_bin a, fe_bin b)
{
    return (fe_bin){plus(a.re, b.im), minus(a.im, b.re)};
}

/* a + i b */
FE_INLINE fe_bin plus_i(fe_bin a, fe_bin b)
{
    return (fe_bin){minus(a.re, b.im), plus(a.im, b.re)};
}

FE_INLINE fe_bin halved_bin(fe_bin x, unsigned n)
{
    return (fe_bin){halved(x.re, n), halved(x.im, n)};
}

FE_INLINE fe_bin less_bin(fe_bin x, int32_t rest_q32)
{
    return (fe_bin){less(x.re, rest_q32), less(x.im, rest_q32)};
}

/* Rotated by -a, for w = {cos a, sin a}. Of two products, both rounded down, one is subtracted: so they err to either side. */
FE_INLINE fe_bin rotated(word re, word im, const fe_factor *w)
{
    return (fe_bin){minus(fe_mulhi(re, w[0].whole), fe_mulhi(negated(im), w[1].whole)),
                    minus(fe_mulhi(im, w[0].whole), fe_mulhi(re, w[1].whole))};
}

/* The FFT of `radix` values, in place. */
FE_INLINE void butterfly(fe_bin *v, unsigned radix)
{
    if (radix == 2) {
        fe_bin a = v[0];

        v[0] = sum(a, v[1]);
        v[1] = difference(a, v[1]);
    } else if (radix == 3) {
        fe_bin both = sum(v[1], v[2]), across = less_bin(difference(v[1], v[2]), REST_SIN_60);
        fe_bin middle = difference(v[0], halved_bin(both, 1));

        v[0] = sum(v[0], both);
        v[1] = less_i(middle, across);
        v[2] = plus_i(middle, across);
    } else if (radix == 4) {
        fe_bin even = sum(v[0], v[2]), odd = sum(v[1], v[3]);
        fe_bin a = difference(v[0], v[2]), across = difference(v[1], v[3]);

        v[0] = sum(even, odd);
        v[1] = less_i(a, across);
        v[2] = difference(even, odd);
        v[3] = plus_i(a, across);
    } else {
        fe_bin outer = sum(v[1], v[4]), inner = sum(v[2], v[3]);
        fe_bin a = difference(v[1], v[4]), b = difference(v[2], v[3]);
        fe_bin both = sum(outer, inner), apart = difference(outer, inner);
        fe_bin middle = difference(v[0], halved_bin(both, 2));
        fe_bin swing = less_bin(apart, REST_ROOT_5);
        fe_bin far = sum(less_bin(a, REST_SIN_72), less_bin(b, REST_SIN_36));
        fe_bin near = difference(less_bin(a, REST_SIN_36), less_bin(b, REST_SIN_72));
        fe_bin first = sum(middle, swing), second = difference(middle, swing);

        v[0] = sum(v[0], both);
        v[1] = less_i(first, far);
        v[2] = less_i(second, near);
        v[3] = plus_i(second, near);
        v[4] = plus_i(first, far);
    }
}

/* Bin 0 of each FFT: real values, and the bins at multiples of m. */
FE_INLINE void join_first(word *block, size_t m, unsigned radix, unsigned shift)
{
    fe_bin v[5];

    for (unsigned j = 0; j < radix; j++) {
        v[j] = (fe_bin){halved(block[j * m], shift), 0};
    }
    butterfly(v, radix);
    block[0] = v[0].re;
    for (unsigned j = 1; 2 * j <= radix; j++) {
        block[j * m] = v[j].re;
        if (2 * j < radix) {
            block[(radix - j) * m] = v[j].im;
        }
    }
}

/* Bin k of each FFT. p: block + k, q: block + m - k. */
FE_INLINE void join_inner(word *p, word *q, size_t m, const fe_factor *w, unsigned radix, unsigned shift)
{
    fe_bin v[5];

    v[0] = (fe_bin){halved(p[0], shift), halved(q[0], shift)};
    for (unsigned j = 1; j < radix; j++) {
        v[j] = rotated(p[j * m], q[j * m], w + 2 * (j - 1));
    }
    butterfly(v, radix);
    for (unsigned j = 0; j < radix; j++) {
        bool lower = 2 * j < radix;

        p[j * m] = lower ? v[j].re : negated(v[j].im);
        q[(radix - 1 - j) * m] = lower ? v[j].im : v[j].re;
    }
}

/* Bin m/2 of each FFT of an even length, which four are: real values, rotated by 45, 90 and 135 degrees. */
FE_INLINE void join_middle(word *p, size_t m, unsigned shift)
{
    word a = halved(p[0], shift), c = halved(p[2 * m], shift);
    word b = halved(fe_mulhi(p[m], HALF_ROOT_Q31), shift - 1), d = halved(fe_mulhi(p[3 * m], HALF_ROOT_Q31), shift - 1);

    p[0] = plus(a, minus(b, d));
    p[m] = minus(a, minus(b, d));
    p[2 * m] = minus(c, plus(b, d));
    p[3 * m] = negated(plus(c, plus(b, d)));
}

/* Inlined with a constant radix. */
FE_INLINE const fe_factor *join(word *x, size_t n, size_t m, const fe_factor *twiddles, unsigned radix, unsigned shift)
{
    const fe_factor *w = twiddles;

    for (word *block = x, *end = x + n; block != end; block += radix * m) {
        word *p = block, *q = block + m;

        w = twiddles;
        join_first(block, m, radix, shift);
        for (p++, q--; p < q; p++, q--) {
            join_inner(p, q, m, w, radix, shift);
            w += 2 * (radix - 1);
        }
        if (radix == 4 && p == q) {
            join_middle(p, m, shift);
        }
    }
    return w;
}

void fe_mixed_rfft(const fe_mixed_plan *plan, int32_t *x, size_t n, const fe_factor *twiddles)
{
    const fe_factor *w = twiddles;
    size_t m = 1;

    for (size_t i = 0; i < plan->steps; i++) {
        unsigned shift = plan->step[i].shift;

        switch (plan->step[i].radix) {
        case 2:
            w = join(x, n, m, w, 2, shift);
            break;
        case 3:
            w = join(x, n, m, w, 3, shift);
            break;
        case 4:
            w = join(x, n, m, w, 4, shift);
            break;
        default:
            w = join(x, n, m, w, 5, shift);
            break;
        }
        m *= plan->step[i].radix;
    }
}

size_t fe_mixed_twiddles(size_t n)
{
    fe_mixed_plan plan;
    size_t count = 0, m = 1;

    if (!fe_mixed_plan_of(&plan, n)) {
        return 0;
    }
    for (size_t i = 0; i < plan.steps; i++) {
        count += 2 * (plan.step[i].radix - 1u) * ((m - 1) / 2);
        m *= plan.step[i].radix;
    }
    return count;
}
