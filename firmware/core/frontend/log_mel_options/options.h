/* What a log-mel front end may ask for beyond log_mel.h, as a kind of its own: who does not ask does not pay. In
   bundle.json it is log-mel all the same. An image has the head that all kinds have, then options and their tables, then
   an image of the kind log-mel:

     0  head (fe_image_head)
    24  flags (u32)  28 lead  30 fft  32 bands  34 zero (u16)
    36  emphasis (i32[fft], with FE_EMPHASIS), offsets (fe_offset[bands], with FE_OFFSET), the image without options */
#ifndef CORE_FRONTEND_LOG_MEL_OPTIONS_OPTIONS_H
#define CORE_FRONTEND_LOG_MEL_OPTIONS_OPTIONS_H

#include "frontend/log_mel/log_mel.h"
#include "frontend/log_mel/mel.h"

#define FE_MAGNITUDE 1u /* bands sum the spectrum's magnitude, not its power; dB are 20 log10 of it */
#define FE_OFFSET 2u    /* something is added to each band before the logarithm */
#define FE_EMPHASIS 4u  /* pre-emphasis: each sample less a part of the one before it */
#define FE_MIRRORED 8u  /* the first samples stand mirrored before the stream's beginning; not with pre-emphasis */
#define FE_OPTIONS 15u

/* A number above 0: mantissa * 2^exponent, the mantissa's highest bit set. */
typedef struct fe_offset {
    uint32_t mantissa;
    int32_t exponent; /* -256..256 */
} fe_offset;

typedef struct fe_options {
    uint32_t flags;
    uint16_t lead;             /* samples before the stream's beginning that the first column covers */
    const fe_factor *emphasis; /* fft: of the sample before, in the order of the weights (hann.h) */
    const fe_offset *offsets;  /* bands: in units of 1, as the bands' sums (mel.h) */
} fe_options;

/* Makes `options` and `config` point into an image. image: 4-byte aligned, must outlive both.
   lengths: of the kind's FFTs. Returns 0, or a negative fe_error with both unspecified. */
int fe_options_from_image(fe_options *options, fe_config *config, const uint8_t *image, size_t length,
                          fe_lengths *lengths);

/* As fe_rfft, up to CORE_MAX_FFT_LOG_MEL points. */
void fe_rfft_up_to_long(int32_t *x, size_t n, const fe_factor *twiddles);

/* As fe_hann, up to CORE_MAX_FFT_LOG_MEL points, with pre-emphasis unless `emphasis` is NULL. samples: int16[fft]; with
   emphasis one more before the first. */
void fe_hann_options(const fe_config *config, const fe_factor *emphasis, const int16_t *samples, int32_t *out);

/* As fe_mel, of magnitudes: segments in units of 2^shift. */
void fe_mel_magnitude(const fe_config *config, const int32_t *spectrum, fe_segment *segments);

/* As fe_log, by the options: of powers or magnitudes, with offsets where there are some. */
void fe_log_options(const fe_config *config, const fe_options *options, const fe_segment *segments, int32_t *db_q16);

/* What `open` finds: after fe_options_from_image, what the front end is like. Returns 0 or a negative fe_error. */
int fe_options_describe(fe_front_end *front_end, const fe_options *options, const fe_config *config);

/* The stages' names. */
enum { FE_STAGE_WINDOW, FE_STAGE_SPECTRUM, FE_STAGE_MEL, FE_STAGE_LOG, FE_STAGE_CELLS };
extern const char *const fe_log_mel_stages[];

extern const fe_kind fe_log_mel_options;

#endif
