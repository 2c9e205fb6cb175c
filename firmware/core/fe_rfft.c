#include "fe_rfft.h"

#include "fe_arith.h"

static void bit_reverse(int32_t *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
        if (i < j) {
            int32_t re = x[2 * i], im = x[2 * i + 1];
            x[2 * i] = x[2 * j];
            x[2 * i + 1] = x[2 * j + 1];
            x[2 * j] = re;
            x[2 * j + 1] = im;
        }
    }
}

void fe_rfft(int32_t *x, size_t n, const int32_t *twiddles)
{
    size_t half = n / 2;

    bit_reverse(x, half);
    for (size_t size = 2; size <= half; size *= 2) {
        size_t step = n / size;
        for (size_t base = 0; base < half; base += size) {
            for (size_t k = 0; k < size / 2; k++) {
                int32_t *a = x + 2 * (base + k), *b = a + size;
                int32_t c = twiddles[2 * k * step], s = twiddles[2 * k * step + 1];
                int32_t re = fe_mulhi(b[0], c) - fe_mulhi(b[1], s);
                int32_t im = fe_mulhi(b[0], s) + fe_mulhi(b[1], c);
                int32_t are = a[0] >> 1, aim = a[1] >> 1;
                a[0] = are + re;
                a[1] = aim + im;
                b[0] = are - re;
                b[1] = aim - im;
            }
        }
    }
    /* the spectrum of the even samples and that of the odd ones, interleaved as one complex FFT, taken apart */
    x[n] = x[0] - x[1];
    x[n + 1] = 0;
    x[0] = x[0] + x[1];
    x[1] = 0;
    for (size_t k = 1; k <= half / 2; k++) {
        int32_t *a = x + 2 * k, *b = x + n - 2 * k;
        int32_t even_re = (a[0] >> 1) + (b[0] >> 1), even_im = (a[1] >> 1) - (b[1] >> 1);
        int32_t odd_re = (a[1] >> 1) + (b[1] >> 1), odd_im = (b[0] >> 1) - (a[0] >> 1);
        int32_t c = twiddles[2 * k], s = twiddles[2 * k + 1];
        int32_t re = 2 * (fe_mulhi(odd_re, c) - fe_mulhi(odd_im, s));
        int32_t im = 2 * (fe_mulhi(odd_re, s) + fe_mulhi(odd_im, c));
        a[0] = even_re + re;
        a[1] = even_im + im;
        b[0] = even_re - re;
        b[1] = im - even_im;
    }
}
