#ifndef FE_RFFT_H
#define FE_RFFT_H

#include <stddef.h>
#include <stdint.h>

/* FFT of n real values in place: x[2k], x[2k+1] become the real and imaginary part of bin k, k = 0..n/2, divided by
   n/2. x: int32[n + 2], magnitudes at most 2^30. twiddles: n values, (cos, -sin)(2 pi k / n) in Q31 for k < n/2. */
void fe_rfft(int32_t *x, size_t n, const int32_t *twiddles);

#endif
