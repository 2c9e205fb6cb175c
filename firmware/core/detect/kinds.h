/* Which kinds of detectors there are: a line each, and one in host/detector/kinds.py. firmware/README.md tells how one is added.

   Every firmware holds them all: they are small, and a deployed bundle may be of any. */
#ifndef CORE_DETECT_KINDS_H
#define CORE_DETECT_KINDS_H

#include "detect/detector.h"

#define DETECTOR_KINDS(KIND) \
    KIND(threshold) /* the one that a settings block does not name */ \
    KIND(mean_window) \
    KIND(argmax) \
    KIND(n_of_m)

/* Closed by NULL. */
extern const detector_kind *const detector_kinds[];

#define DETECTOR_DECLARE(kind) extern const detector_kind detector_##kind;
DETECTOR_KINDS(DETECTOR_DECLARE)

#endif
