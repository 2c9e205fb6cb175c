/* The log-mel front end:

     samples -> Hann -> real FFT -> power -> sparse mel -> log (dB) -> int8, one stage a file

   Column i covers the samples [i*hop, i*hop + fft), as librosa's melspectrogram with center=False, the analysis window
   centred in them; or those of the window alone, as TensorFlow's. The tables are made on the computer (host/frontend/log_mel/tables.py); a fe_config only points to them
   and never changes. */
#ifndef CORE_FRONTEND_LOG_MEL_LOG_MEL_H
#define CORE_FRONTEND_LOG_MEL_LOG_MEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core_limits.h"
#include "frontend/arith.h"
#include "frontend/frontend.h"

typedef struct fe_config {
    uint32_t sample_rate; /* Hz; informative */
    uint32_t at_start;    /* 1: a column covers the analysis window's samples; 0: fft samples, the window amid them */
    uint16_t analysis_window; /* samples under the taper, 16..fft */
    uint16_t hop;             /* samples, at least 1 */
    uint16_t fft;             /* points, a power of two, 128..CORE_MAX_FFT; other kinds take others */
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

/* The image that would give `config`: FE_IMAGE_PIECES pieces. */
void fe_image_of(const fe_config *config, uint8_t header[FE_IMAGE_HEADER_BYTES],
                 fe_image_piece pieces[FE_IMAGE_PIECES]);

/* Makes `config` point into a front-end image (host/frontend/log_mel/tables.py writes them), which may come from anywhere:
   every size and index is checked. image: 4-byte aligned, must outlive `config`.
   Returns 0, or a negative fe_error with `config` unspecified. */
int fe_config_from_image(fe_config *config, const uint8_t *image, size_t length);

/* How many twiddles an FFT of that many points takes; 0: there is none of that length. */
typedef size_t fe_lengths(size_t fft);

/* The same with FFTs up to `most_fft` points, of `lengths`. */
int fe_config_from_image_up_to(fe_config *config, const uint8_t *image, size_t length, uint32_t most_fft,
                               fe_lengths *lengths);

/* What a log-mel stream computes with. */
const fe_config *fe_log_mel_config(const fe_state *state);

/* sizeof, for callers that allocate without this header. */
size_t fe_config_size(void);

extern const fe_kind fe_log_mel;

#endif
