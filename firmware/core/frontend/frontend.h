/* Streaming log-mel front end: 16-bit samples in, one int8 column of mel bands per hop out. Integer only and bit-exact:
   the same samples give the same bytes on every machine, compiler and optimisation level.

     samples -> Hann -> real FFT -> power -> sparse mel -> log (dB) -> int8, one stage a file

   Column i covers the samples [i*hop, i*hop + fft), as librosa's melspectrogram with center=False; the analysis window is
   centred in them. Everything that depends on the settings is a table made on the computer (host/frontend/tables.py);
   a fe_config only points to them and never changes. */
#ifndef CORE_FRONTEND_FRONTEND_H
#define CORE_FRONTEND_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core_limits.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The tables are little-endian and used in place"
#endif

/* A constant factor of a table, whole or in its two halves. */
typedef union fe_factor {
    int32_t whole;
    struct {
        uint16_t low;
        int16_t high;
    } half;
} fe_factor;

typedef struct fe_config {
    uint32_t sample_rate;     /* Hz; informative */
    uint16_t analysis_window; /* samples under the Hann taper, 16..fft */
    uint16_t hop;             /* samples, at least 1 */
    uint16_t fft;             /* points, a power of two, 128..CORE_MAX_FFT */
    uint16_t bands;           /* 1..CORE_MAX_BANDS */
    uint16_t first_bin;       /* the lowest FFT bin that any band takes */
    uint16_t bins;            /* how many bins the bands take, from first_bin on; at most fft/2 - first_bin */

    int32_t floor_q16; /* smallest log-mel value, dB in Q16 */

    /* int8 = clamp((((dB_q16 * 32 * slope) >> 32) + bias) >> shift) */
    fe_factor quant_slope;
    int32_t quant_bias;
    uint32_t quant_shift; /* 1..30 */

    const fe_factor *weights;     /* fft: see hann.h */
    const fe_factor *twiddles;    /* fe_rfft_twiddles(fft): see rfft.h */
    const int32_t *band_db_q16;   /* bands: added to each band's dB: the Slaney norm and the scale of the FFT */
    const uint16_t *shares_q16;   /* bins: part of a bin's power that goes to the upper one of its two bands */
    const uint16_t *segment_bins; /* bands + 1: bins between the centres of band s-1 and band s, in rising order */
} fe_config;

/* One stream. The caller allocates it and treats it as opaque. */
typedef struct fe_state {
    const fe_config *config;
    uint32_t skip;   /* samples to drop before the next column begins (hop longer than fft) */
    uint32_t filled; /* samples in `samples` */
    int32_t work[CORE_MAX_FFT];
    int16_t samples[CORE_MAX_FFT];
} fe_state;

/* What fe_config_from_image returns when it refuses. */
typedef enum fe_error {
    FE_ERROR_LENGTH = -1,    /* shorter or longer than its header says */
    FE_ERROR_FORMAT = -2,    /* not a front-end image, or of another format version */
    FE_ERROR_ALIGNMENT = -3, /* not 4-byte aligned */
    FE_ERROR_LIMIT = -4,     /* a size is beyond what this build holds */
    FE_ERROR_TABLE = -5      /* a table's content is out of range */
} fe_error;

/* Starts a stream. `config` and its tables must stay where they are as long as `state` is used. */
void fe_init(fe_state *state, const fe_config *config);

/* Starts a new stream with the same configuration. */
void fe_reset(fe_state *state);

/* Consumes samples until one new column is complete or all are consumed.
   column: int8[bands], written when *ready becomes true; logmel_q16: NULL, or int32[bands], dB in Q16.
   Returns the number of samples consumed. */
size_t fe_push(fe_state *state, const int16_t *samples, size_t n, int8_t *column, int32_t *logmel_q16, bool *ready);

/* How many columns the next n samples complete. */
size_t fe_columns(const fe_state *state, size_t n);

/* sizeof, for callers that allocate without this header. */
size_t fe_config_size(void);
size_t fe_state_size(void);

/* The image that would give `config`, in pieces that follow each other without a gap: what the front end computes with, read
   from where it computes with it. */
#define FE_IMAGE_HEADER_BYTES 48
#define FE_IMAGE_PIECES 7
typedef struct fe_image_piece {
    const uint8_t *bytes;
    size_t length;
} fe_image_piece;
void fe_image_of(const fe_config *config, uint8_t header[FE_IMAGE_HEADER_BYTES],
                 fe_image_piece pieces[FE_IMAGE_PIECES]);

/* Makes `config` point into a front-end image (host/frontend/tables.py writes them), which may come from anywhere: every
   size and index is checked. image: 4-byte aligned, must outlive `config`.
   Returns 0, or a negative fe_error with `config` unspecified. */
int fe_config_from_image(fe_config *config, const uint8_t *image, size_t length);

#endif
