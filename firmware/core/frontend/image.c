/* Reads a front-end image: header and tables, little-endian, used in place. Nothing in it is trusted.

     0  "HFE1"                    16  analysis_window  18 hop  20 fft  22 bands  (u16)
     4  length of the image       24  first_bin  26 bins               (u16)
     8  sample rate               28  floor_q16  32 quant_slope  36 quant_bias  40 quant_shift
    12  0                         44  0
    48  weights, twiddles, band_db_q16 (i32), shares_q16, segment_bins (u16), zeros up to a multiple of 4 */
#include <string.h>

#include "frontend/frontend.h"
#include "frontend/rfft.h"

enum { MIN_FFT = 128, MIN_WINDOW = 16, MAX_SHIFT = 30 };

#define DB_LIMIT_Q16 (200 * 65536)
#define BIAS_LIMIT (1 << 30)

typedef struct image_header {
    uint8_t magic[4];
    uint32_t length, sample_rate, zero;
    uint16_t analysis_window, hop, fft, bands, first_bin, bins;
    int32_t floor_q16, quant_slope, quant_bias;
    uint32_t quant_shift, zero_too;
} image_header;

_Static_assert(sizeof(image_header) == 48, "the image's header, as the comment above lays it out");

static bool within(int32_t value, int32_t limit)
{
    return value >= -limit && value <= limit;
}

static bool sizes_fit(const fe_config *config)
{
    uint32_t fft = config->fft;

    return fft >= MIN_FFT && fft <= CORE_MAX_FFT && (fft & (fft - 1)) == 0 && config->analysis_window >= MIN_WINDOW &&
           config->analysis_window <= fft && config->hop >= 1 && config->bands >= 1 &&
           config->bands <= CORE_MAX_BANDS && config->first_bin >= 1 &&
           (uint32_t)config->first_bin + config->bins <= fft / 2;
}

/* What the arithmetic relies on. Weights and twiddles may have any value: there sums wrap. */
static bool tables_fit(const fe_config *config)
{
    uint32_t bins = 0;

    for (size_t i = 0; i < config->bands; i++) {
        if (!within(config->band_db_q16[i], DB_LIMIT_Q16)) {
            return false;
        }
    }
    for (size_t i = 0; i <= config->bands; i++) {
        bins += config->segment_bins[i];
    }
    return bins == config->bins && within(config->floor_q16, DB_LIMIT_Q16) &&
           within(config->quant_bias, BIAS_LIMIT - 1) && within(config->quant_slope.whole, 1 << 30) &&
           config->quant_shift >= 1 && config->quant_shift <= MAX_SHIFT;
}

int fe_config_from_image(fe_config *config, const uint8_t *image, size_t length)
{
    image_header header;

    if (((uintptr_t)image & 3u) != 0) {
        return FE_ERROR_ALIGNMENT;
    }
    if (length < sizeof header) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&header, image, sizeof header); /* both are little-endian */
    if (header.length != length) {
        return FE_ERROR_LENGTH;
    }
    if (memcmp(header.magic, "HFE1", sizeof header.magic) != 0 || header.zero != 0 || header.zero_too != 0) {
        return FE_ERROR_FORMAT;
    }
    config->sample_rate = header.sample_rate;
    config->analysis_window = header.analysis_window;
    config->hop = header.hop;
    config->fft = header.fft;
    config->bands = header.bands;
    config->first_bin = header.first_bin;
    config->bins = header.bins;
    config->floor_q16 = header.floor_q16;
    config->quant_slope.whole = header.quant_slope;
    config->quant_bias = header.quant_bias;
    config->quant_shift = header.quant_shift;
    if (!sizes_fit(config)) {
        return FE_ERROR_LIMIT;
    }
    size_t words = config->fft + fe_rfft_twiddles(config->fft) + config->bands;
    size_t halves = config->bins + config->bands + 1u;
    if (length != sizeof header + 4 * (words + (halves + 1) / 2)) {
        return FE_ERROR_LENGTH;
    }
    /* Through void: the image is 4-byte aligned, checked above. */
    config->weights = (const fe_factor *)(const void *)(image + sizeof header);
    config->twiddles = config->weights + config->fft;
    config->band_db_q16 = (const int32_t *)(const void *)(config->twiddles + fe_rfft_twiddles(config->fft));
    config->shares_q16 = (const uint16_t *)(const void *)(config->band_db_q16 + config->bands);
    config->segment_bins = config->shares_q16 + config->bins;
    return tables_fit(config) ? 0 : FE_ERROR_TABLE;
}
