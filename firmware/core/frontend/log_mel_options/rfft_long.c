#include "frontend/tuning.h"

#include "frontend/log_mel/rfft_words.h"

#include "frontend/log_mel/rfft_steps.h"
#include "frontend/log_mel_options/options.h"

static void transform_long(word *x, const fe_factor *twiddles)
{
    const fe_factor *w = twiddles;

    radix2(x, CORE_MAX_FFT_LOG_MEL);
    w = radix4(x, CORE_MAX_FFT_LOG_MEL, 8, w, 0);
    w = radix4(x, CORE_MAX_FFT_LOG_MEL, 32, w, 0);
    w = radix4(x, CORE_MAX_FFT_LOG_MEL, 128, w, 0);
    radix4(x, CORE_MAX_FFT_LOG_MEL, 512, w, 1);
}

void fe_rfft_up_to_long(int32_t *x, size_t n, const fe_factor *twiddles)
{
    if (n == CORE_MAX_FFT_LOG_MEL) {
        transform_long(x, twiddles);
    } else {
        fe_rfft(x, n, twiddles);
    }
}
