/* Runs the public implementation over the audio in bench_data.h and prints what kinds.c prints, but for cells. */
#include "public.h"

#include <stddef.h>
#include <string.h>

#include "bench_data.h"
#include "public_tables.h"

#ifdef __cplusplus
extern "C" {
#endif
#include "machine.h"
#include "print.h"

/* What its FFT names where something is wrong, and no board of the emulator's has. */
void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

void free(void *place)
{
    (void)place;
}

void exit(int status)
{
    (void)status;
    machine_stop();
}

int fprintf(FILE *file, const char *form, ...)
{
    (void)file;
    (void)form;
    return 0;
}

extern void *const no_file __asm__("stderr");
void *const no_file = NULL;
#ifdef __cplusplus
}
#endif

enum { PAIRS = PUBLIC_FFT / 2 };

static struct FrontendState state;
/* The FFT's two states, the second of which ends with the first twiddle of many, and its buffer. */
static uint64_t fft_scratch[(sizeof(struct KISS(kiss_fftr_state)) + sizeof(struct KISS(kiss_fft_state))) / 8 + PAIRS];
static int16_t window_input[PUBLIC_WINDOW], window_output[PUBLIC_WINDOW], fft_input[PUBLIC_FFT];
static struct complex_int16_t fft_output[PUBLIC_FFT + 2];
static uint64_t work[CHANNELS + 1];
static uint32_t estimates[CHANNELS];

static void set_up_fft(void)
{
    struct KISS(kiss_fftr_state) *real = (struct KISS(kiss_fftr_state) *)(void *)fft_scratch;
    struct KISS(kiss_fft_state) *fft = (struct KISS(kiss_fft_state) *)(void *)(real + 1);

    real->substate = fft;
    real->tmpbuf = (KISS(kiss_fft_cpx) *)(void *)(fft + 1) + PAIRS;
    real->super_twiddles = (KISS(kiss_fft_cpx) *)(void *)public_super_twiddles;
    fft->nfft = PAIRS;
    memcpy(fft->factors, public_factors, sizeof public_factors);
    memcpy((char *)fft + offsetof(struct KISS(kiss_fft_state), twiddles), public_twiddles, sizeof public_twiddles);
    state.fft.input = fft_input;
    state.fft.output = fft_output;
    state.fft.fft_size = PUBLIC_FFT;
    state.fft.input_size = PUBLIC_WINDOW;
    state.fft.scratch = fft_scratch;
}

static void set_up(void)
{
    state.window.size = PUBLIC_WINDOW;
    state.window.step = PUBLIC_STEP;
    state.window.coefficients = public_coefficients;
    state.window.input = window_input;
    state.window.output = window_output;
    set_up_fft();
    state.filterbank.num_channels = CHANNELS;
    state.filterbank.start_index = PUBLIC_START;
    state.filterbank.end_index = PUBLIC_END;
    state.filterbank.channel_frequency_starts = public_frequency_starts;
    state.filterbank.channel_weight_starts = public_weight_starts;
    state.filterbank.channel_widths = public_widths;
    state.filterbank.weights = public_weights;
    state.filterbank.unweights = public_unweights;
    state.filterbank.work = work;
    state.noise_reduction.smoothing_bits = PUBLIC_SMOOTHING;
    state.noise_reduction.even_smoothing = PUBLIC_EVEN;
    state.noise_reduction.odd_smoothing = PUBLIC_ODD;
    state.noise_reduction.min_signal_remaining = PUBLIC_REMAINING;
    state.noise_reduction.num_channels = CHANNELS;
    state.noise_reduction.estimate = estimates;
    state.pcan_gain_control.enable_pcan = 1;
    state.pcan_gain_control.noise_estimate = estimates;
    state.pcan_gain_control.num_channels = CHANNELS;
    state.pcan_gain_control.gain_lut = public_gains;
    state.pcan_gain_control.snr_shift = PUBLIC_SNR_SHIFT;
    state.log_scale.enable_log = PUBLIC_LOG;
    state.log_scale.scale_shift = PUBLIC_LOG_SHIFT;
}

int main(void)
{
    const int16_t *samples = bench_samples;
    size_t left = BENCH_SAMPLES;
    uint32_t clock = 0;

    set_up();
    FrontendReset(&state);
    while (left > 0) {
        size_t taken;
        uint32_t start = machine_clock();
        struct FrontendOutput output = FrontendProcessSamples(&state, samples, left, &taken);
        clock += machine_clock() - start;
        samples += taken;
        left -= taken;
        if (output.size > 0) {
            print_values("values", output.values, output.size, 4);
        }
    }
    print_number("clock", "push", clock);
    machine_print("end\n");
    machine_stop();
}
