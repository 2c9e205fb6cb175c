#include "frontend/fixed_point/log.h"

#include "frontend/arith.h"

#define LN_2_Q16 45426u

uint32_t fx_log(uint32_t x, const uint16_t fractions[FX_LOG_FRACTIONS], unsigned scale)
{
    if (x < 2) {
        return 0;
    }
    unsigned whole = 31 - fe_leading_zeros(x);
    uint32_t fraction = x - (UINT32_C(1) << whole);

    fraction = whole < 16 ? fraction << (16 - whole) : fraction >> (whole - 16);

    uint32_t segment = fraction >> 9;
    int32_t low = fractions[segment], high = fractions[segment + 1];
    int32_t between = ((high - low) * (int32_t)(fraction - (segment << 9))) >> 16;
    uint32_t log2_q16 = (whole << 16) + fraction + (uint32_t)(low + between);
    uint32_t ln_q16 = (log2_q16 >> 16) * LN_2_Q16 + (((log2_q16 & 0xffffu) * LN_2_Q16 + 32768u) >> 16);

    return ((ln_q16 << scale) + 32768u) >> 16;
}
