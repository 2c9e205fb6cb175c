/* Runs the front end over the audio in bench_data.h and prints, line by line, what tools/bench_frontend.py reads, numbers in hexadecimal:
     clock STAGE COUNT   machine_clock() for all columns, from the window up to and including STAGE
     size NAME BYTES     a struct's size
     column HEX          the int8 cells of a column, as fe_push gives them
     dense HEX           the same column by dense_float.c, 1/64 dB, 16 bits a cell */
#include <stdbool.h>
#include <stddef.h>

#include "bench_data.h" /* bench_samples, BENCH_SAMPLES, BENCH_COLUMNS, bench_image, bench_dense */
#include "dense_float.h"
#include "frontend/log_mel/hann.h"
#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/quantise.h"
#include "frontend/log_mel/rfft.h"
#include "machine.h"
#include "print.h"

enum stage { NOTHING, WINDOW, FFT, MEL, LOG, QUANTISE, STAGES };

static const char *const stage_names[STAGES] = {"nothing", "window", "fft", "mel", "log", "quantise"};
#define MEMORY_BYTES (6u * CORE_MAX_FFT + 256u)

static fe_front_end front_end;
static fe_state state;
static _Alignas(FE_ALIGNMENT) uint8_t memory[MEMORY_BYTES];
static int8_t column[CORE_MAX_BANDS];
static int32_t spectrum[CORE_MAX_FFT];
static float dense_features[BENCH_COLUMNS * CORE_MAX_BANDS];

static void print_column(void)
{
    uint16_t cells[CORE_MAX_BANDS];

    for (size_t i = 0; i < front_end.bands; i++) {
        cells[i] = (uint8_t)column[i];
    }
    print_values("column", cells, front_end.bands, 2);
}

static void run_up_to(enum stage last)
{
    const fe_config *config = fe_log_mel_config(&state);
    uint32_t start = machine_clock();

    for (size_t at = 0; at + config->fft <= BENCH_SAMPLES; at += config->hop) {
        fe_segment segments[CORE_MAX_BANDS + 1];
        int32_t db_q16[CORE_MAX_BANDS];
        if (last >= WINDOW) {
            fe_hann(config, bench_samples + at, spectrum);
        }
        if (last >= FFT) {
            fe_rfft(spectrum, config->fft, config->twiddles);
        }
        if (last >= MEL) {
            fe_mel(config, spectrum, segments);
        }
        if (last >= LOG) {
            fe_log(config, segments, db_q16);
        }
        if (last >= QUANTISE) {
            fe_quantise(config, db_q16, column);
        }
    }
    print_number("clock", stage_names[last], machine_clock() - start);
}

static void run_whole(void)
{
    const int16_t *samples = bench_samples;
    size_t left = BENCH_SAMPLES;
    uint32_t clock = 0;

    fe_reset(&state);
    while (left > 0) {
        bool ready;
        uint32_t start = machine_clock();
        size_t taken = fe_push(&state, samples, left, column, NULL, &ready);
        clock += machine_clock() - start;
        samples += taken;
        left -= taken;
        if (ready) {
            print_column();
        }
    }
    print_number("clock", "push", clock);
}

static void run_dense(void)
{
    uint32_t start = machine_clock();

    dense_float_window(&bench_dense, bench_samples, dense_features);
    print_number("clock", "dense_window", machine_clock() - start);
    for (size_t at = 0; at < BENCH_COLUMNS; at++) {
        uint16_t cells[CORE_MAX_BANDS];

        for (size_t i = 0; i < front_end.bands; i++) {
            cells[i] = (uint16_t)(int32_t)(dense_features[at * front_end.bands + i] * 64.0f);
        }
        print_values("dense", cells, front_end.bands, 4);
    }
}

int main(void)
{
    if (fe_open(&front_end, (const uint8_t *)bench_image, sizeof bench_image) != 0 ||
        fe_memory_bytes(&front_end) > sizeof memory) {
        machine_stop();
    }
    fe_init(&state, &front_end, memory);
    for (int stage = NOTHING; stage < STAGES; stage++) {
        run_up_to((enum stage)stage);
    }
    run_whole();
    run_dense();
    print_number("size", "fe_state", sizeof state + fe_memory_bytes(&front_end));
    machine_print("end\n");
    machine_stop();
}
