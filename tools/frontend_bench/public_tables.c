/* Runs on the computer at hand: has the public implementation make its tables and prints them as C, for public_run.c. */
#include "public.h"

#include <stdio.h>

#include "frontend_util.h"

static void print_array(const char *name, const int16_t *values, size_t count)
{
    printf("static int16_t public_%s[] = {", name);
    for (size_t i = 0; i < count; i++) {
        printf("%d,", values[i]);
    }
    printf("};\n");
}

static void print_fft(const struct FftState *fft)
{
    const struct KISS(kiss_fftr_state) *real = (const struct KISS(kiss_fftr_state) *)fft->scratch;
    const struct KISS(kiss_fft_state) *state = real->substate;

    printf("enum { PUBLIC_FFT = %d };\nstatic const int public_factors[] = {", (int)fft->fft_size);
    for (size_t i = 0; i < sizeof state->factors / sizeof *state->factors; i++) {
        printf("%d,", state->factors[i]);
    }
    printf("};\n");
    print_array("twiddles", (const int16_t *)state->twiddles, fft->fft_size);
    print_array("super_twiddles", (const int16_t *)real->super_twiddles, fft->fft_size / 2);
}

static void print_filters(const struct FilterbankState *filters)
{
    size_t weights = 0, channels = (size_t)filters->num_channels + 1;

    for (size_t i = 0; i < channels; i++) {
        size_t end = (size_t)filters->channel_weight_starts[i] + (size_t)filters->channel_widths[i];
        weights = end > weights ? end : weights;
    }
    printf("enum { PUBLIC_START = %d, PUBLIC_END = %d };\n", filters->start_index, filters->end_index);
    print_array("frequency_starts", filters->channel_frequency_starts, channels);
    print_array("weight_starts", filters->channel_weight_starts, channels);
    print_array("widths", filters->channel_widths, channels);
    print_array("weights", filters->weights, weights);
    print_array("unweights", filters->unweights, weights);
}

int main(void)
{
    struct FrontendConfig config;
    struct FrontendState state;

    FrontendFillConfigWithDefaults(&config);
    config.window.size_ms = WINDOW_MS;
    config.window.step_size_ms = STEP_MS;
    config.filterbank.num_channels = CHANNELS;
    config.filterbank.lower_band_limit = LOWEST_HZ;
    config.filterbank.upper_band_limit = HIGHEST_HZ;
    config.pcan_gain_control.enable_pcan = 1;
    if (!FrontendPopulateState(&config, &state, SAMPLE_RATE)) {
        return 1;
    }
    printf("enum { PUBLIC_WINDOW = %d, PUBLIC_STEP = %d };\n", (int)state.window.size, (int)state.window.step);
    print_array("coefficients", state.window.coefficients, state.window.size);
    print_fft(&state.fft);
    print_filters(&state.filterbank);
    printf("enum { PUBLIC_SMOOTHING = %d, PUBLIC_EVEN = %d, PUBLIC_ODD = %d, PUBLIC_REMAINING = %d };\n",
           state.noise_reduction.smoothing_bits, state.noise_reduction.even_smoothing,
           state.noise_reduction.odd_smoothing, state.noise_reduction.min_signal_remaining);
    print_array("gains", state.pcan_gain_control.gain_lut, GAINS);
    printf("enum { PUBLIC_SNR_SHIFT = %d, PUBLIC_LOG = %d, PUBLIC_LOG_SHIFT = %d };\n",
           (int)state.pcan_gain_control.snr_shift, state.log_scale.enable_log, state.log_scale.scale_shift);
    return 0;
}
