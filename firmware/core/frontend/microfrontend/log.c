#include "frontend/microfrontend/log.h"

#include "frontend/arith.h"

#define LN_2_Q16 45426u

static uint32_t logarithm(uint32_t x, const uint16_t *fractions, unsigned scale)
{
    unsigned whole = 31 - fe_leading_zeros(x);
    uint32_t fraction = x - (UINT32_C(1) << whole);

    fraction = whole < 16 ? fraction << (16 - whole) : fraction >> (whole - 16);

    uint32_t segment = fraction >> 9;
    int32_t low = fractions[segment], high = fractions[segment + 1];
    int32_t between = ((high - low) * (int32_t)(fraction - (segment << 9))) >> 16;
    uint32_t log2_q16 = (whole << 16) + fraction + (uint32_t)(low + between);
    uint32_t ln_q16 = (uint32_t)(((uint64_t)LN_2_Q16 * log2_q16 + 32768u) >> 16);

    return ((ln_q16 << scale) + 32768u) >> 16;
}

void mf_log(const mf_config *config, uint32_t *bands)
{
    const mf_header *header = config->header;

    for (size_t i = 0; i < header->bands; i++) {
        uint32_t x = header->log_up < 0 ? bands[i] >> -header->log_up : bands[i] << header->log_up;

        bands[i] = x > 1 ? logarithm(x, config->log_fractions, header->log_scale) : 0;
    }
}
