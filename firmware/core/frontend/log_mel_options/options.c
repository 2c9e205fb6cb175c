#include "frontend/log_mel_options/options.h"

#include <string.h>

enum { MOST_EXPONENT = 256 };

typedef struct options_header { /* behind the image's head */
    uint32_t flags;
    uint16_t lead, fft, bands, zero;
} options_header;

static bool header_fits(const options_header *header)
{
    uint32_t both = FE_EMPHASIS | FE_MIRRORED;

    return (header->flags & ~FE_OPTIONS) == 0 && (header->flags & both) != both && header->zero == 0 &&
           header->fft <= CORE_MAX_FFT_LOG_MEL && header->bands <= CORE_MAX_BANDS &&
           header->lead <= header->fft / 2u + 1u && ((header->flags & FE_EMPHASIS) == 0 || header->lead >= 1);
}

static bool offsets_fit(const fe_options *options, size_t bands)
{
    for (size_t i = 0; (options->flags & FE_OFFSET) != 0 && i < bands; i++) {
        const fe_offset *offset = options->offsets + i;

        if (offset->mantissa >> 31 == 0 || offset->exponent < -MOST_EXPONENT || offset->exponent > MOST_EXPONENT) {
            return false;
        }
    }
    return true;
}

static size_t table_bytes(const options_header *header)
{
    size_t emphasis = (header->flags & FE_EMPHASIS) != 0 ? header->fft * sizeof(fe_factor) : 0;
    size_t offsets = (header->flags & FE_OFFSET) != 0 ? header->bands * sizeof(fe_offset) : 0;

    return emphasis + offsets;
}

int fe_options_from_image(fe_options *options, fe_config *config, const uint8_t *image, size_t length,
                          fe_lengths *lengths)
{
    options_header header;
    const uint8_t *tables = image + sizeof(fe_image_head) + sizeof header;

    if (length < sizeof(fe_image_head) + sizeof header) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&header, image + sizeof(fe_image_head), sizeof header); /* both are little-endian */
    if (!header_fits(&header)) {
        return FE_ERROR_LIMIT;
    }
    size_t before = (size_t)(tables - image) + table_bytes(&header);
    if (length < before) {
        return FE_ERROR_LENGTH;
    }
    int error = fe_config_from_image_up_to(config, image + before, length - before, CORE_MAX_FFT_LOG_MEL, lengths);
    if (error != 0) {
        return error;
    }
    options->flags = header.flags;
    options->lead = header.lead;
    /* Through void: the image is 4-byte aligned, and all before the tables is a multiple of 4. */
    options->emphasis = (const fe_factor *)(const void *)tables;
    options->offsets = (const fe_offset *)(const void *)(tables + table_bytes(&header)) - header.bands;
    return header.fft == config->fft && header.bands == config->bands && offsets_fit(options, header.bands)
               ? 0
               : FE_ERROR_TABLE;
}

int fe_options_describe(fe_front_end *front_end, const fe_options *options, const fe_config *config)
{
    front_end->sample_rate = config->sample_rate;
    front_end->span = config->at_start != 0 ? config->analysis_window : config->fft;
    if ((options->flags & (FE_EMPHASIS | FE_MIRRORED)) != 0) { /* the sample before, or the one it is mirrored at */
        front_end->span++;
    }
    front_end->hop = config->hop;
    front_end->bands = config->bands;
    front_end->analysis_window = config->analysis_window;
    front_end->fft = config->fft;
    front_end->lead = options->lead;
    front_end->mirrored = (options->flags & FE_MIRRORED) != 0;
    return front_end->lead * (front_end->mirrored ? 2u : 1u) < front_end->span ? 0 : FE_ERROR_LIMIT;
}

const char *const fe_log_mel_stages[] = {
    [FE_STAGE_WINDOW] = "window", [FE_STAGE_SPECTRUM] = "spectrum", [FE_STAGE_MEL] = "mel",
    [FE_STAGE_LOG] = "log",       [FE_STAGE_CELLS] = "cells",       NULL};
