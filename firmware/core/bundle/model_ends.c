#include "bundle/model_ends.h"

#include <string.h>

enum { INT16_RANGES = 3 };

bool model_ends_valid(const core_bundle *bundle)
{
    unsigned input = model_ends_input(bundle), range = model_ends_range(bundle);

    return input < MODEL_END_TYPES && model_ends_output(bundle) < MODEL_END_TYPES &&
           range < (input == MODEL_END_INT16 ? INT16_RANGES : 1u);
}

static size_t width(unsigned type)
{
    return type == MODEL_END_INT16 ? 2 : 1;
}

size_t model_ends_input_bytes(const core_bundle *bundle)
{
    return (size_t)bundle->frames * bundle->frontend.model_bands * width(model_ends_input(bundle));
}

size_t model_ends_output_bytes(const core_bundle *bundle)
{
    return bundle->classes * width(model_ends_output(bundle));
}

size_t model_ends_values(const core_bundle *bundle)
{
    return model_ends_output_bytes(bundle) * (model_ends_logits(bundle) ? 2u : 1u);
}

static void store(const core_bundle *bundle, void *input, size_t place, int8_t cell)
{
    static const int16_t zero_points[INT16_RANGES] = {0, 127, -128}, steps[INT16_RANGES] = {256, 128, 128};
    unsigned range = model_ends_range(bundle);

    if (model_ends_input(bundle) == MODEL_END_INT16) {
        ((int16_t *)input)[place] = (int16_t)((cell - zero_points[range]) * steps[range]);
    } else {
        ((uint8_t *)input)[place] =
            (uint8_t)((uint8_t)cell ^ (model_ends_input(bundle) == MODEL_END_UINT8 ? 0x80u : 0u));
    }
}

void model_ends_put(const core_bundle *bundle, void *input, size_t first, const int8_t *cells, size_t count)
{
    size_t bands = bundle->frontend.model_bands;

    if (model_ends_input(bundle) == MODEL_END_INT8 && !model_ends_bands_first(bundle)) {
        memcpy((int8_t *)input + first, cells, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t cell = first + i;

        store(bundle, input, model_ends_bands_first(bundle) ? cell % bands * bundle->frames + cell / bands : cell,
              cells[i]);
    }
}

void model_ends_take(const core_bundle *bundle, int8_t *outputs)
{
    size_t values = model_ends_values(bundle);
    uint8_t raw[2 * CORE_MAX_CLASSES];

    if (model_ends_output(bundle) == MODEL_END_UINT8) {
        for (size_t i = 0; i < values; i++) {
            outputs[i] = (int8_t)((uint8_t)outputs[i] ^ 0x80u);
        }
    } else if (model_ends_output(bundle) == MODEL_END_INT16) {
        memcpy(raw, outputs, values);
        for (size_t i = 0; i < values / 2; i++) { /* little-endian, as all our targets */
            outputs[i] = (int8_t)raw[2 * i + 1];
            outputs[values / 2 + i] = (int8_t)(raw[2 * i] ^ 0x80u);
        }
    }
}
