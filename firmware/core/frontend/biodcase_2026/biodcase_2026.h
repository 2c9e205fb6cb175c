/* The front end of the BioDCASE 2026 challenge (bird sounds on tiny hardware):

     samples -> symmetric Hann -> 16-bit FFT -> energy -> mel -> square root -> log -> int8

   The FFT rounds as esp-dsp's 16-bit radix-2 routine does; every other rounding is that of the challenge's Python code,
   on whose features models were trained. Between columns there is nothing to remember.

   The settings and tables lie in an image (host/frontend/biodcase_2026/tables.py) and are used in place. */
#ifndef CORE_FRONTEND_BIODCASE_2026_BIODCASE_2026_H
#define CORE_FRONTEND_BIODCASE_2026_BIODCASE_2026_H

#include "frontend/fixed_point/complex.h"
#include "frontend/fixed_point/filter_bank.h"
#include "frontend/fixed_point/log.h"
#include "frontend/frontend.h"

/* How an image goes on behind its head. */
typedef struct bd_header {
    uint32_t sample_rate;
    uint32_t cells; /* entries of `cells` */
    uint16_t fft;   /* points, and samples of the window */
    uint16_t hop, bands;
    uint16_t first_bin, bins; /* bins that the bands take, from first_bin on */
    uint16_t window_bits;     /* of the window behind the point: 1..14 */
    uint16_t log_scale;       /* 0..11: bits of the logarithm behind the point */
    uint16_t zero;
} bd_header;

typedef struct bd_config {
    const bd_header *header;
    const int16_t *window; /* fft / 2: the window's rising half */
    const fx_complex
        *twiddles; /* fft / 2: of each block of a step, exp(pi i k / (fft / 2)) with k's bits reversed, Q15 */
    const fx_complex *half_twists; /* bins: exp(pi i k / fft) for the bands' bins, Q15 */
    const uint16_t *places;        /* bins: where the FFT leaves the bands' bins: their bits reversed */
    fx_filters filters;
    const uint16_t *log_fractions; /* FX_LOG_FRACTIONS, see log.h */
    const int8_t *cells;           /* the cell of each feature; that of the last one for all above */
} bd_config;

extern const fe_kind fe_biodcase_2026;

#endif
