#ifndef CORE_FRONTEND_FIXED_POINT_COMPLEX_H
#define CORE_FRONTEND_FIXED_POINT_COMPLEX_H

#include <stdint.h>

typedef struct fx_complex {
    int16_t r, i;
} fx_complex;

/* |x|^2; that of two -32768 is 2^31. */
static inline uint32_t fx_energy(fx_complex x)
{
    return (uint32_t)(x.r * x.r) + (uint32_t)(x.i * x.i);
}

#endif
