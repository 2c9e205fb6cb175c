#ifndef CORE_FRONTEND_FIXED_POINT_ROOT_H
#define CORE_FRONTEND_FIXED_POINT_ROOT_H

#include <stdint.h>

/* The square root to the nearest, at most UINT32_MAX; of an x that fits 32 bits, at most UINT16_MAX. */
uint32_t fx_root(uint64_t x);

#endif
