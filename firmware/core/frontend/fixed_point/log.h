#ifndef CORE_FRONTEND_FIXED_POINT_LOG_H
#define CORE_FRONTEND_FIXED_POINT_LOG_H

#include <stdint.h>

#define FX_LOG_FRACTIONS 130

/* The natural logarithm of x with `scale` bits behind the point, 0..11; 0 for what is below 2.
   fractions[i] is log2(1 + i / 128) - i / 128 in Q16. */
uint32_t fx_log(uint32_t x, const uint16_t fractions[FX_LOG_FRACTIONS], unsigned scale);

#endif
