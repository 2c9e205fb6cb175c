#include "fe_log.h"

#include "fe_arith.h"

#define OCTAVE_DB_Q22 12626113 /* 10 log10(2) */

/* 10 log10(1 + i/64) in Q16 */
static const int32_t db_q16[65] = {
    0, 4413, 8758, 13038, 17255, 21410, 25505, 29543, 33523, 37449,
    41322, 45142, 48912, 52632, 56305, 59931, 63511, 67047, 70539, 73989,
    77398, 80766, 84095, 87385, 90638, 93854, 97034, 100179, 103290, 106367,
    109411, 112423, 115403, 118353, 121272, 124161, 127022, 129854, 132658, 135435,
    138185, 140909, 143606, 146279, 148926, 151550, 154149, 156725, 159277, 161807,
    164315, 166801, 169265, 171708, 174130, 176532, 178914, 181276, 183619, 185942,
    188247, 190533, 192801, 195051, 197283,
};

int32_t fe_db_q16(uint32_t mantissa, int32_t exponent)
{
    uint32_t zeros = fe_leading_zeros(mantissa);
    uint32_t m = mantissa << zeros;
    uint32_t index = (m >> 25) & 63u;
    int32_t fraction_q15 = (int32_t)((m >> 10) & 0x7fffu);
    int32_t octaves = exponent + 31 - (int32_t)zeros;
    int32_t low = db_q16[index];

    return ((octaves * OCTAVE_DB_Q22) >> 6) + low + (((db_q16[index + 1] - low) * fraction_q15) >> 15);
}
