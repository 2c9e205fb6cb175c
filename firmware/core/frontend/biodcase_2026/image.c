/* Reads an image: behind the head that all kinds have comes bd_header, then
     window (i16), twiddles, half_twists (pairs of i16), places, segment_bins, down, up, log_fractions (u16), cells (i8),
     zeros up to a multiple of 4 */
#include "frontend/biodcase_2026/image.h"

#include "core_limits.h"

enum { MIN_FFT = 16, MOST_CELLS = 65536, MOST_HOP = 8192 };

static bool sizes_fit(const bd_header *h)
{
    return h->fft >= MIN_FFT && h->fft <= CORE_MAX_FFT_BIODCASE_2026 && (h->fft & (h->fft - 1)) == 0 && h->hop >= 1 &&
           h->hop <= MOST_HOP && h->bands >= 1 && h->bands <= CORE_MAX_BANDS && h->first_bin >= 1 &&
           (uint32_t)h->first_bin + h->bins <= h->fft / 2u && h->cells >= 1 && h->cells <= MOST_CELLS;
}

static bool values_fit(const bd_header *h)
{
    return h->window_bits >= 1 && h->window_bits <= 14 && h->log_scale <= 11 && h->zero == 0;
}

/* What is read with an index from a table; other tables may hold anything, as sums wrap. */
static bool tables_fit(const bd_config *config)
{
    uint32_t bins = 0;

    for (size_t i = 0; i <= config->header->bands; i++) {
        bins += config->filters.segment_bins[i];
    }
    for (size_t i = 0; i < config->header->bins; i++) {
        if (config->places[i] < 1 || config->places[i] >= config->header->fft) {
            return false;
        }
    }
    return bins == config->header->bins;
}

static size_t image_length(const bd_header *h)
{
    size_t halves = h->fft / 2u + h->fft + 2u * h->bins + h->bins + (h->bands + 1u) + 2u * h->bins + FX_LOG_FRACTIONS;
    size_t bytes = sizeof(fe_image_head) + sizeof *h + 2 * halves + h->cells;

    return (bytes + 3) & ~(size_t)3;
}

int bd_config_from_image(bd_config *config, const uint8_t *image, size_t length)
{
    /* Through void, here and below: the image is 4-byte aligned, and so are header, window and pairs. */
    const bd_header *header = (const bd_header *)(const void *)(image + sizeof(fe_image_head));

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
    config->twiddles = (const fx_complex *)(const void *)(config->window + header->fft / 2u);
    config->half_twists = config->twiddles + header->fft / 2u;
    config->places = (const uint16_t *)(const void *)(config->half_twists + header->bins);
    config->filters.bands = header->bands;
    config->filters.segment_bins = config->places + header->bins;
    config->filters.down = config->filters.segment_bins + (header->bands + 1u);
    config->filters.up = config->filters.down + header->bins;
    config->log_fractions = config->filters.up + header->bins;
    config->cells = (const int8_t *)(config->log_fractions + FX_LOG_FRACTIONS);
    return tables_fit(config) ? 0 : FE_ERROR_TABLE;
}
