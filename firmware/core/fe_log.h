#ifndef FE_LOG_H
#define FE_LOG_H

#include <stdint.h>

/* 10 * log10(mantissa * 2^exponent) in Q16; mantissa above 0. Error below 0.0001 dB. */
int32_t fe_db_q16(uint32_t mantissa, int32_t exponent);

#endif
