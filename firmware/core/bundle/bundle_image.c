#include "bundle/bundle_image.h"

#include <stdbool.h>
#include <string.h>

#include "bundle/model_ends.h"
#include "link/crc32.h"
#include "bundle/sha256.h"
#include "detect/kinds.h"

/* Offsets in the header. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_HEADER_SIZE = 6,
    AT_LENGTH = 8,
    AT_CRC = 12,
    AT_CHECKED = 16, /* the CRC covers all from here on */
    AT_SETTINGS = 16,
    AT_FRONTEND = 24,
    AT_MODEL = 32,
    AT_FFT = 40,
    AT_BANDS = 42,
    AT_RESERVED = 44,
    AT_NAME = 48,
    AT_MODEL_HASH = 80,
    AT_FRONTEND_HASH = 112,
    AT_SETTINGS_HASH = 144,
    HEADER_SIZE = 176
};

enum { IMAGE_VERSION = 1, SECTION_ALIGNMENT = 16, MODEL_ALIGNMENT = 4 };
enum { SETTINGS_HEAD = 8, CLASS_HEAD = 4 };

static const uint8_t image_magic[4] = {'H', 'B', 'U', 'N'};
static const uint8_t tflite_magic[4] = {'T', 'F', 'L', '3'}; /* at byte 4 of every .tflite file */

typedef struct section {
    const uint8_t *data;
    uint32_t length;
} section;

static uint16_t get_u16(const uint8_t *in)
{
    return (uint16_t)(in[0] | (unsigned)in[1] << 8);
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)get_u16(in) | (uint32_t)get_u16(in + 2) << 16;
}

/* True when the section that the header describes at `at` lies within the image, behind the header. */
static bool find_section(const uint8_t *image, uint32_t length, uint32_t at, uint32_t alignment, section *out)
{
    uint32_t offset = get_u32(image + at);

    out->length = get_u32(image + at + 4);
    if (offset < HEADER_SIZE || offset > length || offset % alignment != 0 || out->length > length - offset) {
        return false;
    }
    out->data = image + offset;
    return true;
}

static bool hash_matches(const section *part, const uint8_t expected[CORE_HASH_BYTES])
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(part->data, part->length, digest);
    return memcmp(digest, expected, sizeof digest) == 0;
}

_Static_assert(FE_KIND_BYTES <= CORE_NAME_BYTES, "a kind's name stands in a bundle's");

static bundle_image_result check_frame(const uint8_t *image, size_t available, uint32_t *length)
{
    if (((uintptr_t)image & (SECTION_ALIGNMENT - 1)) != 0) {
        return BUNDLE_IMAGE_ALIGNMENT;
    }
    if (available < HEADER_SIZE) {
        return BUNDLE_IMAGE_TRUNCATED;
    }
    if (memcmp(image + AT_MAGIC, image_magic, sizeof image_magic) != 0) {
        return BUNDLE_IMAGE_MAGIC;
    }
    if (get_u16(image + AT_VERSION) != IMAGE_VERSION || get_u16(image + AT_HEADER_SIZE) != HEADER_SIZE) {
        return BUNDLE_IMAGE_VERSION;
    }
    *length = get_u32(image + AT_LENGTH);
    if (*length < HEADER_SIZE) {
        return BUNDLE_IMAGE_LENGTH;
    }
    if (*length > available) {
        return BUNDLE_IMAGE_TRUNCATED;
    }
    return crc32_of(image + AT_CHECKED, *length - AT_CHECKED) == get_u32(image + AT_CRC) ? BUNDLE_IMAGE_OK
                                                                                         : BUNDLE_IMAGE_CRC;
}

static bundle_image_result read_name(core_bundle *bundle, const uint8_t *name)
{
    if (name[0] == 0 || name[CORE_NAME_BYTES - 1] != 0) {
        return BUNDLE_IMAGE_NAME;
    }
    memcpy(bundle->name, name, CORE_NAME_BYTES);
    return BUNDLE_IMAGE_OK;
}

static bundle_image_result read_frontend(core_bundle *bundle, const uint8_t *image, const section *part)
{
    uint16_t fft = get_u16(image + AT_FFT), bands = get_u16(image + AT_BANDS);
    char name[FE_KIND_BYTES];
    const struct fe_kind *kind;

    /* first the sizes that the header tells, so that the limit in the way has a name */
    fe_image_kind(part->data, part->length, name);
    kind = fe_find_kind(name);
    if (kind != NULL && fft > fe_max_fft(kind)) {
        return kind->max_fft == 0 ? BUNDLE_IMAGE_MAX_FFT : BUNDLE_IMAGE_KIND_FFT;
    }
    if (bands > CORE_MAX_BANDS) {
        return BUNDLE_IMAGE_MAX_BANDS;
    }
    int error = fe_open(&bundle->frontend, part->data, part->length);

    if (error == FE_ERROR_KIND) {
        fe_image_kind(bundle->frontend.image, bundle->frontend.length, bundle->name);
        return BUNDLE_IMAGE_KIND;
    }
    return error == 0 && bundle->frontend.fft == fft && bundle->frontend.model_bands == bands ? BUNDLE_IMAGE_OK
                                                                                              : BUNDLE_IMAGE_FRONTEND;
}

