#include "frontend/microfrontend/fft.h"

#include "frontend/arith.h"

/* x / 2^15, rounded. */
FE_INLINE int16_t rounded(uint32_t q15)
{
    return (int16_t)(fe_wrap(q15 + (UINT32_C(1) << 14)) >> 15);
}

/* Rounded after a product with 2^15 / radix, of which the fraction was cut off: that is how a step divides. */
FE_INLINE mf_complex divided(mf_complex x, int32_t factor)
{
    return (mf_complex){rounded((uint32_t)(x.r * factor)), rounded((uint32_t)(x.i * factor))};
}

FE_INLINE mf_complex times(mf_complex a, mf_complex w)
{
    return (mf_complex){rounded((uint32_t)(a.r * w.r) - (uint32_t)(a.i * w.i)),
                        rounded((uint32_t)(a.r * w.i) + (uint32_t)(a.i * w.r))};
}

FE_INLINE mf_complex plus(mf_complex a, mf_complex b)
{
    return (mf_complex){(int16_t)(a.r + b.r), (int16_t)(a.i + b.i)};
}

FE_INLINE mf_complex minus(mf_complex a, mf_complex b)
{
    return (mf_complex){(int16_t)(a.r - b.r), (int16_t)(a.i - b.i)};
}

enum { HALF = 32767 / 2, QUARTER = 32767 / 4 };

/* Four values that are divided and rotated already, in place. */
FE_INLINE void join(mf_complex *p, size_t m, mf_complex a, mf_complex b, mf_complex c, mf_complex d)
{
    mf_complex even = plus(a, c), dif = minus(a, c), odd = plus(b, d), turned = minus(b, d);

    p[0] = plus(even, odd);
    p[2 * m] = minus(even, odd);
    p[m] = (mf_complex){(int16_t)(dif.r + turned.i), (int16_t)(dif.i - turned.r)};
    p[3 * m] = (mf_complex){(int16_t)(dif.r - turned.i), (int16_t)(dif.i + turned.r)};
}

/* From FFTs of m values to FFTs of 4m. The first rotation is by nothing: with the largest Q15 number instead of 1 it
   changes no value as small as a divided one. */
static void radix4(mf_complex *x, size_t n, size_t m, const mf_complex *twiddles)
{
    size_t stride = n / (4 * m);

    for (mf_complex *block = x; block != x + n; block += 4 * m) {
        join(block, m, divided(block[0], QUARTER), divided(block[m], QUARTER), divided(block[2 * m], QUARTER),
             divided(block[3 * m], QUARTER));
        for (size_t k = 1; k < m; k++) {
            mf_complex *p = block + k;
            join(p, m, divided(p[0], QUARTER), times(divided(p[m], QUARTER), twiddles[k * stride]),
                 times(divided(p[2 * m], QUARTER), twiddles[2 * k * stride]),
                 times(divided(p[3 * m], QUARTER), twiddles[3 * k * stride]));
        }
    }
}

static void radix2(mf_complex *x, size_t n)
{
    for (mf_complex *p = x; p != x + n; p += 2) {
        mf_complex a = divided(p[0], HALF), b = divided(p[1], HALF);
        p[0] = plus(a, b);
        p[1] = minus(a, b);
    }
}

/* From the FFT of pairs of samples, the first as real and the second as imaginary part, to that of the samples. */
static void untangle(mf_complex *x, size_t n, const mf_complex *half_twists)
{
    mf_complex first = divided(x[0], HALF);

    x[0] = (mf_complex){(int16_t)(first.r + first.i), 0};
    x[n] = (mf_complex){(int16_t)(first.r - first.i), 0};
    for (size_t k = 1; k <= n / 2; k++) {
        mf_complex a = divided(x[k], HALF);
        mf_complex b = divided((mf_complex){x[n - k].r, (int16_t)-x[n - k].i}, HALF);
        mf_complex sum = plus(a, b), turned = times(minus(a, b), half_twists[k - 1]);

        x[k] = (mf_complex){(int16_t)((sum.r + turned.r) >> 1), (int16_t)((sum.i + turned.i) >> 1)};
        x[n - k] = (mf_complex){(int16_t)((sum.r - turned.r) >> 1), (int16_t)((turned.i - sum.i) >> 1)};
    }
}

void mf_fft(const mf_config *config, const int16_t *windowed, uint32_t shift, mf_complex *x)
{
    size_t n = config->header->fft / 2u, window = config->header->window, m = 1;

    for (size_t k = 0; k < n; k++) {
        size_t at = 2u * config->order[k];
        uint32_t even = at < window ? (uint32_t)windowed[at] << shift : 0;
        uint32_t odd = at + 1 < window ? (uint32_t)windowed[at + 1] << shift : 0;

        x[k] = (mf_complex){(int16_t)(uint16_t)even, (int16_t)(uint16_t)odd};
    }
    for (size_t rest = n; rest > 1; rest /= 4) {
        if (rest == 2) {
            radix2(x, n);
            m = 2;
        }
    }
    for (; m < n; m *= 4) {
        radix4(x, n, m, config->twiddles);
    }
    untangle(x, n, config->half_twists);
}
