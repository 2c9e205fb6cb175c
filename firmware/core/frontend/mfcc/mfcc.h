/* Mel-frequency cepstral coefficients: log-mel, then a DCT over the bands, of which the first coefficients are the cells.

   An image, behind the head that all kinds have:

    24  mel_bands  26 coefficients  28 shift  30 zero (u16)
    32  bias (i64)
    40  weights (i32[coefficients][(mel_bands + 1) / 2]), then an image of the kind log-mel-options or
        log-mel-mixed

   A cosine of the DCT is even or odd about the middle of the bands: so bands that lie opposite are added or subtracted
   first, and half of the products do (dct.c; the weights stand in its order). Scale, lifter and the model's quantisation are in the weights. */
#ifndef CORE_FRONTEND_MFCC_MFCC_H
#define CORE_FRONTEND_MFCC_MFCC_H

#include "frontend/frontend.h"

typedef struct mfcc_config {
    uint16_t mel_bands;    /* 1..CORE_MAX_BANDS */
    uint16_t coefficients; /* 1..mel_bands */
    uint16_t shift;        /* 8..62 */
    int64_t bias;
    const int32_t *weights; /* magnitudes below 2^28 */
    fe_front_end log_mel;
} mfcc_config;

/* Makes `config` point into an image: 4-byte aligned, must outlive it. Returns 0, or a negative fe_error with `config`
   unspecified. */
int mfcc_config_from_image(mfcc_config *config, const uint8_t *image, size_t length);

/* cell = clamp((sum(weight * value) + bias) >> shift). log_mel_q16: int32[mel_bands], overwritten; cells:
   int8[coefficients]; values: NULL, or int32[coefficients], the same in 1/256 and neither rounded nor clamped to int8. */
void mfcc_dct(const mfcc_config *config, int32_t *log_mel_q16, int8_t *cells, int32_t *values);

#endif
