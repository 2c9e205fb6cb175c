/* Decimation in time, real values throughout: an FFT of m real values is kept in m words, Re X[k] at k and Im X[k] at
   m - k. A radix-4 step joins the FFTs of the samples 4i, 4i + 2, 4i + 1, 4i + 3 (in this order: bits reversed) into one
   four times as long, in place, with three multiplications a rotation.

   Scale: the Hann table makes full scale a little less (0.9) than a power of two, such that four samples fft/4 apart
   sum to at most 0.9 * 2^30 or half of it. Each step divides by 4, which its four summands can undo, so values stay
   below 0.9 * 2^30, as the products in arith.h demand. The last step divides by 2: its bins between 0 and n/2 are
   sums over a sinusoid, whose mean magnitude is at most 0.71, and stay below 2^31.

   Included where a `word` is defined: an int32_t, or a vector of them that holds as many columns; with the operations
     plus, minus(word, word), negated(word)          wrapping
     halved(word, unsigned n)                        n times, rounded down
     raised(word, unsigned up), scale(word, const fe_factor *, unsigned up)     as in arith.h */
#include "frontend/log_mel/rfft.h"

static const fe_factor half_root = {759250125}; /* sqrt(1/2), Q30 */

/* (re + i im) rotated by -a, for w = {cos a, cos a - sin a, cos a + sin a}, over 4 >> up */
FE_INLINE void rotate(word *re, word *im, const fe_factor *w, unsigned up)
{
    word x = raised(*re, up), y = raised(*im, up);
    word both = scale(plus(x, y), w, up);

    *re = minus(both, scale(y, w + 1, up));
    *im = minus(both, scale(x, w + 2, up));
}

/* The same for 45 degrees, with one multiplication less. */
FE_INLINE void rotate_45(word *re, word *im, unsigned up)
{
    word x = raised(*re, up), y = raised(*im, up);

    *re = scale(plus(x, y), &half_root, up);
    *im = scale(minus(y, x), &half_root, up);
}

/* One radix-4 step over all n values. Inlined with constant m and up, so that offsets are part of the instructions. */
FE_INLINE const fe_factor *radix4(word *x, size_t n, size_t m, const fe_factor *twiddles, unsigned up)
{
    const fe_factor *w = twiddles;

    for (word *block = x, *end = x + n; block != end; block += 4 * m) {
        {
            word a = halved(block[0], 2 - up), b = halved(block[m], 2 - up);
            word c = halved(block[2 * m], 2 - up), d = halved(block[3 * m], 2 - up);
            block[m] = minus(a, b);
            block[3 * m] = minus(d, c);
            if (up == 0) { /* the last step's bins 0 and n/2 would need one bit more, and nobody wants them */
                block[0] = plus(plus(a, b), plus(c, d));
                block[2 * m] = minus(plus(a, b), plus(c, d));
            }
        }
        w = twiddles;
        word *p = block + 1, *q = block + m - 1;
        do {
            word br = p[2 * m], bi = q[2 * m];
            rotate(&br, &bi, w, up);
            word dr = p[3 * m], di = q[3 * m];
            rotate(&dr, &di, w + 6, up);
            word odd_sum_r = plus(br, dr), odd_sum_i = plus(bi, di);
            word odd_dif_r = minus(dr, br), odd_dif_i = minus(bi, di);
            word cr = p[m], ci = q[m];
            if (m == 4) {
                rotate_45(&cr, &ci, up);
            } else {
                rotate(&cr, &ci, w + 3, up);
            }
            word ar = halved(p[0], 2 - up), ai = halved(q[0], 2 - up);
            word sum_r = plus(ar, cr), sum_i = plus(ai, ci);
            word dif_r = minus(ar, cr), dif_i = minus(ai, ci);
            p[0] = plus(sum_r, odd_sum_r);      /* Re X[k] */
            q[3 * m] = plus(sum_i, odd_sum_i);  /* Im X[k] */
            q[m] = minus(sum_r, odd_sum_r);     /* Re X[2m - k] */
            p[2 * m] = minus(odd_sum_i, sum_i); /* Im X[2m - k] */
            p[m] = plus(dif_r, odd_dif_i);      /* Re X[m + k] */
            q[2 * m] = plus(dif_i, odd_dif_r);  /* Im X[m + k] */
            q[0] = minus(dif_r, odd_dif_i);     /* Re X[m - k] */
            p[3 * m] = minus(odd_dif_r, dif_i); /* Im X[m - k] */
            p++;
            q--;
            w += 9;
        } while (p != q);
        {
            word a = halved(p[0], 2 - up), c = halved(p[m], 2 - up);
            word b = scale(raised(p[2 * m], up), &half_root, up);
            word d = scale(raised(p[3 * m], up), &half_root, up);
            word sum = plus(b, d), dif = minus(b, d);
            p[0] = plus(a, dif);
            p[m] = minus(a, dif);
            p[2 * m] = minus(c, sum);
            p[3 * m] = negated(plus(c, sum));
        }
    }
    return w;
}

/* Four values to eight, for the lengths that are not a power of 4. Divides by 1. */
static void radix2(word *x, size_t n)
{
    for (word *block = x, *end = x + n; block != end; block += 8) {
        word a = block[0], b = block[1], c = block[2], d = block[3];
        word e = block[4], f = block[5], g = block[6], h = block[7];
        rotate_45(&f, &h, 2);
        block[0] = plus(a, e);
        block[1] = plus(b, f);
        block[2] = c;
        block[3] = minus(b, f);
        block[4] = minus(a, e);
        block[5] = minus(h, d);
        block[6] = negated(g);
        block[7] = plus(h, d);
    }
}

FE_INLINE void transform(word *x, size_t n, const fe_factor *twiddles)
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
