/* Audio in, columns, windows and detections out: the detector's data path, without any link.
 *
 * stream_push() takes samples up to the next column. What that column caused stays pending in the state until the
 * owner has passed it on (stream_features, stream_window, stream_detection), and only then is more audio taken: so a slow
 * line holds the audio back instead of losing results. */
#ifndef CORE_DETECT_STREAM_H
#define CORE_DETECT_STREAM_H

#include "bundle/core_bundle.h"
#include "detect/detector.h"
#include "frontend/frontend.h"
#include "hal.h"

/* One window's outputs and what they cost. Times are ticks of the target's clock. */
typedef struct stream_window {
    uint32_t index;
    uint32_t first_column;
    uint16_t columns; /* whose front-end time is counted here: those since the window before */
    uint64_t frontend_ticks;
    uint32_t frontend_max_ticks;          /* the slowest column among them */
    uint32_t inference_ticks;             /* copying the input, the model, reading its outputs */
    uint64_t total_ticks;                 /* front end, inference, detector */
    int8_t outputs[2 * CORE_MAX_CLASSES]; /* see model_ends_values() */
} stream_window;

/* What a trace needs of a stream. */
typedef struct stream_trace {
    uint32_t window;       /* the model is kept as it is before this one; STREAM_NO_WINDOW: never */
    bool in_ring;          /* the ring's columns are the last window's */
    bool kept, lacks_room; /* whether it was, or why not */
    uint32_t needed, room;
} stream_trace;

#define STREAM_NO_WINDOW UINT32_MAX

typedef struct stream_state {
    const core_bundle *bundle;
    const core_hal *hal;
    core_model_info model; /* input is NULL while no model is loaded */
    bool infer;
    bool keep_features; /* whether columns are to be passed on */

    fe_state frontend;
    detector_state detector;
    int8_t ring[CORE_MAX_CELLS]; /* the last `frames` columns, column c at index c mod frames */
    uint16_t ring_index;         /* of the next column */

    uint32_t samples, columns, windows, detections;
    uint32_t features_sent;  /* columns passed on so far */
    uint32_t next_window_at; /* number of columns at which the next window is complete */

    uint64_t column_ticks; /* front-end time spent on the column in progress */
    bool window_pending;
    bool window_sent;        /* its outputs were passed on; its detections follow */
    uint8_t detection_label; /* labels below it are done with for the pending window */
    stream_window window;
    stream_trace trace;
    char why[96]; /* cause of the last failed inference; empty when none failed */
} stream_state;

/* The model is loaded by the owner, who sets stream->model. */
void stream_init(stream_state *stream, const core_hal *hal);
void stream_start(stream_state *stream, const core_bundle *bundle, bool infer, bool keep_features);

/* Takes samples up to the end of the next column at most. Returns how many; 0 while something is pending. */
size_t stream_push(stream_state *stream, const int16_t *samples, size_t count);

/* Columns not yet passed on that lie in one piece: their count (0: none), the first one's number and their cells. */
uint16_t stream_features(const stream_state *stream, uint32_t *first_column, const int8_t **cells);
void stream_features_done(stream_state *stream, uint16_t columns);
/* The cells of one column of the newest complete window, 0 being its oldest. Valid until the next stream_push. */
const int8_t *stream_window_column(const stream_state *stream, uint16_t column);
/* True while stream_push takes nothing: a window waits, or the next column would overwrite one not passed on. */
bool stream_blocked(const stream_state *stream);

/* The next change of the pending window; false: none is left. */
bool stream_detection(stream_state *stream, uint8_t *label, bool *active, int8_t *score);
void stream_window_done(stream_state *stream);

/* A window without a stream: `count` bytes of its columns, from byte `first` on, on their way into the model's input. Pieces
   follow each other. Only while no stream is running: what the ring holds is lost. */
void stream_put_columns(stream_state *stream, size_t first, const int8_t *cells, size_t count);

/* A model that remembers is kept as it is now, before `window`, where that one is to be traced; stream->trace says whether
   that went well. */
void stream_keep_model(stream_state *stream, uint32_t window);

/* The last window's cells, once more, in stream->model.input. Only where stream->trace.in_ring. */
void stream_put_window(const stream_state *stream);

/* One inference on `cells` already written to stream->model.input. False: see stream->why. */
bool stream_infer(stream_state *stream, int8_t *outputs);

/* ns of `ticks` at `clock_hz`; UINT32_MAX from 4 s on. */
uint32_t stream_ns(uint64_t ticks, uint32_t clock_hz);

#endif
