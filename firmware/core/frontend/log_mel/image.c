/* Reads a log-mel image: header and tables, little-endian, used in place. Nothing in it is trusted.

     0  "HFE1"                    16  analysis_window  18 hop  20 fft  22 bands  (u16)
     4  length of the image       24  first_bin  26 bins               (u16)
     8  sample rate               28  floor_q16  32 quant_slope  36 quant_bias  40 quant_shift
    12  at_start: 0 or 1          44  0
    48  weights, twiddles, band_db_q16 (i32), shares_q16, segment_bins (u16), zeros up to a multiple of 4 */
#include <string.h>

#include "frontend/log_mel/log_mel.h"
#include "frontend/log_mel/rfft.h"

enum { MIN_WINDOW = 16, MAX_SHIFT = 30 };

#define DB_LIMIT_Q16 (300 * 65536) /* sums with it stay below 2^26 */
#define BIAS_LIMIT (1 << 30)

typedef struct image_header {
    uint8_t magic[4];
    uint32_t length, sample_rate, at_start;
    uint16_t analysis_window, hop, fft, bands, first_bin, bins;
    int32_t floor_q16, quant_slope, quant_bias;
    uint32_t quant_shift, zero_too;
} image_header;

_Static_assert(sizeof(image_header) == FE_IMAGE_HEADER_BYTES, "the image's header, as the comment above lays it out");

static const uint8_t image_magic[4] = {'H', 'F', 'E', '1'};

static bool within(int32_t value, int32_t limit)
{
    return value >= -limit && value <= limit;
}

static bool sizes_fit(const fe_config *config, uint32_t most_fft)
{
    uint32_t fft = config->fft;

    return fft <= most_fft && config->analysis_window >= MIN_WINDOW && config->analysis_window <= fft &&
           config->hop >= 1 && config->bands >= 1 && config->bands <= CORE_MAX_BANDS && config->first_bin >= 1 &&
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

static size_t image_length(const fe_config *config, size_t twiddles)
{
    size_t words = config->fft + twiddles + config->bands;
    size_t halves = config->bins + config->bands + 1u;

    return sizeof(image_header) + 4 * (words + (halves + 1) / 2);
}

void fe_image_of(const fe_config *config, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES])
{
    static const uint8_t padding[2] = {0, 0};
    const image_header values = {
        .magic = {image_magic[0], image_magic[1], image_magic[2], image_magic[3]},
        .length = (uint32_t)image_length(config, fe_rfft_twiddles(config->fft)),
        .sample_rate = config->sample_rate,
        .at_start = config->at_start,
        .analysis_window = config->analysis_window,
        .hop = config->hop,
        .fft = config->fft,
        .bands = config->bands,
        .first_bin = config->first_bin,
        .bins = config->bins,
        .floor_q16 = config->floor_q16,
        .quant_slope = config->quant_slope.whole,
        .quant_bias = config->quant_bias,
        .quant_shift = config->quant_shift,
    };
    const fe_image_piece all[FE_IMAGE_PIECES] = {
        {header, sizeof values},
        {(const uint8_t *)config->weights, 4u * config->fft},
        {(const uint8_t *)config->twiddles, 4u * fe_rfft_twiddles(config->fft)},
        {(const uint8_t *)config->band_db_q16, 4u * config->bands},
        {(const uint8_t *)config->shares_q16, 2u * config->bins},
        {(const uint8_t *)config->segment_bins, 2u * (config->bands + 1u)},
        {padding, (config->bins + config->bands + 1u) % 2 * 2},
    };

    memcpy(header, &values, sizeof values); /* both are little-endian */
    memcpy(pieces, all, sizeof all);
}

int fe_config_from_image(fe_config *config, const uint8_t *image, size_t length)
{
    return fe_config_from_image_up_to(config, image, length, CORE_MAX_FFT, fe_rfft_twiddles);
}

int fe_config_from_image_up_to(fe_config *config, const uint8_t *image, size_t length, uint32_t most_fft,
                               fe_lengths *lengths)
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
    if (memcmp(header.magic, image_magic, sizeof header.magic) != 0 || header.at_start > 1 || header.zero_too != 0) {
        return FE_ERROR_FORMAT;
    }
    config->sample_rate = header.sample_rate;
    config->at_start = header.at_start;
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
    size_t twiddles = lengths(config->fft);
    if (twiddles == 0 || !sizes_fit(config, most_fft)) {
        return FE_ERROR_LIMIT;
    }
    if (length != image_length(config, twiddles)) {
        return FE_ERROR_LENGTH;
    }
    /* Through void: the image is 4-byte aligned, checked above. */
    config->weights = (const fe_factor *)(const void *)(image + sizeof header);
    config->twiddles = config->weights + config->fft;
    config->band_db_q16 = (const int32_t *)(const void *)(config->twiddles + twiddles);
    config->shares_q16 = (const uint16_t *)(const void *)(config->band_db_q16 + config->bands);
    config->segment_bins = config->shares_q16 + config->bins;
    return tables_fit(config) ? 0 : FE_ERROR_TABLE;
}
