#include "inference.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/model_ends.h"
#include "tracing.h"

enum { OPERATION_LOAD = 1, OPERATION_INVOKE = 2, OPERATION_CHECKSUM = 3 };
enum { STATUS_WELL = 0, STATUS_CRASHED = 3 };

static int16_t input[CORE_MAX_CELLS]; /* cells of any type */
static size_t input_bytes, output_bytes;
static void (*on_crash)(void);

void inference_on_crash(void (*crash)(void))
{
    on_crash = crash;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

bool inference_ask(uint32_t operation, const void *head, size_t head_len, const void *body, size_t body_len)
{
    uint8_t request[8];

    put_u32(request, operation);
    put_u32(request + 4, (uint32_t)(head_len + body_len));
    return fwrite(request, sizeof request, 1, stdout) == 1 &&
           (head_len == 0 || fwrite(head, head_len, 1, stdout) == 1) &&
           (body_len == 0 || fwrite(body, body_len, 1, stdout) == 1) && fflush(stdout) == 0;
}

bool inference_answer(uint8_t **out, uint32_t *length, char *why, size_t why_size)
{
    uint8_t head[8];
    uint8_t *body;
    size_t kept;

    if (fread(head, sizeof head, 1, stdin) != 1) {
        snprintf(why, why_size, "the inference process is gone");
        return false;
    }
    *length = get_u32(head + 4);
    if (get_u32(head) == STATUS_CRASHED && *length == 0 && on_crash != NULL) {
        on_crash();
    }
    body = malloc((size_t)*length + 1);
    if (body == NULL || fread(body, 1, *length, stdin) != *length) {
        snprintf(why, why_size, "the inference process does not end its answer");
        free(body);
        return false;
    }
    if (get_u32(head) == STATUS_WELL) {
        *out = body;
        return true;
    }
    kept = *length < why_size - 1 ? *length : why_size - 1;
    memcpy(why, body, kept);
    why[kept] = '\0';
    free(body);
    if (kept == 0) {
        snprintf(why, why_size, "the inference process gives no reason");
    }
    return false;
}

/* An answer of exactly `expected` bytes. */
static bool answer(void *out, size_t expected, char *why, size_t why_size)
{
    uint8_t *body;
    uint32_t length;

    if (!inference_answer(&body, &length, why, why_size)) {
        return false;
    }
    if (length == expected) {
        memcpy(out, body, expected);
    } else {
        snprintf(why, why_size, "the inference process answered %u bytes, not %u", (unsigned)length,
                 (unsigned)expected);
    }
    free(body);
    return length == expected;
}

void *inference_input(uint32_t *bytes)
{
    *bytes = (uint32_t)input_bytes;
    return input;
}

bool inference_load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size)
{
    uint8_t head[4] = {bundle->scores_output, model_ends_logits(bundle) ? bundle->logits_output : 0xFF, 0, 0};
    uint8_t sizes[12];

    (void)context;
    tracing_forget();
    input_bytes = model_ends_input_bytes(bundle);
    output_bytes = model_ends_output_bytes(bundle);
    if (!inference_ask(OPERATION_LOAD, head, sizeof head, bundle->model, bundle->model_len)) {
        snprintf(why, why_size, "the inference process is gone");
        return false;
    }
    if (!answer(sizes, sizeof sizes, why, why_size)) {
        return false;
    }
    info->input = input;
    info->arena_size = get_u32(sizes);
    info->arena_used = get_u32(sizes + 4);
    info->stateful = get_u32(sizes + 8) != 0;
    return true;
}

bool inference_crc32(void *context, uint32_t *crc, char *why, size_t why_size)
{
    uint8_t number[4];

    (void)context;
    put_u32(number, *crc);
    if (!inference_ask(OPERATION_CHECKSUM, NULL, 0, number, sizeof number)) {
        snprintf(why, why_size, "the inference process is gone");
        return false;
    }
    if (!answer(number, sizeof number, why, why_size)) {
        return false;
    }
    *crc = get_u32(number);
    return true;
}

bool inference_invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size)
{
    int8_t outputs[2 * CORE_MAX_CLASSES];
    size_t count = logits != NULL ? 2u * output_bytes : output_bytes;

    (void)context;
    if (!inference_ask(OPERATION_INVOKE, NULL, 0, input, input_bytes)) {
        snprintf(why, why_size, "the inference process is gone");
        return false;
    }
    if (!answer(outputs, count, why, why_size)) {
        return false;
    }
    memcpy(scores, outputs, output_bytes);
    if (logits != NULL) {
        memcpy(logits, outputs + output_bytes, output_bytes);
    }
    return true;
}
