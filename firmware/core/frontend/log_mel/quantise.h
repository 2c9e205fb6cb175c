#ifndef CORE_FRONTEND_QUANTISE_H
#define CORE_FRONTEND_QUANTISE_H

#include "frontend/log_mel/log_mel.h"

/* The model's int8 for each log-mel value: clamp(round((scale * dB + offset) / input_scale) + zero_point), of which the
   tables hold slope and constant. db_q16: int32[bands], magnitudes below 2^25; column: int8[bands]. */
void fe_quantise(const fe_config *config, const int32_t *db_q16, int8_t *column);

#endif
