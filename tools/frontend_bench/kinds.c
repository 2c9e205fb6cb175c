/* Runs a front end of any kind over the audio in bench_data.h and prints what tools/bench_frontend.py reads:
     column HEX          the int8 cells of a column
     values HEX          what they were quantised from, 16 bits each, in a second run
     clock push COUNT    machine_clock() for all of fe_push
     clock window COUNT  the same for the cells of a window of WINDOW columns, where they depend on all of it
     size memory BYTES   of a stream */
#include <stdbool.h>

#include "bench_data.h" /* bench_samples, BENCH_SAMPLES, BENCH_MEMORY, bench_image */
#include "core_limits.h"
#include "frontend/frontend.h"
#include "machine.h"
#include "print.h"

static fe_front_end front_end;
static fe_state state;
static _Alignas(FE_ALIGNMENT) uint8_t memory[BENCH_MEMORY];
static int8_t column[CORE_MAX_COLUMN];
static int32_t values[CORE_MAX_COLUMN];
static int8_t cells[CORE_MAX_BANDS];

enum { WINDOW = 32 };

static void print_column(bool as_cells)
{
    uint16_t halves[CORE_MAX_COLUMN];

    for (size_t i = 0; i < front_end.bands; i++) {
        halves[i] = (uint16_t)(as_cells ? (uint8_t)column[i] : values[i]);
    }
    print_values(as_cells ? "column" : "values", halves, front_end.bands, as_cells ? 2 : 4);
}

static void run(bool as_cells)
{
    const int16_t *samples = bench_samples;
    size_t left = BENCH_SAMPLES;
    uint32_t clock = 0;

    fe_reset(&state);
    while (left > 0) {
        bool ready;
        uint32_t start = machine_clock();
        size_t taken = fe_push(&state, samples, left, column, as_cells ? NULL : values, &ready);
        clock += machine_clock() - start;
        samples += taken;
        left -= taken;
        if (ready) {
            print_column(as_cells);
        }
    }
    if (as_cells) {
        print_number("clock", "push", clock);
    }
}

static void run_window(void)
{
    const fe_kind *kind = front_end.kind;
    uint32_t start = machine_clock();

    kind->window_begin(state.own);
    for (size_t i = 0; i < WINDOW; i++) {
        kind->window_measure(state.own, column, 1);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        kind->window_cells(state.own, column, cells);
    }
    print_number("clock", "window", machine_clock() - start);
}

int main(void)
{
    if (fe_open(&front_end, (const uint8_t *)bench_image, sizeof bench_image) != 0 ||
        fe_memory_bytes(&front_end) > sizeof memory) {
        machine_stop();
    }
    fe_init(&state, &front_end, memory);
    run(true);
    run(false);
    if (front_end.kind->window_cells != NULL) {
        run_window();
    }
    print_number("size", "memory", (uint32_t)(sizeof state + fe_memory_bytes(&front_end)));
    machine_print("end\n");
    machine_stop();
}
