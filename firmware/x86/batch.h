#ifndef X86_BATCH_H
#define X86_BATCH_H

#include "frontend/log_mel/log_mel.h"

#define FE_BATCH_COLUMNS 8

/* Computes FE_BATCH_COLUMNS columns at once where the processor has vectors for it (x86-64 with AVX2): the same bits as
   column by column, several times faster. samples: int16[(FE_BATCH_COLUMNS - 1) * hop + fft]; columns and logmel_q16 as
   for fe_run. Returns false, and does nothing, on other processors. */
bool fe_batch(const fe_config *config, const int16_t *samples, int8_t *columns, int32_t *logmel_q16);

#endif
