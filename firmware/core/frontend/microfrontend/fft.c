#include "frontend/tuning.h" /* first */

#include "frontend/microfrontend/fft.h"

#include "frontend/arith.h"

/* Values between their stores: what a store cuts off, sums before it may keep. */
typedef struct wide {
    int32_t r, i;
} wide;

enum { HALF = 32767 / 2, QUARTER = 32767 / 4 };

/* x / 2^15, rounded. */
FE_INLINE int32_t rounded(uint32_t q15)
{
    return fe_wrap(q15 + (UINT32_C(1) << 14)) >> 15;
}

/* Rounded after a product with 2^15 / radix, of which the fraction was cut off: that is how a step divides. */
FE_INLINE wide divided(fx_complex x, uint32_t factor)
{
    return (wide){rounded((uint32_t)x.r * factor), rounded((uint32_t)x.i * factor)};
}

FE_INLINE wide times(wide a, fx_complex w)
{
    return (wide){rounded((uint32_t)(a.r * w.r) - (uint32_t)(a.i * w.i)),
                  rounded((uint32_t)(a.r * w.i) + (uint32_t)(a.i * w.r))};
}

FE_INLINE void store(mf_bin *bin, int32_t r, int32_t i)
{
    bin->x.r = (int16_t)r;
    bin->x.i = (int16_t)i;
}

/* Four values that are divided and rotated already, to places m apart. */
FE_INLINE void join(mf_bin *p, size_t m, wide a, wide b, wide c, wide d)
{
    wide even = {a.r + c.r, a.i + c.i}, dif = {a.r - c.r, a.i - c.i};
    wide odd = {b.r + d.r, b.i + d.i}, turned = {b.r - d.r, b.i - d.i};

    store(p, even.r + odd.r, even.i + odd.i);
    store(p + m, dif.r + turned.i, dif.i - turned.r);
    store(p + 2 * m, even.r - odd.r, even.i - odd.i);
    store(p + 3 * m, dif.r - turned.i, dif.i + turned.r);
}

/* The first step, of pairs of samples. The samples' rise is part of the factor that divides them. */
static void begin4(mf_bin *x, size_t n, const fx_complex *pairs, const uint16_t *order, uint32_t shift)
{
    uint32_t factor = fe_opaque(QUARTER) << shift;
    size_t apart = n / 4;

    for (mf_bin *p = x; p != x + n; p += 4, order += 4) {
        const fx_complex *pair = pairs + *order;
        join(p, 1, divided(pair[0], factor), divided(pair[apart], factor), divided(pair[2 * apart], factor),
             divided(pair[3 * apart], factor));
    }
}

static void begin2(mf_bin *x, size_t n, const fx_complex *pairs, const uint16_t *order, uint32_t shift)
{
    uint32_t factor = fe_opaque(HALF) << shift;

    for (mf_bin *p = x; p != x + n; p += 2, order += 2) {
        wide a = divided(pairs[*order], factor), b = divided(pairs[*order + n / 2], factor);
        store(p, a.r + b.r, a.i + b.i);
        store(p + 1, a.r - b.r, a.i - b.i);
    }
}

/* From FFTs of m values to FFTs of 4m. The first rotation is by nothing: with the largest Q15 number instead of 1 it
   changes no value as small as a divided one. */
static void radix4(mf_bin *x, size_t n, size_t m, size_t stride, const fx_complex *twiddles)
{
    uint32_t factor = fe_opaque(QUARTER);

    for (mf_bin *block = x; block != x + n; block += 4 * m) {
        const fx_complex *w1 = twiddles, *w2 = twiddles, *w3 = twiddles;

        join(block, m, divided(block->x, factor), divided(block[m].x, factor), divided(block[2 * m].x, factor),
             divided(block[3 * m].x, factor));
        for (mf_bin *p = block + 1; p != block + m; p++) {
            w1 += stride;
            w2 += 2 * stride;
            w3 += 3 * stride;
            join(p, m, divided(p->x, factor), times(divided(p[m].x, factor), *w1),
                 times(divided(p[2 * m].x, factor), *w2), times(divided(p[3 * m].x, factor), *w3));
        }
    }
}

FE_INLINE uint32_t energy_of(int32_t twice_r, int32_t twice_i)
{
    return fx_energy((fx_complex){(int16_t)(twice_r >> 1), (int16_t)(twice_i >> 1)});
}

/* From the FFT of pairs of samples, the first as real and the second as imaginary part, to the energies of that of the
   samples, in bins from..to. */
static void untangle(mf_bin *x, size_t n, size_t from, size_t to, const fx_complex *half_twists)
{
    uint32_t factor = fe_opaque(HALF);
    wide first = divided(x[0].x, factor);

    x[0].energy = fx_energy((fx_complex){(int16_t)(first.r + first.i), 0});
    x[n].energy = fx_energy((fx_complex){(int16_t)(first.r - first.i), 0});

    size_t lowest = n + 1 - to; /* the mirror image of the highest; bin k's is n - k */

    lowest = lowest < from ? lowest : from;
    for (size_t k = lowest > 1 ? lowest : 1; k <= n / 2; k++) {
        wide a = divided(x[k].x, factor);
        wide b = divided((fx_complex){x[n - k].x.r, (int16_t)-x[n - k].x.i}, factor);
        wide sum = {a.r + b.r, a.i + b.i}, turned = times((wide){a.r - b.r, a.i - b.i}, half_twists[k - 1]);

        turned.r = (int16_t)turned.r;
        turned.i = (int16_t)turned.i;
        x[k].energy = energy_of(sum.r + turned.r, sum.i + turned.i);
        x[n - k].energy = energy_of(sum.r - turned.r, turned.i - sum.i);
    }
}

void mf_energies(const mf_config *config, const int16_t *windowed, uint32_t shift, mf_bin *x)
{
    const mf_header *header = config->header;
    const fx_complex *pairs = (const fx_complex *)(const void *)windowed; /* one after the other */
    size_t n = header->fft / 2u, m, stride;
    size_t to = (size_t)header->first_bin + header->bins;

    if (mf_first_radix(n) == 4) {
        begin4(x, n, pairs, config->order, shift);
        m = 4;
        stride = n / 16;
    } else {
        begin2(x, n, pairs, config->order, shift);
        m = 2;
        stride = n / 8;
    }
    for (; m < n; m *= 4, stride /= 4) {
        radix4(x, n, m, stride, config->twiddles);
    }
    untangle(x, n, header->first_bin, to, config->half_twists);
}
