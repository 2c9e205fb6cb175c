/* log-mel over FFTs whose length is no power of two: 2^a * 3^b * 5^c points, even, as torchaudio's 400. A kind of its own:
   who does not ask for one does not pay. In bundle.json it is log-mel all the same, and what goes on from log-mel can go
   on from it. The image is laid out as one with options (options.h), named after this kind; the tables within differ:

     weights, emphasis   in the order of fe_mixed_window
     twiddles            see fe_mixed_rfft */
#ifndef CORE_FRONTEND_LOG_MEL_MIXED_MIXED_H
#define CORE_FRONTEND_LOG_MEL_MIXED_MIXED_H

#include "frontend/log_mel_options/options.h"

enum { FE_MIXED_LEAST = 16, FE_MIXED_STEPS = 8 /* 2^1 3^6: seven */ };

/* From FFTs of m values to FFTs of radix * m: each summand is divided by 2^shift. */
typedef struct fe_mixed_step {
    uint8_t radix, shift;
} fe_mixed_step;

typedef struct fe_mixed_plan {
    size_t steps;
    fe_mixed_step step[FE_MIXED_STEPS];
} fe_mixed_plan;

/* Steps of 5, then of 3, then one of 2 where it takes one, then of 4. Returns false if there are none for that length. */
bool fe_mixed_plan_of(fe_mixed_plan *plan, size_t n);

/* As fe_lengths. */
size_t fe_mixed_twiddles(size_t n);

/* Tapers a column's samples, with pre-emphasis unless `emphasis` is NULL. samples: int16[n]; with emphasis one more before
   the first. weights, emphasis: n, in the order of `out`: the digits of an index, by the steps' radices, reversed. */
void fe_mixed_window(const fe_mixed_plan *plan, size_t n, const fe_factor *weights, const fe_factor *emphasis,
                     const int16_t *samples, int32_t *out);

/* The real FFT of what fe_mixed_window gives, in place. Afterwards as after fe_rfft; x[0] and x[n/2] are bins, too.

   twiddles: for each step but the first, from FFTs of m values on, for k = 1 .. (m - 1) / 2 and j = 1 .. radix - 1, with
   the angle a = 2 pi j k / (radix m): cos a, sin a, times 2^(32 - shift). */
void fe_mixed_rfft(const fe_mixed_plan *plan, int32_t *x, size_t n, const fe_factor *twiddles);

extern const fe_kind fe_log_mel_mixed;

#endif
