/* The hardware abstraction layer: what a target provides. Who fills in this table has ported the firmware.
 *
 * The core calls these functions from session_step() only, never from an interrupt, and never two at a time. */
#ifndef CORE_HAL_H
#define CORE_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bundle/core_bundle.h"

/* What loading a model told: zero where the target cannot know. */
typedef struct core_model_info {
    void *input; /* the input tensor, which the caller fills before core_hal.model_invoke; aligned for its type */
    uint32_t arena_size; /* bytes set aside for tensors */
    uint32_t arena_used; /* bytes the model took of them */
    bool stateful;       /* it remembers: its outputs depend on the windows before */
} core_model_info;

/* Zero means "not known on this target". */
typedef struct core_memory {
    uint32_t stack_free;    /* least stack ever left, bytes */
    uint32_t heap_free;     /* bytes free now */
    uint32_t heap_min_free; /* least ever free, bytes */
} core_memory;

/* One tensor that an op of the model gave, while its bytes are there. */
typedef struct core_trace_tensor {
    uint8_t subgraph;
    uint16_t op, code; /* number in the subgraph, and builtin code */
    uint8_t role;      /* number of the op's output; CORE_TRACE_WRITTEN and the number of an input that it wrote into */
    uint32_t tensor, bytes;
    const void *data;
    uint8_t modulo; /* of its address, by 16; CORE_TRACE_NO_MODULO: not known */
    bool timed;
    uint32_t ticks; /* of the op, those inside it included */
} core_trace_tensor;

#define CORE_TRACE_WRITTEN 0x80u
#define CORE_TRACE_NO_MODULO 0xFFu

typedef void (*core_trace_take)(void *taker, const core_trace_tensor *tensor);

/* A model that is no bundle. */
typedef struct core_case {
    uint8_t inputs, outputs;
    uint32_t arena_used;
} core_case;

/* One op of the model in the last inference. */
typedef struct core_op_profile {
    const char *name;
    uint32_t ticks;
    uint32_t calls;
} core_op_profile;

/* Flash that holds deployed bundles: see slot.h. Offsets count from the partition's start. */
typedef struct core_flash {
    uint32_t size;                        /* bytes; 0 = no slot on this board */
    uint32_t sector_size;                 /* smallest erasable unit, bytes */
    const uint8_t *(*map)(void *context); /* the partition as memory; stays valid; shows what write() wrote */
    bool (*erase)(void *context, uint32_t offset, uint32_t length); /* whole sectors; they then read 0xFF */
    bool (*write)(void *context, uint32_t offset, const uint8_t *data,
                  uint32_t length); /* erased bytes only; 4-aligned */
} core_flash;

typedef struct core_hal {
    void *context; /* passed back to every function */

    const char *firmware_version;
    const char *board;     /* "virtual", "esp32", ... */
    const char *chip;      /* and what computes the model, e.g. "ESP32-D0WD tflm" */
    uint32_t capabilities; /* MSG_CAPABILITY_... beyond those that the functions below imply */
    uint8_t reset_reason;  /* MSG_RESET_REASON_... of this boot */
    uint32_t clock_hz;     /* rate of ticks() */

    uint64_t (*now_us)(void *context); /* since boot, monotonic */
    uint32_t (*ticks)(void *context);  /* free-running at clock_hz, wraps; stage latencies are differences of it */
    void (*memory)(void *context, core_memory *out);
    /* What it was built with, a line each, such as "esp-nn 1.2.3 O2". Zero-terminated. NULL: not told. */
    void (*build)(void *context, char *text, size_t size);
    void (*restart)(void *context); /* may return on a target that restarts later */

    /* `bytes` of memory for the front end's streams, aligned to FE_ALIGNMENT, which stay its own until the next call; it is
     * taken from where tensors lie, and the model loaded before is dropped. NULL: there is not as much, `why` says so. */
    void *(*frontend_memory)(void *context, size_t bytes, char *why, size_t why_size);

    /* Inference. NULL model_load: this board computes features only.
     * load: drops a model loaded before, then loads bundle->model, which stays valid and in place. A model that remembers
     * starts with nothing remembered, and a stream's start loads it anew.
     * invoke: scores and logits (NULL: the model has none) get the bytes of the output tensors as they are.
     * On failure: false, and `why` holds the cause with numbers (size of the arena needed, name of the op). */
    bool (*model_load)(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size);
    bool (*model_invoke)(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size);
    /* Continues *crc (link/crc32.h) with the bytes of the loaded model, every one of them read for this call. NULL: the
     * interpreter reads bundle->model in place, and the core does so too. False: as model_load. */
    bool (*model_crc32)(void *context, uint32_t *crc, char *why, size_t why_size);
    /* The index-th op of the last inference; false past the end. NULL: no profile. */
    bool (*model_profile)(void *context, uint16_t index, core_op_profile *out);

    /* Traces. NULL model_trace: none on this board, and then the others are NULL too.
     * trace: one inference on the input tensor as it is, and `take` with each tensor that an op gives, in the order of
     * computing. Before it the model becomes again what it was at the last `keep` since it was loaded.
     * keep: remembers what the model remembers. False: there is no memory for it, `room` bytes instead of `needed`.
     * tensor: where the model's input or output of that number lies; false: it has none. Inputs are valid, and may be
     * written, until the model runs; outputs from then on.
     * open: as model_load, for a model of any inputs and outputs, which then is what `trace` runs. NULL: it cannot.
     * shift: arenas lie `units` times 16 bytes further from the next load on. NULL: they cannot. */
    bool (*model_trace)(void *context, core_trace_take take, void *taker, char *why, size_t why_size);
    bool (*model_keep)(void *context, uint32_t *needed, uint32_t *room);
    bool (*model_tensor)(void *context, bool output, uint16_t index, void **data, uint32_t *bytes);
    bool (*model_open)(void *context, const uint8_t *model, uint32_t length, core_case *info, char *why,
                       size_t why_size);
    void (*model_shift)(void *context, uint8_t units);

    /* The line's speed. NULL: it has none, or it cannot change. True: rate will be used from the next byte on. */
    bool (*set_baud)(void *context, uint32_t rate);
    uint32_t boot_baud; /* the rate at boot, to fall back to */

    /* Microphone at the bundle's sample rate. NULL start: none. read: never waits; returns samples read. */
    bool (*microphone_start)(void *context, uint32_t sample_rate, char *why, size_t why_size);
    size_t (*microphone_read)(void *context, int16_t *samples, size_t capacity);
    void (*microphone_stop)(void *context);

    core_flash flash;
} core_hal;

#endif
