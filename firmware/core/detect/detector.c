#include "detect/detector.h"

#include <string.h>

#include "detect/kinds.h"

enum { ACTIVE = 1, ENDED = 2, BEGAN = 4 };

#define DETECTOR_LIST(kind) &detector_##kind,

const detector_kind *const detector_kinds[] = {DETECTOR_KINDS(DETECTOR_LIST) NULL};

const detector_kind *detector_kind_named(const char *name)
{
    for (const detector_kind *const *kind = detector_kinds; *kind != NULL; kind++) {
        if (strcmp((*kind)->name, name) == 0) {
            return *kind;
        }
    }
    return NULL;
}

static size_t classes_bytes(const core_bundle *bundle)
{
    size_t bytes = bundle->classes * sizeof(detector_class);

    return (bytes + (DETECTOR_ALIGNMENT - 1)) & ~(size_t)(DETECTOR_ALIGNMENT - 1);
}

size_t detector_memory_bytes(const core_bundle *bundle)
{
    return classes_bytes(bundle) + bundle->detector->own_bytes(bundle);
}

void detector_init(detector_state *detector, const core_bundle *bundle, void *memory)
{
    detector->bundle = bundle;
    detector->classes = memory;
    detector->own = (uint8_t *)memory + classes_bytes(bundle);
    detector_reset(detector);
}

void detector_reset(detector_state *detector)
{
    if (detector->classes != NULL) {
        memset(detector->classes, 0, detector_memory_bytes(detector->bundle));
        detector->bundle->detector->reset(detector->own, detector->bundle);
    }
}

void detector_window(detector_state *detector, const int8_t *scores)
{
    for (unsigned label = 0; label < detector->bundle->classes; label++) {
        detector->classes[label].flags &= ACTIVE;
    }
    detector->bundle->detector->window(detector, scores);
}

bool detector_change(detector_state *detector, uint8_t label, bool *active, int8_t *score)
{
    detector_class *class = &detector->classes[label];

    if ((class->flags & (ENDED | BEGAN)) == 0) {
        return false;
    }
    *active = (class->flags & ENDED) == 0;
    *score = class->score;
    class->flags = (uint8_t)(class->flags & ~(*active ? BEGAN : ENDED));
    return true;
}

bool detector_active(const detector_state *detector, unsigned label)
{
    return (detector->classes[label].flags & ACTIVE) != 0;
}

void detector_set(detector_state *detector, unsigned label, bool active, int8_t score)
{
    detector_class *class = &detector->classes[label];

    if (detector_active(detector, label) == active || !detector->bundle->detect[label]) {
        return;
    }
    class->flags = (uint8_t)((class->flags ^ ACTIVE) | (active ? BEGAN : ENDED));
    class->score = score;
}

uint16_t detector_u16(const uint8_t *in)
{
    return (uint16_t)(in[0] | (unsigned)in[1] << 8);
}
