/* The model's two ends: int8 cells into its input tensor, and its outputs as int8 values.
 *
 * Everything outside of the model is int8. A tensor may hold other types and band after band; core_bundle.ends says what.
 * host/model/ends.py is the same on the host. */
#ifndef CORE_BUNDLE_MODEL_ENDS_H
#define CORE_BUNDLE_MODEL_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "bundle/core_bundle.h"

/* Numbers as in the settings block. */
typedef enum model_end_type {
    MODEL_END_INT8 = 0,
    MODEL_END_UINT8 = 1, /* the int8 and 128 */
    MODEL_END_INT16 = 2, /* an input: (cell - zero point) * step; an output: int8 * 256 + low byte */
    MODEL_END_TYPES
} model_end_type;

static inline bool model_ends_logits(const core_bundle *bundle)
{
    return (bundle->ends & 1u) != 0;
}

static inline bool model_ends_bands_first(const core_bundle *bundle)
{
    return (bundle->ends & 2u) != 0;
}

static inline unsigned model_ends_input(const core_bundle *bundle)
{
    return bundle->ends >> 2 & 3u;
}

static inline unsigned model_ends_output(const core_bundle *bundle)
{
    return bundle->ends >> 4 & 3u;
}

static inline unsigned model_ends_range(const core_bundle *bundle)
{
    return bundle->ends >> 6;
}

/* False: no bundle has such an `ends`. */
bool model_ends_valid(const core_bundle *bundle);

/* Bytes of the input tensor. */
size_t model_ends_input_bytes(const core_bundle *bundle);

/* Bytes of one output tensor. */
size_t model_ends_output_bytes(const core_bundle *bundle);

/* Bytes of a window's values: scores, logits where there are any, then, of int16 outputs, the low bytes of both. */
size_t model_ends_values(const core_bundle *bundle);

/* Writes `count` cells, column after column, from the window's cell number `first` on. input: the whole tensor. */
void model_ends_put(const core_bundle *bundle, void *input, size_t first, const int8_t *cells, size_t count);

/* Turns what the output tensors hold, scores then logits, into int8 values, in place; model_ends_values() bytes. */
void model_ends_take(const core_bundle *bundle, int8_t *outputs);

#endif
