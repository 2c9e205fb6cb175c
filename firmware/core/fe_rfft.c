/* Decimation in time, real values throughout: an FFT of m real values is kept in m words, Re X[k] at k and Im X[k] at
   m - k. A radix-4 step joins the FFTs of the samples 4i, 4i + 2, 4i + 1, 4i + 3 (in this order: bits reversed) into one
   four times as long, in place, with three multiplications a rotation.

   A step divides by 4, the last one by 2, which is what keeps the values just below 2^30: full scale is
   0.9 * 2^30 * (sum of the windowed samples' magnitudes, at most m/2) / (m/2), and the last step's bins stay below 71 %
   of twice that, because a sinusoid's mean magnitude is at most that. */
#include "fe_tuning.h"

#include "fe_rfft.h"

#include "fe_arith.h"

/* Sums wrap instead of overflowing, so that even tables that make no sense have a defined result. */
FE_INLINE int32_t plus(int32_t a, int32_t b)
{
    return fe_wrap((uint32_t)a + (uint32_t)b);
}

FE_INLINE int32_t minus(int32_t a, int32_t b)
{
    return fe_wrap((uint32_t)a - (uint32_t)b);
}

static const fe_factor half_root = {759250125}; /* sqrt(1/2), Q30 */

/* (re + i im) rotated by -a, for w = {cos a, cos a - sin a, cos a + sin a}, over 4 >> up */
FE_INLINE void rotate(int32_t *re, int32_t *im, const fe_factor *w, unsigned up)
{
    int32_t x = fe_raised(*re, up), y = fe_raised(*im, up);
    int32_t both = fe_scale(plus(x, y), w, up);

    *re = minus(both, fe_scale(y, w + 1, up));
    *im = minus(both, fe_scale(x, w + 2, up));
}

/* The same for 45 degrees, with one multiplication less. */
FE_INLINE void rotate_45(int32_t *re, int32_t *im, unsigned up)
{
    int32_t x = fe_raised(*re, up), y = fe_raised(*im, up);

    *re = fe_scale(plus(x, y), &half_root, up);
    *im = fe_scale(minus(y, x), &half_root, up);
}

/* One radix-4 step over all n values. Inlined with constant m and up, so that offsets are part of the instructions. */
FE_INLINE const fe_factor *radix4(int32_t *x, size_t n, size_t m, const fe_factor *twiddles, unsigned up)
{
    const fe_factor *w = twiddles;

    for (int32_t *block = x, *end = x + n; block != end; block += 4 * m) {
        {
            int32_t a = block[0] >> (2 - up), b = block[m] >> (2 - up);
            int32_t c = block[2 * m] >> (2 - up), d = block[3 * m] >> (2 - up);
            block[m] = minus(a, b);
            block[3 * m] = minus(d, c);
            if (up == 0) { /* the last step's bins 0 and n/2 would need one bit more, and nobody wants them */
                block[0] = plus(plus(a, b), plus(c, d));
                block[2 * m] = minus(plus(a, b), plus(c, d));
            }
        }
        w = twiddles;
        int32_t *p = block + 1, *q = block + m - 1;
        do {
            int32_t br = p[2 * m], bi = q[2 * m];
            rotate(&br, &bi, w, up);
            int32_t dr = p[3 * m], di = q[3 * m];
            rotate(&dr, &di, w + 6, up);
            int32_t odd_sum_r = plus(br, dr), odd_sum_i = plus(bi, di);
            int32_t odd_dif_r = minus(dr, br), odd_dif_i = minus(bi, di);
            int32_t cr = p[m], ci = q[m];
            if (m == 4) {
                rotate_45(&cr, &ci, up);
            } else {
                rotate(&cr, &ci, w + 3, up);
            }
            int32_t ar = p[0] >> (2 - up), ai = q[0] >> (2 - up);
            int32_t sum_r = plus(ar, cr), sum_i = plus(ai, ci);
            int32_t dif_r = minus(ar, cr), dif_i = minus(ai, ci);
            p[0] = plus(sum_r, odd_sum_r); /* Re X[k] */
            q[3 * m] = plus(sum_i, odd_sum_i); /* Im X[k] */
            q[m] = minus(sum_r, odd_sum_r); /* Re X[2m - k] */
            p[2 * m] = minus(odd_sum_i, sum_i); /* Im X[2m - k] */
            p[m] = plus(dif_r, odd_dif_i); /* Re X[m + k] */
            q[2 * m] = plus(dif_i, odd_dif_r); /* Im X[m + k] */
            q[0] = minus(dif_r, odd_dif_i); /* Re X[m - k] */
            p[3 * m] = minus(odd_dif_r, dif_i); /* Im X[m - k] */
            p++;
            q--;
            w += 9;
        } while (p != q);
        {
            int32_t a = p[0] >> (2 - up), c = p[m] >> (2 - up);
            int32_t b = fe_scale(fe_raised(p[2 * m], up), &half_root, up);
            int32_t d = fe_scale(fe_raised(p[3 * m], up), &half_root, up);
            int32_t sum = plus(b, d), dif = minus(b, d);
            p[0] = plus(a, dif);
            p[m] = minus(a, dif);
            p[2 * m] = minus(c, sum);
            p[3 * m] = minus(0, plus(c, sum));
        }
    }
    return w;
}

/* Four values to eight, for the lengths that are no power of 4. Divides by 1. */
static void radix2(int32_t *x, size_t n)
{
    for (int32_t *block = x, *end = x + n; block != end; block += 8) {
        int32_t a = block[0], b = block[1], c = block[2], d = block[3];
        int32_t e = block[4], f = block[5], g = block[6], h = block[7];
        rotate_45(&f, &h, 2);
        block[0] = plus(a, e);
        block[1] = plus(b, f);
        block[2] = c;
        block[3] = minus(b, f);
        block[4] = minus(a, e);
        block[5] = minus(h, d);
        block[6] = minus(0, g);
        block[7] = plus(h, d);
    }
}

void fe_rfft(int32_t *x, size_t n, const fe_factor *twiddles)
{
    const fe_factor *w = twiddles;

    switch (n) {
    case 128:
        radix2(x, n);
        w = radix4(x, n, 8, w, 0);
        radix4(x, n, 32, w, 1);
        break;
    case 256:
        w = radix4(x, n, 4, w, 0);
        w = radix4(x, n, 16, w, 0);
        radix4(x, n, 64, w, 1);
        break;
#if CORE_MAX_FFT >= 512
    case 512:
        radix2(x, n);
        w = radix4(x, n, 8, w, 0);
        w = radix4(x, n, 32, w, 0);
        radix4(x, n, 128, w, 1);
        break;
#endif
#if CORE_MAX_FFT >= 1024
    case 1024:
        w = radix4(x, n, 4, w, 0);
        w = radix4(x, n, 16, w, 0);
        w = radix4(x, n, 64, w, 0);
        radix4(x, n, 256, w, 1);
        break;
#endif
    default:
        break;
    }
}

size_t fe_rfft_twiddles(size_t n)
{
    size_t count = 0;

    for (size_t m = n / 4; m >= 4; m /= 4) {
        count += 9 * (m / 2 - 1);
    }
    return count;
}
