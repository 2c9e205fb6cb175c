#include "frontend/log_mel/log.h"
#include "frontend/log_mel_options/options.h"

/* mantissa * 2^exponent; the highest bit of the mantissa is set, or all is 0 */
typedef struct number {
    uint32_t mantissa;
    int32_t exponent;
} number;

static number normal(uint32_t mantissa, int32_t exponent)
{
    uint32_t zeros = fe_leading_zeros(mantissa);

    return mantissa == 0 ? (number){0, 0} : (number){mantissa << zeros, exponent - (int32_t)zeros};
}

static uint32_t shifted(uint32_t mantissa, int32_t right)
{
    return right < 32 ? mantissa >> right : 0;
}

static number sum(number a, number b)
{
    if (a.mantissa == 0) {
        return b;
    }
    if (b.mantissa == 0) {
        return a;
    }
    int32_t exponent = a.exponent > b.exponent ? a.exponent : b.exponent;

    return normal(shifted(a.mantissa, exponent + 1 - a.exponent) + shifted(b.mantissa, exponent + 1 - b.exponent),
                  exponent + 1);
}

/* 10 log10 in Q16 */
static int32_t decibels(number x)
{
    const int32_t *row = fe_octave_db_q16 + ((x.mantissa >> 25) & 63u);
    int32_t fraction_q15 = (int32_t)((x.mantissa >> 10) & 0x7fffu);

    return (x.exponent + 31) * FE_OCTAVE_DB_Q16 + row[0] + (((row[1] - row[0]) * fraction_q15) >> 15);
}

void fe_log_options(const fe_config *config, const fe_options *options, const fe_segment *segments, int32_t *db_q16)
{
    bool magnitude = (options->flags & FE_MAGNITUDE) != 0;

    for (size_t band = 0; band < config->bands; band++) {
        const fe_segment *lower = segments + band, *upper = lower + 1;
        int32_t unit = magnitude ? 1 : 2; /* a power's exponent is twice a value's */
        number x = sum(normal(lower->up, unit * lower->shift), normal(upper->down, unit * upper->shift));
        int32_t db = config->floor_q16;

        if ((options->flags & FE_OFFSET) != 0) {
            x = sum(x, (number){options->offsets[band].mantissa, options->offsets[band].exponent});
        }
        if (x.mantissa != 0) {
            int32_t value = decibels(x) * (magnitude ? 2 : 1) + config->band_db_q16[band];

            db = value > db ? value : db;
        }
        db_q16[band] = db;
    }
}
