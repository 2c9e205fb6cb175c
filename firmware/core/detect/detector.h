/* Detectors: a window's scores in, changes of classes out. Integer only: host/detector is the same rule on the host.
 *
 * A detector is a kind: a file here with a `detector_kind`, and a line in kinds.h. Whoever uses detectors knows this header
 * only. What a kind has to know of the bundle lies in its settings block (host/bundle/settings_block.py); what it remembers
 * lies in memory that the caller gives, once a bundle is known. */
#ifndef CORE_DETECT_DETECTOR_H
#define CORE_DETECT_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bundle/core_bundle.h"

#define DETECTOR_ALIGNMENT 8u /* of its memory */

/* One class, as detector_change() tells it. */
typedef struct detector_class {
    uint8_t flags;
    int8_t score; /* of its last change */
} detector_class;

/* One stream's detector. The caller allocates it and treats it as opaque. */
typedef struct detector_state {
    const core_bundle *bundle;
    detector_class *classes; /* [bundle->classes]; NULL: the detector has no memory */
    void *own;               /* the kind's part */
} detector_state;

/* What a kind provides. `own` is aligned to DETECTOR_ALIGNMENT. */
typedef struct detector_kind {
    const char *name; /* as bundle.json's `detector.kind`; shorter than FE_KIND_BYTES */

    /* Whether `bundle->detector_parameters` are sound, with what else of the bundle they have to fit: they may come from
       anywhere. Of every class the release is at most the threshold. */
    bool (*check)(const core_bundle *bundle);

    /* Bytes of `own`, for a bundle that `check` accepted. */
    size_t (*own_bytes)(const core_bundle *bundle);

    /* A new stream begins. `own` is zeros. */
    void (*reset)(void *own, const core_bundle *bundle);

    /* The next window: calls detector_set for every class. scores: int8[classes]. */
    void (*window)(detector_state *detector, const int8_t *scores);
} detector_kind;

/* The kind of that name; NULL: this build lacks it. */
const detector_kind *detector_kind_named(const char *name);

/* Bytes of memory that a stream's detector needs. */
size_t detector_memory_bytes(const core_bundle *bundle);

/* `bundle` and `memory` (aligned to DETECTOR_ALIGNMENT) must stay where they are as long as `detector` is used. */
void detector_init(detector_state *detector, const core_bundle *bundle, void *memory);

/* A new stream begins: no class is active. */
void detector_reset(detector_state *detector);

/* The next window. What it changed is then told by detector_change, and is forgotten with the window after it. */
void detector_window(detector_state *detector, const int8_t *scores);

/* The next change of a class in the newest window; false: there is none, or none any more. */
bool detector_change(detector_state *detector, uint8_t label, bool *active, int8_t *score);

/* ---- for kinds */

bool detector_active(const detector_state *detector, unsigned label);

/* What a class is from this window on, and the score that decided. A class that the bundle does not report stays inactive.
   One window may end a detection and begin the next one, in this order. */
void detector_set(detector_state *detector, unsigned label, bool active, int8_t score);

/* Two bytes of the parameters, little-endian. */
uint16_t detector_u16(const uint8_t *in);

#endif
