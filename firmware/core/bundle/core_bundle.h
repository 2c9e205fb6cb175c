/* A bundle as the core sees it: the model, the front end that feeds it, and what its outputs mean.
 *
 * Two sources give one: the generated `bundle.h` (`builtin_bundle`, compiled in) and bundle_image_parse() (deployed). The
 * pointers lead into constant memory of the source, which must stay valid and in place as long as the bundle is used. */
#ifndef CORE_BUNDLE_CORE_BUNDLE_H
#define CORE_BUNDLE_CORE_BUNDLE_H

#include <stdint.h>

#include "core_limits.h"
#include "frontend/frontend.h"

#define CORE_NAME_BYTES 32 /* a bundle's name, UTF-8, with at least one zero byte at its end */
#define CORE_HASH_BYTES 32 /* SHA-256 */

struct detector_kind; /* detect/detector.h */

typedef struct core_bundle {
    fe_front_end frontend;
    const uint8_t *model; /* a .tflite file, at a multiple of 16; of 4 where the host wants it so */
    uint32_t model_len;
    uint16_t frames; /* columns of one window */
    uint16_t stride; /* columns from one window to the next */
    uint8_t classes;
    uint8_t ends;                           /* what the model takes and gives: bundle/model_ends.h */
    uint8_t scores_output;                  /* index among the model's outputs */
    uint8_t logits_output;                  /* likewise; 0 without logits */
    int8_t on_threshold[CORE_MAX_CLASSES];  /* a class becomes active from this score on ... */
    int8_t off_threshold[CORE_MAX_CLASSES]; /* ... until its score is below this one */
    uint8_t detect[CORE_MAX_CLASSES];       /* 0: this class is never reported, e.g. "background" */
    const uint8_t *labels;                  /* the settings block from the first label's length on; checked */
    const struct detector_kind *detector;
    const uint8_t *detector_parameters; /* in the settings block, at any address; checked */
    uint32_t detector_length;           /* bytes of them */
    char name[CORE_NAME_BYTES];
    uint8_t model_hash[CORE_HASH_BYTES];
    uint8_t frontend_hash[CORE_HASH_BYTES]; /* of the front end's image: settings, tables, quantiser */
    uint8_t settings_hash[CORE_HASH_BYTES]; /* of window, outputs, thresholds and labels */
} core_bundle;

#endif
