/* Reads an image: behind the head that all kinds have comes mf_header, then
     window (i16), twiddles, half_twists (pairs of i16), order, segment_bins, down, up (u16), gains (i16), log_fractions
     (u16), cells (i8), zeros up to a multiple of 4 */
#include "frontend/microfrontend/image.h"

#include <string.h>

#include "core_limits.h"
#include "frontend/microfrontend/fft.h"

enum { MIN_FFT = 16, MIN_WINDOW = 2, ONE_Q14 = 16384, MOST_CELLS = 65536, MOST_HOP = 8192 };

static bool sizes_fit(const mf_header *h)
{
    return h->fft >= MIN_FFT && h->fft <= CORE_MAX_FFT_MICROFRONTEND && (h->fft & (h->fft - 1)) == 0 &&
           h->window >= MIN_WINDOW && h->window <= h->fft && h->hop >= 1 && h->hop <= MOST_HOP && h->bands >= 1 &&
           h->bands <= CORE_MAX_BANDS && (uint32_t)h->first_bin + h->bins <= h->fft / 2u + 1u && h->cells >= 1 &&
           h->cells <= MOST_CELLS;
}

static bool values_fit(const mf_header *h)
{
    return (h->flags & ~(unsigned)MF_FLAGS) == 0 && h->smoothing_bits <= 16 && h->smoothing[0] <= ONE_Q14 &&
           h->smoothing[1] <= ONE_Q14 && h->remaining <= ONE_Q14 && h->gain_shift <= 31 && h->log_up >= -31 &&
           h->log_up <= 31 && h->log_scale <= 11;
}

/* What is read with an index from a table; other tables may hold anything, as sums wrap. */
static bool tables_fit(const mf_config *config)
{
    uint32_t bins = 0, pairs = config->header->fft / 2u;

    for (size_t i = 0; i <= config->header->bands; i++) {
        bins += config->filters.segment_bins[i];
    }
    for (size_t i = 0; i < pairs; i += mf_first_radix(pairs)) {
        if (config->order[i] >= pairs / mf_first_radix(pairs)) { /* the step reads there and behind */
            return false;
        }
    }
    return bins == config->header->bins;
}

static size_t image_length(const mf_header *h)
{
    size_t halves =
        h->window + h->fft + h->fft / 2u + h->fft / 2u + (h->bands + 1u) + 2u * h->bins + MF_GAINS + FX_LOG_FRACTIONS;
    size_t bytes = sizeof(fe_image_head) + sizeof *h + 2 * halves + h->cells;

    return (bytes + 3) & ~(size_t)3;
}

int mf_config_from_image(mf_config *config, const uint8_t *image, size_t length)
{
    /* Through void, here and below: the image is 4-byte aligned, and so is the header; tables are of halves. */
    const mf_header *header = (const mf_header *)(const void *)(image + sizeof(fe_image_head));

    if (length < sizeof(fe_image_head) + sizeof *header) {
        return FE_ERROR_LENGTH;
    }
    if (!sizes_fit(header)) {
        return FE_ERROR_LIMIT;
    }
    if (length != image_length(header)) {
        return FE_ERROR_LENGTH;
    }
    if (!values_fit(header)) {
        return FE_ERROR_TABLE;
    }
    config->header = header;
    config->window = (const int16_t *)(const void *)(header + 1);
    config->twiddles = (const fx_complex *)(const void *)(config->window + header->window);
    config->half_twists = config->twiddles + header->fft / 2u;
    config->order = (const uint16_t *)(const void *)(config->half_twists + header->fft / 4u);
    config->filters.bands = header->bands;
    config->filters.segment_bins = config->order + header->fft / 2u;
    config->filters.down = config->filters.segment_bins + (header->bands + 1u);
    config->filters.up = config->filters.down + header->bins;
    config->gains = (const int16_t *)(const void *)(config->filters.up + header->bins);
    config->log_fractions = (const uint16_t *)(const void *)(config->gains + MF_GAINS);
    config->cells = (const int8_t *)(config->log_fractions + FX_LOG_FRACTIONS);
    return tables_fit(config) ? 0 : FE_ERROR_TABLE;
}