/* What follows the classes: nothing, or a kind's name and its parameters. */
static bundle_image_result read_detector(core_bundle *bundle, const uint8_t *data, uint32_t length)
{
    char name[FE_KIND_BYTES];

    bundle->detector = &detector_threshold;
    if (length > 0) {
        if (length < sizeof name) {
            return BUNDLE_IMAGE_SETTINGS;
        }
        memcpy(name, data, sizeof name);
        if (!fe_is_kind_name(name) || name[0] == '\0' || strcmp(name, detector_threshold.name) == 0) {
            return BUNDLE_IMAGE_SETTINGS;
        }
        bundle->detector = detector_kind_named(name);
        bundle->detector_parameters = data + sizeof name;
        bundle->detector_length = (uint32_t)(length - sizeof name);
        if (bundle->detector == NULL) {
            memcpy(bundle->name, name, sizeof name);
            return BUNDLE_IMAGE_DETECTOR_KIND;
        }
    }
    return bundle->detector->check(bundle) ? BUNDLE_IMAGE_OK : BUNDLE_IMAGE_DETECTOR;
}

static bundle_image_result read_classes(core_bundle *bundle, const section *part)
{
    uint32_t at = SETTINGS_HEAD;

    bundle->labels = part->data + SETTINGS_HEAD + CLASS_HEAD - 1;
    for (unsigned i = 0; i < bundle->classes; i++) {
        const uint8_t *entry = part->data + at;
        uint8_t label_bytes;

        if (part->length - at < CLASS_HEAD) {
            return BUNDLE_IMAGE_SETTINGS;
        }
        label_bytes = entry[3];
        at += CLASS_HEAD;
        if (label_bytes > part->length - at) {
            return BUNDLE_IMAGE_SETTINGS;
        }
        at += label_bytes;
        bundle->on_threshold[i] = (int8_t)entry[0];
        bundle->off_threshold[i] = (int8_t)entry[1];
        bundle->detect[i] = entry[2];
        if (bundle->detect[i] > 1 || bundle->off_threshold[i] > bundle->on_threshold[i]) {
            return BUNDLE_IMAGE_THRESHOLDS;
        }
    }
    return read_detector(bundle, part->data + at, part->length - at);
}

static bundle_image_result read_settings(core_bundle *bundle, const section *part)
{
    unsigned classes;

    if (part->length < SETTINGS_HEAD) {
        return BUNDLE_IMAGE_SETTINGS;
    }
    bundle->frames = get_u16(part->data);
    bundle->stride = get_u16(part->data + 2);
    bundle->classes = part->data[4];
    classes = bundle->classes;
    bundle->ends = part->data[5];
    bundle->scores_output = part->data[6];
    bundle->logits_output = part->data[7];
    if (bundle->frames == 0 || bundle->stride == 0 || classes == 0 || !model_ends_valid(bundle) ||
        (model_ends_logits(bundle) && bundle->logits_output == bundle->scores_output)) {
        return BUNDLE_IMAGE_SETTINGS;
    }
    if ((uint32_t)bundle->frames * bundle->frontend.bands > CORE_MAX_CELLS) {
        return BUNDLE_IMAGE_MAX_CELLS;
    }
    if (classes > CORE_MAX_CLASSES || model_ends_values(bundle) > 2u * CORE_MAX_CLASSES) {
        return BUNDLE_IMAGE_MAX_CLASSES;
    }
    return read_classes(bundle, part);
}

static bundle_image_result read_model(core_bundle *bundle, const section *part)
{
    /* whether the rest of it is a sound flatbuffer, the target's interpreter decides */
    if (part->length < 8 || memcmp(part->data + 4, tflite_magic, sizeof tflite_magic) != 0) {
        return BUNDLE_IMAGE_MODEL;
    }
    bundle->model = part->data;
    bundle->model_len = part->length;
    return BUNDLE_IMAGE_OK;
}

