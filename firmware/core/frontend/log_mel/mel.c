#include "frontend/tuning.h"

#include "frontend/log_mel/mel.h"

#include "frontend/arith.h"

/* A bin gives a share of its power p to the band above and the rest to the band below, so it needs one product:
   sum(p * share) upwards, sum(p) - sum(p * share) downwards.

   The bins of a segment are first brought to 15 bits by a shift they have in common: a quiet segment beside a loud one
   keeps its precision. Then p is at most 2^31 and the loudest bin's at least 2^28; 2^-15 of it times a share fits
   32 bits, and 2^-10 of it leaves room for the sum over 512 bins. */

/* The lowest number of leading zeros among the bins' values, 0..31. */
FE_INLINE uint32_t headroom(const int32_t *re, const int32_t *im, uint32_t bins)
{
    const int32_t *end = re + bins;
    uint32_t any = fe_opaque(1);

    do {
        any |= fe_magnitude(*re++);
        any |= fe_magnitude(*im--);
    } while (FE_MORE(bins, re, end));
    return fe_leading_zeros(any);
}

/* Where the next segment begins. */
typedef struct place {
    const int32_t *re, *im;
    const uint16_t *share;
} place;

/* `upper`: by the upper half of products with a factor 2^16 times as large, which saves a shift where the machine has
   such products. The same bits. */
FE_INLINE place add_up(place at, uint32_t bins, uint32_t factor, bool upper, fe_segment *segment)
{
    const int32_t *end = at.re + bins;
    uint32_t total = fe_opaque(0), up = 0;

    do {
        int32_t a = upper ? fe_mulhi(*at.re, (int32_t)factor) : fe_wrap((uint32_t)*at.re * factor) >> 16;
        int32_t b = upper ? fe_mulhi(*at.im, (int32_t)factor) : fe_wrap((uint32_t)*at.im * factor) >> 16;
        uint32_t power = ((uint32_t)(a * a) + (uint32_t)(b * b)) >> 15;

        total += power;
        up += (power * *at.share) >> 11;
        at.re++;
        at.im--;
        at.share++;
    } while (FE_MORE(bins, at.re, end));
    segment->up = up;
    segment->down = (total << 5) - up;
    return at;
}

void fe_mel(const fe_config *config, const int32_t *spectrum, fe_segment *segments)
{
    place at = {spectrum + config->first_bin, spectrum + (config->fft - config->first_bin), config->shares_q16};
    const uint16_t *segment_bins = config->segment_bins;
    const fe_segment *end = segments + config->bands + 1;

    do {
        uint32_t bins = *segment_bins++;

        if (bins == 0) {
            *segments = (fe_segment){0, 0, -9};
            continue;
        }
        uint32_t zeros = headroom(at.re, at.im, bins);
        segments->shift = 22 - (int32_t)zeros;
        if (FE_HAVE_UPPER && zeros <= 15) {
            at = add_up(at, bins, fe_opaque(UINT32_C(1) << (zeros + 15)), true, segments);
        } else {
            at = add_up(at, bins, fe_opaque((UINT32_C(1) << zeros) >> 1), false, segments);
        }
    } while (++segments != end);
}
