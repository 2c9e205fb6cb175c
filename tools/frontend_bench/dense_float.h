#ifndef DENSE_FLOAT_H
#define DENSE_FLOAT_H

#include <stdint.h>

/* The way the project's background computed features, to be compared with: float FFT, dense float mel matrix, and all
   columns of the window anew at each step. Sizes as in frontend.h. */
typedef struct dense_float_config {
    int columns, hop, fft, bands;
    float floor;         /* smallest power */
    const float *window; /* fft */
    const float *cosine; /* fft / 2 */
    const float *sine;   /* fft / 2 */
    const float *mel;    /* bands x (fft / 2 + 1) */
} dense_float_config;

/* features: float[columns][bands], dB. */
void dense_float_window(const dense_float_config *config, const int16_t *samples, float *features);

#endif
