#include "fe_quantise.h"

#include "fe_arith.h"

int8_t fe_quantise(const fe_config *config, int32_t db_q16)
{
    int32_t q = (fe_mulhi(db_q16 * 64, config->quant_multiplier) + config->quant_bias) >> config->quant_shift;

    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}
