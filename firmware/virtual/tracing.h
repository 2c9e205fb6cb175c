/* Traces by the process of inference.h: TFLite Micro with all tensors preserved.
 *
 * Requests: TRACE: the bytes of the model's inputs, one after the other. KEEP: nothing. CASE: a model.
 * Answers: TRACE: u32 count, then for each tensor u8 subgraph, u8 role, u16 op, u16 code, u16 zero, u32 tensor, u32 length
 *          and its bytes; u32 outputs, then for each u32 length and its bytes. KEEP: u32 bytes needed, u32 bytes there,
 *          both 0 where it is kept. CASE: u32 inputs, u32 outputs, then u32 length of each input. */
#ifndef VIRTUAL_TRACING_H
#define VIRTUAL_TRACING_H

#include "hal.h"

/* Another model takes the place of the one loaded. */
void tracing_forget(void);

bool tracing_trace(void *context, core_trace_take take, void *taker, char *why, size_t why_size);
bool tracing_keep(void *context, uint32_t *needed, uint32_t *room);
bool tracing_tensor(void *context, bool output, uint16_t index, void **data, uint32_t *bytes);
bool tracing_open(void *context, const uint8_t *model, uint32_t length, core_case *info, char *why, size_t why_size);

#endif
