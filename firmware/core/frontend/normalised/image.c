#include <string.h>

#include "core_limits.h"
#include "frontend/normalised/normalised.h"

enum { MOST_LEVEL = 65535, MOST_LEVEL_SHIFT = 40 };

#define LEVEL_BIAS_LIMIT (INT64_C(1) << 61)
#define GAIN_LIMIT (INT64_C(1) << 51)
#define BIAS_LIMIT (INT64_C(1) << 61)

typedef struct normalised_header {
    uint32_t rule, top;
    int32_t level_factor;
    uint32_t level_shift;
    uint32_t level_bias[2], gain[2], bias[2];
} normalised_header;

static int64_t joined(const uint32_t words[2])
{
    return (int64_t)((uint64_t)words[0] | (uint64_t)words[1] << 32);
}

static bool within(int64_t value, int64_t limit)
{
    return value > -limit && value < limit;
}

int normalised_config_from_image(normalised_config *config, const uint8_t *image, size_t length)
{
    normalised_header header;
    size_t start = sizeof(fe_image_head) + sizeof header;

    if (length < start) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&header, image + sizeof(fe_image_head), sizeof header); /* both are little-endian */
    config->rule = header.rule;
    config->top = header.top;
    config->levels.factor = header.level_factor;
    config->levels.shift = header.level_shift;
    config->levels.bias = joined(header.level_bias);
    config->gain = joined(header.gain);
    config->bias = joined(header.bias);
    /* a gain per level: there are 2^16 of them */
    bool by_level = config->rule == NORMALISED_PEAK || config->rule == NORMALISED_TOP;
    int64_t most_gain = by_level ? GAIN_LIMIT >> 6 : GAIN_LIMIT;
    if (config->rule >= NORMALISED_RULES || config->top > MOST_LEVEL || config->levels.shift > MOST_LEVEL_SHIFT ||
        !within(config->levels.bias, LEVEL_BIAS_LIMIT) || !within(config->gain, most_gain) ||
        !within(config->bias, BIAS_LIMIT)) {
        return FE_ERROR_TABLE;
    }
    char kind[FE_KIND_BYTES];
    fe_image_kind(image + start, length - start, kind);
    if (strcmp(kind, "normalised") == 0) { /* within itself it would go on without end */
        return FE_ERROR_FORMAT;
    }
    int error = fe_open(&config->inner, image + start, length - start);
    if (error == 0 && 2u * config->inner.bands > CORE_MAX_COLUMN) {
        return FE_ERROR_LIMIT;
    }
    return error;
}
