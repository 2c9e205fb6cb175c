#include "frontend/tuning.h" /* first */

#include "frontend/biodcase_2026/fft.h"

#include "frontend/arith.h"

#define ONE_Q15 32767u

/* Half of a + t, from (a + 1) * ONE_Q15 and t in Q15: the sum of a's product, t and a rounding of just below one half. */
FE_INLINE int16_t halved(uint32_t sum)
{
    return (int16_t)(fe_wrap(sum) >> 16);
}

FE_INLINE uint32_t kept(int32_t a)
{
    return ((uint32_t)a + 1u) * ONE_Q15;
}

typedef struct wide {
    int32_t r, i;
} wide;

FE_INLINE wide load(const fx_complex *x)
{
    return (wide){x->r, x->i};
}

FE_INLINE void store(fx_complex *x, wide value)
{
    x->r = (int16_t)value.r;
    x->i = (int16_t)value.i;
}

/* a and m become (a + m conj(w)) / 2 and (a - m conj(w)) / 2. */
FE_INLINE void join(wide *a, wide *m, wide w)
{
    uint32_t turned_r = (uint32_t)(w.r * m->r) + (uint32_t)(w.i * m->i);
    uint32_t turned_i = (uint32_t)(w.r * m->i) - (uint32_t)(w.i * m->r);
    uint32_t kept_r = kept(a->r), kept_i = kept(a->i);

    *a = (wide){halved(kept_r + turned_r), halved(kept_i + turned_i)};
    *m = (wide){halved(kept_r - turned_r), halved(kept_i - turned_i)};
}

/* A step joins the halves of each block, whose own w it is. Two steps at once: a block and then its halves. */
static void two_steps(fx_complex *x, size_t n, size_t quarter, const fx_complex *twiddles)
{
    const fx_complex *whole = twiddles, *halves = twiddles;

    for (fx_complex *block = x; block != x + n; block += 4 * quarter, whole++, halves += 2) {
        wide w = load(whole), first = load(halves), second = load(halves + 1);

        for (fx_complex *p = block, *end = p + quarter; p != end; p++) {
            wide a = load(p), b = load(p + quarter), c = load(p + 2 * quarter), d = load(p + 3 * quarter);

            join(&a, &c, w);
            join(&b, &d, w);
            join(&a, &b, first);
            store(p, a);
            store(p + quarter, b);
            join(&c, &d, second);
            store(p + 2 * quarter, c);
            store(p + 3 * quarter, d);
        }
    }
}

static void last_step(fx_complex *x, size_t n, const fx_complex *twiddles)
{
    for (fx_complex *p = x; p != x + n; p += 2, twiddles++) {
        wide a = load(p), b = load(p + 1);

        join(&a, &b, load(twiddles));
        store(p, a);
        store(p + 1, b);
    }
}

void bd_fft(const bd_config *config, fx_complex *x)
{
    size_t n = config->header->fft, half = n / 8;

    for (; half > 1; half /= 4) {
        two_steps(x, n, half / 2, config->twiddles);
    }
    if (half == 1) {
        last_step(x, n, config->twiddles);
    }
}

FE_INLINE int32_t tapered(int16_t sample, int16_t weight, unsigned bits)
{
    return (int16_t)((sample * weight) >> bits);
}

/* The largest magnitude under the window; that of -32768 does not count. */
static uint32_t largest_of(const bd_config *config, const int16_t *samples)
{
    size_t n = config->header->fft;
    unsigned bits = config->header->window_bits;
    int32_t largest = 0;

    for (size_t i = 0; i < n / 2; i++) {
        int32_t left = tapered(samples[i], config->window[i], bits);
        int32_t right = tapered(samples[n - 1 - i], config->window[i], bits);

        left = (int16_t)(left < 0 ? -left : left);
        right = (int16_t)(right < 0 ? -right : right);
        largest = left > largest ? left : largest;
        largest = right > largest ? right : largest;
    }
    return (uint32_t)largest;
}

uint32_t bd_begin(const bd_config *config, const int16_t *samples, fx_complex *x)
{
    size_t n = config->header->fft, quarter = n / 4;
    const int16_t *window = config->window;
    unsigned bits = config->header->window_bits;
    uint32_t shift = fe_leading_zeros(largest_of(config, samples)) - 17; /* of at most 15 bits */

    for (size_t i = 0; i < quarter; i++) { /* real values, and rotations by nothing and by a right angle */
        int32_t a = (int16_t)(tapered(samples[i], window[i], bits) * (1 << shift));
        int32_t b = (int16_t)(tapered(samples[quarter + i], window[quarter + i], bits) * (1 << shift));
        int32_t c = (int16_t)(tapered(samples[2 * quarter + i], window[2 * quarter - 1 - i], bits) * (1 << shift));
        int32_t d = (int16_t)(tapered(samples[3 * quarter + i], window[quarter - 1 - i], bits) * (1 << shift));
        int32_t even = halved(kept(a) + (uint32_t)c * ONE_Q15), odd = halved(kept(b) + (uint32_t)d * ONE_Q15);
        int32_t even_less = halved(kept(a) - (uint32_t)c * ONE_Q15), odd_less = halved(kept(b) - (uint32_t)d * ONE_Q15);
        int16_t stays = halved(kept(even_less));

        x[i] = (fx_complex){halved(kept(even) + (uint32_t)odd * ONE_Q15), 0};
        x[quarter + i] = (fx_complex){halved(kept(even) - (uint32_t)odd * ONE_Q15), 0};
        x[2 * quarter + i] = (fx_complex){stays, halved(kept(0) - (uint32_t)odd_less * ONE_Q15)};
        x[3 * quarter + i] = (fx_complex){stays, halved(kept(0) + (uint32_t)odd_less * ONE_Q15)};
    }
    return shift;
}
