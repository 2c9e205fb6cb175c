#include "frontend/log_mel/quantise.h"

#include "frontend/arith.h"

void fe_quantise(const fe_config *config, const int32_t *db_q16, int8_t *column)
{
    const fe_factor slope = config->quant_slope;
    int32_t bias = config->quant_bias;
    uint32_t shift = config->quant_shift;

    for (int8_t *end = column + config->bands; column != end; column++, db_q16++) {
        int32_t q = (fe_scale(*db_q16 * 32, &slope, 0) + bias) >> shift;
        q = q < 127 ? q : 127;
        q = q > -128 ? q : -128;
        *column = (int8_t)q;
    }
}
