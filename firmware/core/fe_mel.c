#include "fe_mel.h"

#include "fe_arith.h"

/* Two neighbouring centres bound a segment. A bin in it gives the share w of its power to the band above and the rest to
   the band below, so a segment needs one product a bin: sum(p * w) upwards, sum(p) - sum(p * w) downwards. */

static fe_energy normalised(uint32_t mantissa, int32_t exponent)
{
    fe_energy e = {0, 0};

    if (mantissa != 0) {
        uint32_t zeros = fe_leading_zeros(mantissa);
        e.mantissa = mantissa << zeros;
        e.exponent = exponent - (int32_t)zeros;
    }
    return e;
}

/* Both normalised; the sum keeps one bit of headroom. */
static fe_energy add(fe_energy a, fe_energy b)
{
    if (a.mantissa == 0) {
        return b;
    }
    if (b.mantissa == 0) {
        return a;
    }
    if (a.exponent < b.exponent) {
        fe_energy t = a;
        a = b;
        b = t;
    }
    int32_t distance = a.exponent - b.exponent;
    a.mantissa >>= 1;
    a.exponent++;
    if (distance < 31) {
        a.mantissa += b.mantissa >> (distance + 1);
    }
    return a;
}

void fe_mel(const fe_config *config, const int32_t *spectrum, fe_energy *energies)
{
    const int32_t *re = spectrum + config->first_bin;
    const int32_t *im = spectrum + (config->fft - config->first_bin);
    const uint16_t *share = config->shares_q16;
    fe_energy lower = {0, 0};

    for (size_t segment = 0; segment <= config->bands; segment++) {
        size_t bins = config->segment_bins[segment];
        uint32_t any = 0, total = 0, up = 0;
        for (size_t i = 0; i < bins; i++) {
            any |= fe_magnitude(re[i]) | fe_magnitude(*(im - i));
        }
        uint32_t zeros = fe_leading_zeros(any);
        uint32_t shift = zeros < 17 ? 17 - zeros : 0;
        for (size_t i = 0; i < bins; i++) {
            int32_t a = *re++ >> shift;
            int32_t b = *im-- >> shift;
            uint32_t power = ((uint32_t)(a * a) + (uint32_t)(b * b)) >> 10;
            total += power;
            up += (uint32_t)(((uint64_t)power * *share++) >> 16);
        }
        int32_t exponent = 2 * (int32_t)shift + 10;
        if (segment > 0) {
            energies[segment - 1] = add(lower, normalised(total - up, exponent));
        }
        lower = normalised(up, exponent);
    }
}
