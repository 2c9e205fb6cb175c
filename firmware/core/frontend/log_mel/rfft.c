#include "frontend/tuning.h"

#include "frontend/log_mel/rfft.h"

#include "frontend/log_mel/rfft_words.h"

#include "frontend/log_mel/rfft_steps.h"

void fe_rfft(int32_t *x, size_t n, const fe_factor *twiddles)
{
    transform(x, n, twiddles);
}

size_t fe_rfft_twiddles(size_t n)
{
    size_t count = 0;

    if (n < 128 || (n & (n - 1)) != 0) {
        return 0;
    }
    for (size_t m = n / 4; m >= 4; m /= 4) {
        count += 9 * (m / 2 - 1);
    }
    return count;
}
