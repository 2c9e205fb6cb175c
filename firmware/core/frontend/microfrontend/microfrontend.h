/* The fixed-point front end that micro_speech, microWakeWord and ESPHome train and run with:

     samples -> Hann -> 16-bit real FFT -> energy -> mel -> square root -> noise suppression -> PCAN gain -> log -> int8

   one stage a file. Every rounding is part of what models were trained on: the features equal those of the public
   implementation bit for bit, those of a stream's whole past included, as each band's noise estimate is state.

   The settings and tables lie in an image (host/frontend/microfrontend/tables.py) and are used in place. */
#ifndef CORE_FRONTEND_MICROFRONTEND_MICROFRONTEND_H
#define CORE_FRONTEND_MICROFRONTEND_MICROFRONTEND_H

#include "frontend/fixed_point/complex.h"
#include "frontend/fixed_point/filter_bank.h"
#include "frontend/fixed_point/log.h"
#include "frontend/frontend.h"

#define MF_MAX_SEGMENTS 129u /* bands + 1 */
#define MF_GAINS 125

enum { MF_SUPPRESS = 1, MF_PCAN = 2, MF_LOG = 4, MF_FLAGS = 7 };

/* How an image goes on behind its head. */
typedef struct mf_header {
    uint32_t sample_rate;
    uint32_t cells; /* entries of `cells` */
    uint16_t window, hop, fft, bands;
    uint16_t first_bin, bins; /* bins that the bands take, from first_bin on */
    uint16_t flags;           /* MF_... */
    uint16_t smoothing_bits;  /* of the noise estimate behind the point: 0..16 */
    uint16_t smoothing[2];    /* of even and odd bands, Q14, at most 1 */
    uint16_t remaining;       /* the part of a signal that suppression leaves, Q14, at most 1 */
    uint16_t gain_shift;      /* 0..31 */
    int16_t log_up;           /* -31..31: bits that values are raised by before the logarithm */
    uint16_t log_scale;       /* 0..16: bits of the logarithm behind the point */
} mf_header;

typedef struct mf_config {
    const mf_header *header;
    const int16_t *window;         /* window: Q12 */
    const fx_complex *twiddles;    /* fft / 2: exp(-2 pi i k / (fft / 2)), Q15 */
    const fx_complex *half_twists; /* fft / 4: exp(-pi i ((k + 1) / (fft / 2) + 1/2)), Q15 */
    const uint16_t *order;         /* fft / 2: which pair of samples the FFT takes for its k-th value */
    fx_filters filters;
    const int16_t *gains;          /* MF_GAINS, see pcan.h */
    const uint16_t *log_fractions; /* FX_LOG_FRACTIONS, see log.h */
    const int8_t *cells;           /* the cell of each feature; that of the last one for all above */
} mf_config;

extern const fe_kind fe_microfrontend;

#endif
