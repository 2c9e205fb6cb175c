#include "tracing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference.h"
#include "messages.h"

enum { OPERATION_TRACE = 4, OPERATION_KEEP = 5, OPERATION_CASE = 6 };
enum { MOST_INPUTS = 16, RECORD_BYTES = 16 };

static uint8_t *answered; /* the last trace, whose end are the model's outputs */
static uint32_t answered_length, outputs_at, outputs;
static uint8_t *case_inputs; /* one after the other; NULL: the loaded model is a bundle's */
static uint32_t case_sizes[MOST_INPUTS], case_count, case_bytes;

void tracing_forget(void)
{
    free(answered);
    free(case_inputs);
    answered = case_inputs = NULL;
    answered_length = outputs = case_count = case_bytes = 0;
}

static bool gone(char *why, size_t why_size)
{
    snprintf(why, why_size, "the inference process is gone");
    return false;
}

/* Whether `bytes` follow at `at`. */
static bool has(uint32_t at, uint32_t bytes)
{
    return at <= answered_length && bytes <= answered_length - at;
}

/* Tells all tensors. False: the answer is not what it should be. */
static bool tell(core_trace_take take, void *taker)
{
    uint32_t at = 4;

    for (uint32_t left = has(0, 4) ? msg_get_u32(answered) : 0; left > 0; left--) {
        const uint8_t *record = answered + at;

        if (!has(at, RECORD_BYTES) || !has(at + RECORD_BYTES, msg_get_u32(record + 12))) {
            return false;
        }
        core_trace_tensor tensor = {.subgraph = record[0],
                                    .role = record[1],
                                    .op = msg_get_u16(record + 2),
                                    .code = msg_get_u16(record + 4),
                                    .tensor = msg_get_u32(record + 8),
                                    .bytes = msg_get_u32(record + 12),
                                    .data = record + RECORD_BYTES,
                                    .modulo = CORE_TRACE_NO_MODULO};

        take(taker, &tensor);
        at += RECORD_BYTES + tensor.bytes;
    }
    if (!has(at, 4)) {
        return false;
    }
    outputs = msg_get_u32(answered + at);
    outputs_at = at + 4;
    return true;
}

bool tracing_trace(void *context, core_trace_take take, void *taker, char *why, size_t why_size)
{
    uint32_t bytes;
    const void *input = inference_input(&bytes);

    (void)context;
    if (case_inputs != NULL) {
        input = case_inputs;
        bytes = case_bytes;
    }
    if (!inference_ask(OPERATION_TRACE, NULL, 0, input, bytes)) {
        return gone(why, why_size);
    }
    free(answered);
    answered = NULL;
    answered_length = outputs = 0;
    if (!inference_answer(&answered, &answered_length, why, why_size)) {
        return false;
    }
    if (!tell(take, taker)) {
        snprintf(why, why_size, "the inference process tells no trace");
        return false;
    }
    return true;
}

bool tracing_keep(void *context, uint32_t *needed, uint32_t *room)
{
    uint8_t *kept;
    uint32_t length;
    char why[64];

    (void)context;
    *needed = *room = 0;
    if (!inference_ask(OPERATION_KEEP, NULL, 0, NULL, 0) || !inference_answer(&kept, &length, why, sizeof why)) {
        return false;
    }
    if (length == 8) {
        *needed = msg_get_u32(kept);
        *room = msg_get_u32(kept + 4);
    }
    free(kept);
    return length == 8 && *needed == 0;
}

static bool find_output(uint16_t index, void **data, uint32_t *bytes)
{
    uint32_t at = outputs_at;

    for (uint32_t i = 0; i < outputs && has(at, 4) && has(at + 4, msg_get_u32(answered + at)); i++) {
        *bytes = msg_get_u32(answered + at);
        *data = answered + at + 4;
        if (i == index) {
            return true;
        }
        at += 4 + *bytes;
    }
    return false;
}

bool tracing_tensor(void *context, bool output, uint16_t index, void **data, uint32_t *bytes)
{
    uint32_t at = 0;

    (void)context;
    if (output) {
        return find_output(index, data, bytes);
    }
    if (case_inputs == NULL) {
        *data = inference_input(bytes);
        return index == 0;
    }
    for (uint32_t i = 0; i < index && i < case_count; i++) {
        at += case_sizes[i];
    }
    *data = case_inputs + at;
    *bytes = index < case_count ? case_sizes[index] : 0;
    return index < case_count;
}

bool tracing_open(void *context, const uint8_t *model, uint32_t length, core_case *info, char *why, size_t why_size)
{
    uint8_t *opened;
    uint32_t opened_length, inputs;

    (void)context;
    tracing_forget();
    if (!inference_ask(OPERATION_CASE, NULL, 0, model, length)) {
        return gone(why, why_size);
    }
    if (!inference_answer(&opened, &opened_length, why, why_size)) {
        return false;
    }
    inputs = opened_length >= 8 ? msg_get_u32(opened) : 0;
    if (inputs < 1 || inputs > MOST_INPUTS || opened_length != 8 + 4 * inputs) {
        snprintf(why, why_size, "the model has %u inputs; a case has 1 to %d", (unsigned)inputs, MOST_INPUTS);
        free(opened);
        return false;
    }
    for (case_count = 0; case_count < inputs; case_count++) {
        case_sizes[case_count] = msg_get_u32(opened + 8 + 4 * case_count);
        case_bytes += case_sizes[case_count];
    }
    case_inputs = calloc(1, (size_t)case_bytes + 1);
    *info = (core_case){.inputs = (uint8_t)inputs, .outputs = (uint8_t)msg_get_u32(opened + 4)};
    free(opened);
    if (case_inputs == NULL) {
        snprintf(why, why_size, "there is no memory for the case's inputs");
    }
    return case_inputs != NULL;
}
