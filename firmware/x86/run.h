/* The front end over whole recordings, for the host: the chip has no use for it. */
#ifndef X86_RUN_H
#define X86_RUN_H

#include "frontend/frontend.h"

/* As fe_push for a recording or a chunk: consumes all n samples and writes the columns one after the other, eight at a
   time where the processor has vectors for it (batch.h), the same bits in any case.
   columns: int8[n_columns][bands], values: NULL or int32[n_columns][bands]; both must have room for
   fe_columns(state, n) of them. Returns how many columns were written. */
size_t fe_run(fe_state *state, const int16_t *samples, size_t n, int8_t *columns, int32_t *values);

/* The cells of a window, int8[frames][model_bands], from its columns, int8[frames][bands]; of kinds that have windows. */
void fe_run_window(fe_state *state, const int8_t *columns, size_t frames, int8_t *cells);

/* The longest FFT that the core takes of a front end's kind, in points. */
uint16_t fe_run_max_fft(const fe_front_end *front_end);

#endif
