#include <string.h>

#include "core_limits.h"
#include "frontend/mfcc_top/mfcc_top.h"

enum { MOST_LEVEL = 65535, MOST_LEVEL_SHIFT = 40, MOST_UNIT = 1 << 24, MOST_BASE = 1 << 25 };

#define LEVEL_BIAS_LIMIT (INT64_C(1) << 61)

typedef struct mfcc_top_header {
    int32_t level_factor;
    uint32_t level_shift, top;
    int32_t unit, base;
    uint32_t zero, level_bias[2];
} mfcc_top_header;

int mfcc_top_config_from_image(mfcc_top_config *config, const uint8_t *image, size_t length)
{
    mfcc_top_header header;
    size_t start = sizeof(fe_image_head) + sizeof header;
    char kind[FE_KIND_BYTES];

    if (length < start) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&header, image + sizeof(fe_image_head), sizeof header); /* both are little-endian */
    config->levels.factor = header.level_factor;
    config->levels.shift = header.level_shift;
    config->levels.bias = (int64_t)((uint64_t)header.level_bias[0] | (uint64_t)header.level_bias[1] << 32);
    config->top = header.top;
    config->unit = header.unit;
    config->base = header.base;
    if (config->levels.shift > MOST_LEVEL_SHIFT || config->levels.bias < -LEVEL_BIAS_LIMIT ||
        config->levels.bias > LEVEL_BIAS_LIMIT || config->top > MOST_LEVEL || config->unit < 0 ||
        config->unit > MOST_UNIT || config->base < -MOST_BASE || config->base > MOST_BASE || header.zero != 0) {
        return FE_ERROR_TABLE;
    }
    /* By hand what fe_open does: a firmware with this kind has mfcc, but not in its list. */
    fe_image_kind(image + start, length - start, kind);
    if (strcmp(kind, "mfcc") != 0) {
        return FE_ERROR_FORMAT;
    }
    uint32_t named;

    memcpy(&named, image + start + FE_MAGIC_BYTES, sizeof named);
    if (named != length - start) {
        return FE_ERROR_LENGTH;
    }
    int error = mfcc_config_from_image(&config->mfcc, image + start, length - start);
    if (error == 0 && 2u * config->mfcc.mel_bands > CORE_MAX_COLUMN) {
        return FE_ERROR_LIMIT;
    }
    return error;
}
