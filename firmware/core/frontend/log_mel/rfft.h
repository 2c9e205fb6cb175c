#ifndef CORE_FRONTEND_RFFT_H
#define CORE_FRONTEND_RFFT_H

#include "frontend/log_mel/log_mel.h"

/* Finishes in place the real FFT that fe_hann began. x: int32[n], n = 128, 256, 512 or 1024. Afterwards, for
   0 < k < n/2, Re X[k] is x[k] and Im X[k] is x[n - k], times what host/frontend/tables.py calls the spectrum's scale;
   x[0] and x[n/2] hold nothing of use (no band takes the bins 0 and n/2).

   twiddles: for each radix-4 step from four FFTs of m points to one of 4m, m rising, for k = 1 .. m/2 - 1 and
   j = 1, 2, 3, with the angle a = 2 pi j k / 4m: cos a, cos a - sin a, cos a + sin a, in Q30. */
void fe_rfft(int32_t *x, size_t n, const fe_factor *twiddles);

/* How many twiddles that takes; 0 for other lengths. It tells those beyond 1024, too. */
size_t fe_rfft_twiddles(size_t n);

#endif
