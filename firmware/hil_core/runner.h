/* TFLite Micro behind the HAL's inference functions. */
#ifndef ESP32_RUNNER_H
#define ESP32_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "hal.h"

/* Takes the tensor arena from internal RAM, once. False: there is not enough of it. */
bool runner_open(void);

/* The front end's part of that memory, from its beginning; the arena is the rest. */
void *runner_frontend_memory(void *context, size_t bytes, char *why, size_t why_size);

bool runner_load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size);
bool runner_invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size);
bool runner_profile(void *context, uint16_t index, core_op_profile *out);
bool runner_trace(void *context, core_trace_take take, void *taker, char *why, size_t why_size);
bool runner_keep(void *context, uint32_t *needed, uint32_t *room);
bool runner_tensor(void *context, bool output, uint16_t index, void **data, uint32_t *bytes);
bool runner_open_case(void *context, const uint8_t *model, uint32_t length, core_case *info, char *why,
                      size_t why_size);
void runner_shift(void *context, uint8_t units);

#ifdef __cplusplus
}
#endif

#endif
