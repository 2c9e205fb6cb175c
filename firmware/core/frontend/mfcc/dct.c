#include "frontend/mfcc/mfcc.h"

/* Values are below 2^26, as the log-mel image's limits have it, sums of two below 2^27; 64 products with weights below
   2^28 stay below 2^61, as the bias does. */
static int64_t product(const int32_t *weights, const int32_t *values, size_t count, int64_t bias)
{
    int64_t total = bias;

    for (size_t i = 0; i < count; i++) {
        total += (int64_t)weights[i] * values[i];
    }
    return total;
}

static int32_t clamped(int64_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : (int32_t)value;
}

/* Sums of opposite bands into the first half, differences into the second: there the innermost pair comes first. A band in
   the middle is its own sum. */
static void fold(int32_t *values, size_t bands)
{
    int32_t *low = values, *high = values + bands - 1;

    for (; low < high; low++, high--) {
        int32_t a = *low, b = *high;

        *low = a + b;
        *high = a - b;
    }
}

void mfcc_dct(const mfcc_config *config, int32_t *log_mel_q16, int8_t *cells, int32_t *values)
{
    size_t pairs = config->mel_bands / 2u, middle = config->mel_bands % 2u;
    const int32_t *weights = config->weights;

    fold(log_mel_q16, config->mel_bands);
    for (size_t i = 0; i < config->coefficients; i++, weights += pairs + middle) {
        bool odd = i % 2 != 0; /* of these the middle band's weight is 0 */
        const int32_t *folded = odd ? log_mel_q16 + pairs + middle : log_mel_q16;
        int64_t cell = product(weights, folded, odd ? pairs : pairs + middle, config->bias);

        cells[i] = (int8_t)clamped(cell >> config->shift, -128, 127);
        if (values != NULL) {
            int64_t half = INT64_C(1) << (config->shift - 1);
            values[i] = clamped((cell - half) >> (config->shift - 8), INT32_MIN, INT32_MAX);
        }
    }
}