static bundle_image_result read_hashes(core_bundle *bundle, const uint8_t *image, const section *settings,
                                       const section *frontend, const section *model)
{
    memcpy(bundle->model_hash, image + AT_MODEL_HASH, CORE_HASH_BYTES);
    memcpy(bundle->frontend_hash, image + AT_FRONTEND_HASH, CORE_HASH_BYTES);
    memcpy(bundle->settings_hash, image + AT_SETTINGS_HASH, CORE_HASH_BYTES);
    /* the host compares by these: they must be the truth about this image */
    if (!hash_matches(model, bundle->model_hash)) {
        return BUNDLE_IMAGE_MODEL_HASH;
    }
    if (!hash_matches(frontend, bundle->frontend_hash)) {
        return BUNDLE_IMAGE_FRONTEND_HASH;
    }
    return hash_matches(settings, bundle->settings_hash) ? BUNDLE_IMAGE_OK : BUNDLE_IMAGE_SETTINGS_HASH;
}

bundle_image_result bundle_image_parse(core_bundle *bundle, const uint8_t *image, size_t length)
{
    section settings, frontend, model;
    uint32_t image_length = 0;
    bundle_image_result result = check_frame(image, length, &image_length);

    if (result != BUNDLE_IMAGE_OK) {
        return result;
    }
    memset(bundle, 0, sizeof *bundle);
    if (get_u32(image + AT_RESERVED) != 0 ||
        !find_section(image, image_length, AT_SETTINGS, SECTION_ALIGNMENT, &settings) ||
        !find_section(image, image_length, AT_FRONTEND, SECTION_ALIGNMENT, &frontend) ||
        !find_section(image, image_length, AT_MODEL, MODEL_ALIGNMENT, &model)) {
        return BUNDLE_IMAGE_SECTION;
    }
    if ((result = read_name(bundle, image + AT_NAME)) != BUNDLE_IMAGE_OK ||
        (result = read_frontend(bundle, image, &frontend)) != BUNDLE_IMAGE_OK ||
        (result = read_settings(bundle, &settings)) != BUNDLE_IMAGE_OK ||
        (result = read_model(bundle, &model)) != BUNDLE_IMAGE_OK) {
        return result;
    }
    return read_hashes(bundle, image, &settings, &frontend, &model);
}

#define TEXT_OF(value) #value
#define VALUE_OF(macro) TEXT_OF(macro)
#define LIMIT(name) #name " = " VALUE_OF(name)

const char *bundle_image_reason(bundle_image_result result)
{
    static const char *const reasons[BUNDLE_IMAGE_RESULTS] = {
        [BUNDLE_IMAGE_OK] = "the bundle is in order",
        [BUNDLE_IMAGE_ALIGNMENT] = "the image does not lie at a multiple of 16",
        [BUNDLE_IMAGE_TRUNCATED] = "the image is cut off",
        [BUNDLE_IMAGE_MAGIC] = "this is not a bundle image",
        [BUNDLE_IMAGE_VERSION] = "the image's version is not the one this firmware reads",
        [BUNDLE_IMAGE_LENGTH] = "the image's length makes no sense",
        [BUNDLE_IMAGE_CRC] = "the image is damaged: wrong CRC",
        [BUNDLE_IMAGE_SECTION] = "a part of the image lies outside of it",
        [BUNDLE_IMAGE_NAME] = "the bundle's name is empty or too long",
        [BUNDLE_IMAGE_MAX_FFT] = "the FFT has more points than " LIMIT(CORE_MAX_FFT),
        [BUNDLE_IMAGE_KIND_FFT] = "the FFT has more points than the front end's kind takes",
        [BUNDLE_IMAGE_MAX_BANDS] = "the front end has more bands than " LIMIT(CORE_MAX_BANDS),
        [BUNDLE_IMAGE_MAX_CELLS] = "the window has more cells (frames x bands) than " LIMIT(CORE_MAX_CELLS),
        [BUNDLE_IMAGE_MAX_CLASSES] = "the model has more classes than " LIMIT(CORE_MAX_CLASSES),
        [BUNDLE_IMAGE_KIND] = "this firmware lacks the front end's kind",
        [BUNDLE_IMAGE_FRONTEND] = "the front end's tables are not sound",
        [BUNDLE_IMAGE_SETTINGS] = "the window's or the outputs' settings are not sound",
        [BUNDLE_IMAGE_THRESHOLDS] = "a threshold lies below its release",
        [BUNDLE_IMAGE_DETECTOR_KIND] = "this firmware lacks the detector's kind",
        [BUNDLE_IMAGE_DETECTOR] = "the detector's parameters are not sound",
        [BUNDLE_IMAGE_MODEL] = "the model is not a .tflite file",
        [BUNDLE_IMAGE_MODEL_HASH] = "the model's hash is wrong",
        [BUNDLE_IMAGE_FRONTEND_HASH] = "the front end's hash is wrong",
        [BUNDLE_IMAGE_SETTINGS_HASH] = "the settings' hash is wrong",
    };

    return (unsigned)result < BUNDLE_IMAGE_RESULTS ? reasons[result] : "unknown reason";
}
