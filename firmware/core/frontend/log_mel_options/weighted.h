#ifndef CORE_FRONTEND_LOG_MEL_OPTIONS_WEIGHTED_H
#define CORE_FRONTEND_LOG_MEL_OPTIONS_WEIGHTED_H

#include <stddef.h>

#include "frontend/arith.h"

/* A sample by its weight, less the one before it by a part of that weight. */
FE_INLINE uint32_t fe_weighted(const int16_t *sample, const fe_factor *weight, const fe_factor *before)
{
    uint32_t own = (uint32_t)fe_scale_sample(sample[0], weight);

    return before == NULL ? own : own - (uint32_t)fe_scale_sample(sample[-1], before);
}

#endif
