/* Inference by another process at the other ends of stdin and stdout: host/model/inference_server.py.
 *
 * Request:  u32 operation, u32 length, length bytes. LOAD: u8 index of the scores output, u8 index of the logits output
 *           or 0xFF, u16 zero, then the model. INVOKE: the input tensor's bytes. CHECKSUM: u32 CRC-32 to continue.
 * Answer:   u32 status (0 = well), u32 length, length bytes. LOAD: u32 arena size, u32 arena used, u32 1 for a model that
 *           remembers, else 0. INVOKE: the bytes of the output tensors, scores, then logits. CHECKSUM: u32, with the loaded
 *           model's bytes. What traces ask is in tracing.h. Status 1: it failed, and the reason as text. Status 3: the model crashes its board, which tests
 *           ask for. Numbers are little-endian. */
#ifndef VIRTUAL_INFERENCE_H
#define VIRTUAL_INFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "hal.h"

/* What happens to a board whose kernels crash; does not return. Unset: the model fails. */
void inference_on_crash(void (*crash)(void));

/* One request of two parts. False: the process is gone. */
bool inference_ask(uint32_t operation, const void *head, size_t head_len, const void *body, size_t body_len);
/* Its answer, or the reason why there is none. *out is malloc'ed. */
bool inference_answer(uint8_t **out, uint32_t *length, char *why, size_t why_size);
/* Where the loaded model's input lies, and how long it is. */
void *inference_input(uint32_t *bytes);

bool inference_load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size);
bool inference_crc32(void *context, uint32_t *crc, char *why, size_t why_size);
bool inference_invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size);

#endif
