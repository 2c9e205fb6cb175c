#include "run.h"

#include "batch.h"

/* From the beginning of a column on, as many columns as whole batches give; their samples are *consumed. */
static size_t run_batches(fe_state *state, const int16_t *samples, size_t n, int8_t *columns, int32_t *logmel_q16,
                          size_t *consumed)
{
    const fe_config *config = fe_log_mel_config(state);
    size_t step = (size_t)FE_BATCH_COLUMNS * config->hop;
    size_t needed = step - config->hop + config->fft;
    size_t cells = (size_t)FE_BATCH_COLUMNS * config->bands;
    size_t done = 0, used = 0;

    while (state->skip == 0 && n - used >= needed && fe_batch(config, samples + used, columns, logmel_q16)) {
        size_t taken = n - used < step ? n - used : step; /* a hop beyond the fft may end beyond the samples */

        state->skip = (uint32_t)(step - taken);
        used += taken;
        columns += cells;
        logmel_q16 = logmel_q16 == NULL ? NULL : logmel_q16 + cells;
        done += FE_BATCH_COLUMNS;
    }
    *consumed = used;
    return done;
}

size_t fe_run(fe_state *state, const int16_t *samples, size_t n, int8_t *columns, int32_t *values)
{
    size_t bands = state->front_end->bands, done = 0;
    bool batches = state->front_end->kind == &fe_log_mel; /* the one kind that comes in eights */

    while (n > 0) {
        bool ready = false;
        size_t taken = 0, added = 0;
        int32_t *unquantised = values == NULL ? NULL : values + done * bands;

        if (batches && state->filled == 0 && state->skip == 0) {
            added = run_batches(state, samples, n, columns + done * bands, unquantised, &taken);
        }
        if (added == 0) {
            taken = fe_push(state, samples, n, columns + done * bands, unquantised, &ready);
            added = ready;
        }
        samples += taken;
        n -= taken;
        done += added;
    }
    return done;
}

void fe_run_window(fe_state *state, const int8_t *columns, size_t frames, int8_t *cells)
{
    const fe_front_end *front_end = state->front_end;
    const fe_kind *kind = front_end->kind;

    kind->window_begin(state->own);
    kind->window_measure(state->own, columns, frames);
    for (size_t i = 0; i < frames; i++) {
        kind->window_cells(state->own, columns + i * front_end->bands, cells + i * front_end->model_bands);
    }
}

uint16_t fe_run_max_fft(const fe_front_end *front_end)
{
    return fe_max_fft(front_end->kind);
}
