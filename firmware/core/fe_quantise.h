#ifndef FE_QUANTISE_H
#define FE_QUANTISE_H

#include "frontend.h"

/* The model's int8 for a log-mel value: clamp(round((scale * dB + offset) / input_scale) + zero_point), where the
   tables hold slope and constant as multiplier, bias and shift. db_q16: magnitude below 2^25. */
int8_t fe_quantise(const fe_config *config, int32_t db_q16);

#endif
