#include <string.h>

#include "core_limits.h"
#include "frontend/log_mel_options/options.h"
#include "frontend/mfcc/mfcc.h"

enum { MOST_SHIFT = 62, LEAST_SHIFT = 8 };

#define WEIGHT_LIMIT (1 << 28)
#define BIAS_LIMIT (INT64_C(1) << 61)

typedef struct mfcc_header {
    uint16_t mel_bands, coefficients, shift, zero;
    uint32_t bias_low, bias_high;
} mfcc_header;

static bool weights_fit(const mfcc_config *config, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (config->weights[i] <= -WEIGHT_LIMIT || config->weights[i] >= WEIGHT_LIMIT) {
            return false;
        }
    }
    return config->bias >= -BIAS_LIMIT && config->bias <= BIAS_LIMIT;
}

/* By hand what fe_open does: a firmware with this kind alone has log-mel-options, but not in its list; and only kinds that
   give their values can be within. */
static int open_log_mel(fe_front_end *log_mel, const uint8_t *image, size_t length)
{
    char name[FE_KIND_BYTES];
    uint32_t named;

    fe_image_kind(image, length, name);
    if (name[0] == '\0') {
        return FE_ERROR_FORMAT;
    }
    memcpy(&named, image + FE_MAGIC_BYTES, sizeof named);
    if (named != length) {
        return FE_ERROR_LENGTH;
    }
    bool options = strcmp(name, fe_log_mel_options.name) == 0;
    const fe_kind *kind = options ? &fe_log_mel_options : fe_find_kind(name);

    *log_mel = (fe_front_end){.kind = kind, .image = image, .length = named};
    if (kind == NULL) {
        return FE_ERROR_KIND;
    }
    return kind->values != NULL ? kind->open(log_mel) : FE_ERROR_FORMAT;
}

int mfcc_config_from_image(mfcc_config *config, const uint8_t *image, size_t length)
{
    mfcc_header header;
    size_t start = sizeof(fe_image_head) + sizeof header;

    if (length < start) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&header, image + sizeof(fe_image_head), sizeof header); /* both are little-endian */
    if (header.mel_bands < 1 || header.mel_bands > CORE_MAX_BANDS || header.coefficients < 1 ||
        header.coefficients > header.mel_bands || header.shift < LEAST_SHIFT || header.shift > MOST_SHIFT ||
        header.zero != 0) {
        return FE_ERROR_LIMIT;
    }
    size_t count = (size_t)header.coefficients * ((header.mel_bands + 1u) / 2u);
    if (length - start < count * sizeof(int32_t)) {
        return FE_ERROR_LENGTH;
    }
    config->mel_bands = header.mel_bands;
    config->coefficients = header.coefficients;
    config->shift = header.shift;
    config->bias = (int64_t)((uint64_t)header.bias_low | (uint64_t)header.bias_high << 32);
    /* Through void: the image is 4-byte aligned, and so is a multiple of 4 behind it. */
    config->weights = (const int32_t *)(const void *)(image + start);
    start += count * sizeof(int32_t);
    int error = open_log_mel(&config->log_mel, image + start, length - start);
    if (error != 0) {
        return error;
    }
    return config->log_mel.bands == config->mel_bands && weights_fit(config, count) ? 0 : FE_ERROR_TABLE;
}
