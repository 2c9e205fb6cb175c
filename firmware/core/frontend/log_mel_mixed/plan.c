#include "frontend/log_mel_mixed/mixed.h"

/* Values grow with the FFT's length and shrink with each shift. length / 2^shifts may be a tenth above what the last
   step leaves, 8 to 16, which keeps every sum of a step within 32 bits (host/frontend/log_mel/mixed.py). */
static bool fits(size_t length, size_t n, unsigned shifts)
{
    unsigned all = 28u - fe_leading_zeros((uint32_t)n);

    return 10 * (length << all) <= 11 * (n << shifts);
}

static void add_step(fe_mixed_plan *plan, size_t radix, size_t *length, size_t n, unsigned *shifts)
{
    unsigned shift = *length > 1; /* a rotation halves */

    *length *= radix;
    while (!fits(*length, n, *shifts + shift)) {
        shift++;
    }
    *shifts += shift;
    plan->step[plan->steps++] = (fe_mixed_step){(uint8_t)radix, (uint8_t)shift};
}

bool fe_mixed_plan_of(fe_mixed_plan *plan, size_t n)
{
    static const uint8_t radices[] = {5, 3, 2, 4};
    size_t left = n, length = 1;
    unsigned shifts = 0;

    plan->steps = 0;
    if (n < FE_MIXED_LEAST || n > CORE_MAX_FFT_LOG_MEL || n % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof radices; i++) {
        size_t radix = radices[i];

        /* what 5 and 3 leave is 2^a, of which 2 takes one where a is odd */
        while (left % radix == 0 && (radix != 2 || (left & 0x5555u) == 0)) {
            left /= radix;
            add_step(plan, radix, &length, n, &shifts);
        }
    }
    return left == 1;
}
