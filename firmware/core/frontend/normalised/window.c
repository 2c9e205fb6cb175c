#include "frontend/normalised/normalised.h"

#include "frontend/arith.h"

enum { MOST_FINER = 15 }; /* bits: a level and they are 31 */

void normalised_begin(normalised_window *window)
{
    *window = (normalised_window){.least = UINT32_MAX};
}

void normalised_measure(normalised_window *window, const int8_t *columns, size_t count, size_t bands)
{
    for (; count > 0; count--, columns += 2 * bands) {
        for (size_t band = 0; band < bands; band++) {
            uint32_t level = level_in(columns, band, bands);

            window->least = level < window->least ? level : window->least;
            window->largest = level > window->largest ? level : window->largest;
            window->sum += level;
            window->squares += level * level;
        }
        window->count += (uint32_t)bands;
    }
}

/* floor(sqrt(x)), bit by bit */
static uint32_t root(uint64_t x)
{
    uint64_t found = 0, rest = x;

    for (uint64_t bit = UINT64_C(1) << 62; bit != 0; bit >>= 2) {
        if (rest >= found + bit) {
            rest -= found + bit;
            found = (found >> 1) + bit;
        } else {
            found >>= 1;
        }
    }
    return (uint32_t)found;
}

static int64_t signed_as(int64_t gain, uint64_t magnitude)
{
    return gain < 0 ? -(int64_t)magnitude : (int64_t)magnitude;
}

static uint64_t magnitude_of(int64_t gain)
{
    return gain < 0 ? (uint64_t)-gain : (uint64_t)gain;
}

/* Rounded up: a value that lies on a half then goes up, as exact arithmetic has it, and no other reaches one. */
static int64_t over_range(int64_t gain, uint32_t range)
{
    return signed_as(gain, (magnitude_of(gain) + (range - 1)) / range);
}

/* The mean is zero, and the factor is gain over the standard deviation. That is root / count for
   root = sqrt(count * squares - sum^2), which is brought to 32 bits first. */
static void know_deviation(int64_t gain, normalised_window *window)
{
    uint64_t variance = window->count * window->squares - window->sum * window->sum;
    unsigned half = 0; /* of the bits by which it is raised */

    while (variance >> 62 == 0) {
        variance <<= 2;
        half++;
    }
    unsigned finer = half < MOST_FINER ? half : MOST_FINER;            /* so that the mean is */
    uint64_t share = ((uint64_t)window->count << 47) / root(variance); /* below 2^32 */
    uint64_t product = (magnitude_of(gain) >> 20) * share;             /* 2^-20 of a cell is lost */

    window->per_level = 1 << finer;
    window->zero = (int32_t)(((window->sum << finer) + window->count / 2) / window->count);
    window->factor = signed_as(gain, product >> (47 - 20 + finer - half));
}

/* What a window's cells have in common. */
static void know(const normalised_config *config, normalised_window *window)
{
    window->known = true;
    window->per_level = 1;
    window->factor = config->gain;
    window->lowest = INT32_MIN;
    switch (config->rule) {
    case NORMALISED_PEAK:
        window->zero = (int32_t)window->largest;
        window->lowest = -(int32_t)config->top;
        break;
    case NORMALISED_TOP:
        window->zero = 0;
        window->lowest = (int32_t)window->largest - (int32_t)config->top;
        break;
    default:
        window->zero = (int32_t)window->least;
        if (window->least == window->largest) {
            window->factor = 0;
        } else if (config->rule == NORMALISED_MIN_MAX) {
            window->factor = over_range(config->gain, window->largest - window->least);
        } else {
            know_deviation(config->gain, window);
        }
    }
}

void normalised_cells(const normalised_config *config, normalised_window *window, const int8_t *column, int8_t *cells,
                      size_t bands)
{
    if (!window->known) {
        know(config, window);
    }
    for (size_t band = 0; band < bands; band++) {
        int32_t x = (int32_t)level_in(column, band, bands) * window->per_level - window->zero;
        int64_t cell = ((x > window->lowest ? x : window->lowest) * window->factor + config->bias) >> NORMALISED_SHIFT;

        cell = cell < 127 ? cell : 127;
        cells[band] = (int8_t)(cell > -128 ? cell : -128);
    }
}
