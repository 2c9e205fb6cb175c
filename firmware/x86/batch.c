#include "batch.h"

/* Not with GCC for Windows, which does not align such vectors on the stack. */
#ifndef FE_BATCH
#if defined(__x86_64__) && (defined(__clang__) || (defined(__GNUC__) && !defined(_WIN32)))
#define FE_BATCH 1
#else
#define FE_BATCH 0
#endif
#endif

#if FE_BATCH

#include <immintrin.h>

#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/hann.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#include "frontend/arith.h"

/* A value of each of eight columns. */
typedef __m256i word;

FE_INLINE word all(int32_t x)
{
    return _mm256_set1_epi32(x);
}

FE_INLINE word plus(word a, word b)
{
    return _mm256_add_epi32(a, b);
}

FE_INLINE word minus(word a, word b)
{
    return _mm256_sub_epi32(a, b);
}

FE_INLINE word negated(word x)
{
    return minus(_mm256_setzero_si256(), x);
}

FE_INLINE word halved(word x, unsigned n)
{
    return _mm256_srai_epi32(x, (int)n);
}

FE_INLINE word raised(word x, unsigned up)
{
    return _mm256_slli_epi32(x, (int)up);
}

/* floor(x * w / 2^32), w the same for all */
FE_INLINE word upper(word x, int32_t factor)
{
    word w = all(factor);
    word even = _mm256_srli_epi64(_mm256_mul_epi32(x, w), 32);
    word odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), w);

    return _mm256_blend_epi32(even, odd, 0xaa);
}

FE_INLINE word scale(word x, const fe_factor *w, unsigned up)
{
    (void)up;
    return upper(x, w->whole);
}

#include "frontend/log_mel/rfft_steps.h"

/* samples[column * hop + i] to out[i], eight values at a time. */
static void transpose(const int16_t *samples, size_t hop, size_t n, __m128i *out)
{
    for (size_t i = 0; i < n; i += 8) {
        __m128i row[8], pair[8], quad[8];
        for (size_t j = 0; j < 8; j++) {
            row[j] = _mm_loadu_si128((const __m128i *)(const void *)(samples + j * hop + i));
        }
        for (size_t j = 0; j < 4; j++) {
            pair[j] = _mm_unpacklo_epi16(row[2 * j], row[2 * j + 1]);
            pair[j + 4] = _mm_unpackhi_epi16(row[2 * j], row[2 * j + 1]);
        }
        for (size_t j = 0; j < 8; j += 4) {
            quad[j] = _mm_unpacklo_epi32(pair[j], pair[j + 1]);
            quad[j + 1] = _mm_unpackhi_epi32(pair[j], pair[j + 1]);
            quad[j + 2] = _mm_unpacklo_epi32(pair[j + 2], pair[j + 3]);
            quad[j + 3] = _mm_unpackhi_epi32(pair[j + 2], pair[j + 3]);
        }
        for (size_t j = 0; j < 2; j++) {
            for (size_t k = 0; k < 2; k++) {
                out[i + 4 * j + 2 * k] = _mm_unpacklo_epi64(quad[4 * j + k], quad[4 * j + k + 2]);
                out[i + 4 * j + 2 * k + 1] = _mm_unpackhi_epi64(quad[4 * j + k], quad[4 * j + k + 2]);
            }
        }
    }
}

FE_INLINE word weighted(__m128i samples, const fe_factor *w)
{
    return upper(_mm256_slli_epi32(_mm256_cvtepi16_epi32(samples), 16), w->whole);
}

/* As fe_hann. */
static void hann(const fe_config *config, const __m128i *samples, word *out)
{
    size_t quarter = config->fft / 4u;
    const fe_factor *w = config->weights;
    unsigned shift = 0;

    while ((size_t)256 >> shift != quarter) {
        shift++;
    }
    for (size_t group = 0; group < quarter; group++, w += 4, out += 4) {
        const __m128i *x = samples + (fe_reversed[group] >> shift);
        word a = weighted(x[0], w), b = weighted(x[2 * quarter], w + 1);
        word c = weighted(x[quarter], w + 2), d = weighted(x[3 * quarter], w + 3);
        word even = plus(a, b), odd = plus(c, d);

        out[0] = plus(even, odd);
        out[1] = minus(a, b);
        out[2] = minus(even, odd);
        out[3] = minus(d, c);
    }
}

/* 127 + the number of x's highest bit, for x above 0: what a float's exponent holds. */
FE_INLINE word exponent(word x)
{
    x = _mm256_or_si256(x, _mm256_srli_epi32(x, 1));
    x = _mm256_or_si256(x, _mm256_srli_epi32(x, 2));
    x = _mm256_or_si256(x, _mm256_srli_epi32(x, 4));
    x = _mm256_or_si256(x, _mm256_srli_epi32(x, 8));
    x = _mm256_or_si256(x, _mm256_srli_epi32(x, 16));
    x = minus(x, _mm256_srli_epi32(x, 1)); /* the highest bit alone, so that the conversion is exact */
    return _mm256_and_si256(_mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(x)), 23), all(255));
}

typedef struct segment {
    word up, down, shift;
} segment;

