/* Reads a bundle image: what is deployed to a board's model slot. host/bundle/image.py writes it and describes its layout.
 *
 * The image is untrusted: whatever its bytes are, nothing outside of them is read. */
#ifndef CORE_BUNDLE_BUNDLE_IMAGE_H
#define CORE_BUNDLE_BUNDLE_IMAGE_H

#include <stddef.h>

#include "bundle/core_bundle.h"

typedef enum bundle_image_result {
    BUNDLE_IMAGE_OK = 0,
    BUNDLE_IMAGE_ALIGNMENT,
    BUNDLE_IMAGE_TRUNCATED,
    BUNDLE_IMAGE_MAGIC,
    BUNDLE_IMAGE_VERSION,
    BUNDLE_IMAGE_LENGTH,
    BUNDLE_IMAGE_CRC,
    BUNDLE_IMAGE_SECTION,
    BUNDLE_IMAGE_NAME,
    BUNDLE_IMAGE_MAX_FFT,
    BUNDLE_IMAGE_KIND_FFT, /* of a kind with a limit of its own */
    BUNDLE_IMAGE_MAX_BANDS,
    BUNDLE_IMAGE_MAX_CELLS,
    BUNDLE_IMAGE_MAX_CLASSES,
    BUNDLE_IMAGE_KIND, /* bundle->name is the kind's */
    BUNDLE_IMAGE_FRONTEND,
    BUNDLE_IMAGE_SETTINGS,
    BUNDLE_IMAGE_THRESHOLDS,
    BUNDLE_IMAGE_DETECTOR_KIND, /* bundle->name is the kind's */
    BUNDLE_IMAGE_DETECTOR,
    BUNDLE_IMAGE_MODEL,
    BUNDLE_IMAGE_MODEL_HASH,
    BUNDLE_IMAGE_FRONTEND_HASH,
    BUNDLE_IMAGE_SETTINGS_HASH,
    BUNDLE_IMAGE_RESULTS /* how many there are */
} bundle_image_result;

/* Fills in `bundle`, whose pointers then lead into `image`. On failure its content is unspecified but as said above.
 * image: at an address that is a multiple of 16; length: bytes that may be read, at least the image's own length. */
bundle_image_result bundle_image_parse(core_bundle *bundle, const uint8_t *image, size_t length);

/* The result as a text for a person; limits are named as the firmware's sources name them. Never NULL. */
const char *bundle_image_reason(bundle_image_result result);

#endif
