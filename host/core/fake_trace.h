/* The made-up model's tensors, each in a piece of the heap of exactly its size. A part of fake_target.c. */
enum { MORE_RECORDS = 60, MOST_INPUTS = 3, CASE_BYTES = 10 };

static bool kept, opened;
static uint32_t kept_inferences;
static uint8_t *case_inputs[MOST_INPUTS];
static uint8_t case_count;

static void forget_trace(void)
{
    kept = opened = false;
    for (unsigned i = 0; i < MOST_INPUTS; i++) {
        free(case_inputs[i]);
        case_inputs[i] = NULL;
    }
    case_count = 0;
}

static bool keep(void *context, uint32_t *needed, uint32_t *room)
{
    (void)context;
    *needed = 10;
    *room = 5;
    if (controls.keep_fails) {
        return false;
    }
    kept = true;
    kept_inferences = inferences;
    return true;
}

static bool tensor(void *context, bool output, uint16_t index, void **data, uint32_t *bytes)
{
    static uint8_t given[2];

    (void)context;
    if (output) {
        given[0] = 0xAB;
        given[1] = (uint8_t)inferences;
        *data = given;
        *bytes = sizeof given;
        return index == 0;
    }
    if (opened) {
        *data = index < case_count ? case_inputs[index] : NULL;
        *bytes = (uint32_t)(CASE_BYTES * (index + 1u));
        return index < case_count;
    }
    *data = input;
    *bytes = (uint32_t)input_bytes;
    return index == 0;
}

static void tell(core_trace_take take, void *taker, core_trace_tensor tensor, const void *bytes)
{
    uint8_t *copy = tensor.bytes > 0 ? malloc(tensor.bytes) : NULL;

    if (copy != NULL) {
        memcpy(copy, bytes, tensor.bytes);
    }
    tensor.data = copy;
    take(taker, &tensor);
    free(copy);
}

/* Each input with its bits turned over, the number of inferences, an empty tensor, and some more. */
static bool trace(void *context, core_trace_take take, void *taker, char *why, size_t why_size)
{
    uint8_t number[4];
    void *data;
    uint32_t bytes;

    inferences = kept ? kept_inferences : inferences;
    if (fails(&controls.invokes_to_crash)) {
        longjmp(crash, 1);
    }
    if (fails(&controls.invokes_to_fail)) {
        if (!controls.mute) {
            strncpy(why, "invoke fails", why_size);
        }
        return false;
    }
    for (uint16_t i = 0; tensor(context, false, i, &data, &bytes); i++) {
        uint8_t *turned = malloc(bytes);

        for (uint32_t at = 0; at < bytes; at++) {
            turned[at] = (uint8_t) ~((uint8_t *)data)[at];
        }
        tell(take, taker,
             (core_trace_tensor){.code = 3, .tensor = 1, .bytes = bytes, .modulo = 5, .timed = true, .ticks = 7},
             turned);
        free(turned);
        if (!opened) {
            memset(data, 0x55, bytes); /* the input's place is used for others */
        }
    }
    inferences++;
    msg_put_u32(number, inferences);
    tell(take, taker, (core_trace_tensor){.op = 1, .code = 27, .role = CORE_TRACE_WRITTEN + 1, .tensor = 2, .bytes = 4},
         number);
    tell(take, taker, (core_trace_tensor){.subgraph = 1, .code = 9, .modulo = CORE_TRACE_NO_MODULO}, NULL);
    for (uint32_t i = 0; i < MORE_RECORDS + controls.records; i++) {
        uint8_t byte = (uint8_t)i;

        tell(take, taker, (core_trace_tensor){.op = (uint16_t)(2 + i), .code = 300, .tensor = 10u + i, .bytes = 1},
             &byte);
    }
    return true;
}

static bool open_case(void *context, const uint8_t *model, uint32_t length, core_case *info, char *why, size_t why_size)
{
    (void)context;
    free(input);
    input = NULL;
    controls.loads++;
    inferences = 0;
    forget_trace();
    if (fails(&controls.loads_to_fail)) {
        strncpy(why, "load fails", why_size);
        return false;
    }
    opened = true;
    case_count = model[length - 1] & 3;
    for (unsigned i = 0; i < case_count; i++) {
        case_inputs[i] = calloc(1, CASE_BYTES * (i + 1));
    }
    *info = (core_case){.inputs = case_count, .outputs = 1, .arena_used = length};
    return true;
}

static void shift(void *context, uint8_t units)
{
    (void)context;
    controls.shift = units;
}