/* As fe_mel. */
static void mel(const fe_config *config, const word *spectrum, segment *segments)
{
    const word *re = spectrum + config->first_bin;
    const word *im = spectrum + (config->fft - config->first_bin);
    const uint16_t *share = config->shares_q16;

    for (size_t s = 0; s <= config->bands; s++, segments++) {
        size_t bins = config->segment_bins[s];
        word any = all(1), total = all(0), up = all(0);

        if (bins == 0) {
            *segments = (segment){all(0), all(0), all(-9)};
            continue;
        }
        for (size_t i = 0; i < bins; i++) {
            any = _mm256_or_si256(any, _mm256_abs_epi32(re[i]));
            any = _mm256_or_si256(any, _mm256_abs_epi32(*(im - i)));
        }
        word highest = minus(exponent(any), all(127));
        word factor = _mm256_sllv_epi32(all(1), minus(all(30), highest));
        for (size_t i = 0; i < bins; i++) {
            word a = _mm256_srli_epi32(_mm256_mullo_epi32(*re++, factor), 16);
            word pair = _mm256_blend_epi16(a, _mm256_mullo_epi32(*im--, factor), 0xaa);
            word power = _mm256_srli_epi32(_mm256_madd_epi16(pair, pair), 15);

            total = plus(total, power);
            up = plus(up, _mm256_srli_epi32(_mm256_mullo_epi32(power, all(*share++)), 11));
        }
        *segments = (segment){up, minus(_mm256_slli_epi32(total, 5), up), minus(highest, all(9))};
    }
}

/* As fe_log, for one band. */
FE_INLINE word decibels(const fe_config *config, const segment *lower, size_t band)
{
    const int *octave = (const int *)fe_octave_db_q16;
    word zero = all(0), distance = minus(lower[1].shift, lower[0].shift);
    word shift = _mm256_max_epi32(lower[0].shift, lower[1].shift);
    word by_up = _mm256_slli_epi32(_mm256_max_epi32(distance, zero), 1);
    word by_down = _mm256_slli_epi32(_mm256_max_epi32(negated(distance), zero), 1);
    word energy = plus(_mm256_srlv_epi32(lower[0].up, by_up), _mm256_srlv_epi32(lower[1].down, by_down));
    word zeros = minus(all(31 + 127), exponent(energy));
    word m = _mm256_sllv_epi32(energy, zeros);
    word index = _mm256_and_si256(_mm256_srli_epi32(m, 25), all(63));
    word fraction = _mm256_and_si256(_mm256_srli_epi32(m, 10), all(0x7fff));
    word low = _mm256_i32gather_epi32(octave, index, 4), high = _mm256_i32gather_epi32(octave + 1, index, 4);
    word octaves = minus(plus(plus(shift, shift), all(31)), zeros);
    word db = plus(_mm256_mullo_epi32(octaves, all(FE_OCTAVE_DB_Q16)), low);

    db = plus(db, _mm256_srai_epi32(_mm256_mullo_epi32(minus(high, low), fraction), 15));
    db = _mm256_max_epi32(plus(db, all(config->band_db_q16[band])), all(config->floor_q16));
    return _mm256_blendv_epi8(db, all(config->floor_q16), _mm256_cmpeq_epi32(energy, zero));
}

/* As fe_quantise, for one band. */
FE_INLINE word quantised(const fe_config *config, word db)
{
    word q = plus(upper(_mm256_slli_epi32(db, 5), config->quant_slope.whole), all(config->quant_bias));

    q = _mm256_sra_epi32(q, _mm_cvtsi32_si128((int)config->quant_shift));
    return _mm256_max_epi32(_mm256_min_epi32(q, all(127)), all(-128));
}

static void compute(const fe_config *config, const int16_t *samples, int8_t *columns, int32_t *logmel_q16)
{
    word spectrum[CORE_MAX_FFT];
    __m128i transposed[CORE_MAX_FFT];
    segment segments[CORE_MAX_BANDS + 1];
    size_t bands = config->bands;

    transpose(samples, config->hop, config->fft, transposed);
    hann(config, transposed, spectrum);
    transform(spectrum, config->fft, config->twiddles);
    mel(config, spectrum, segments);
    for (size_t band = 0; band < bands; band++) {
        int32_t db[FE_BATCH_COLUMNS], q[FE_BATCH_COLUMNS];
        word value = decibels(config, segments + band, band);

        _mm256_storeu_si256((__m256i *)(void *)db, value);
        _mm256_storeu_si256((__m256i *)(void *)q, quantised(config, value));
        for (size_t column = 0; column < FE_BATCH_COLUMNS; column++) {
            columns[column * bands + band] = (int8_t)q[column];
            if (logmel_q16 != NULL) {
                logmel_q16[column * bands + band] = db[column];
            }
        }
    }
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

bool fe_batch(const fe_config *config, const int16_t *samples, int8_t *columns, int32_t *logmel_q16)
{
    if (!__builtin_cpu_supports("avx2")) {
        return false;
    }
    compute(config, samples, columns, logmel_q16);
    return true;
}

#else

bool fe_batch(const fe_config *config, const int16_t *samples, int8_t *columns, int32_t *logmel_q16)
{
    (void)config;
    (void)samples;
    (void)columns;
    (void)logmel_q16;
    return false;
}

#endif
