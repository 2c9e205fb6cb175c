#include "frontend/tuning.h"

#include "frontend/log_mel/log.h"

#include "frontend/arith.h"

const int32_t fe_octave_db_q16[65] = {
    0,      4413,   8758,   13038,  17255,  21410,  25505,  29543,  33523,  37449,  41322,  45142,  48912,
    52632,  56305,  59931,  63511,  67047,  70539,  73989,  77398,  80766,  84095,  87385,  90638,  93854,
    97034,  100179, 103290, 106367, 109411, 112423, 115403, 118353, 121272, 124161, 127022, 129854, 132658,
    135435, 138185, 140909, 143606, 146279, 148926, 151550, 154149, 156725, 159277, 161807, 164315, 166801,
    169265, 171708, 174130, 176532, 178914, 181276, 183619, 185942, 188247, 190533, 192801, 195051, 197283,
};

void fe_log(const fe_config *config, const fe_segment *segments, int32_t *db_q16)
{
    const int32_t *band_db = config->band_db_q16;
    const int32_t *end = band_db + config->bands;
    int32_t floor = config->floor_q16;

    do {
        uint32_t energy = segments[0].up, upper = segments[1].down;
        int32_t shift = segments[0].shift;
        int32_t distance = segments[1].shift - shift; /* -31..31, of a value; a power's is twice as much */
        int32_t db = floor;

        if (distance >= 0) {
            energy = energy >> distance >> distance;
            shift += distance;
        } else {
            upper = upper >> -distance >> -distance;
        }
        energy += upper;
        if (energy != 0) {
            uint32_t zeros = fe_leading_zeros(energy);
            uint32_t m = energy << zeros;
            const int32_t *row = fe_octave_db_q16 + ((m >> 25) & 63u);
            int32_t fraction_q15 = (int32_t)((m >> 10) & 0x7fffu);
            int32_t octaves = 2 * shift + 31 - (int32_t)zeros;
            int32_t value = octaves * FE_OCTAVE_DB_Q16 + row[0] + (((row[1] - row[0]) * fraction_q15) >> 15);

            value += *band_db;
            db = value > floor ? value : floor;
        }
        *db_q16++ = db;
        segments++;
    } while (++band_db != end);
}
