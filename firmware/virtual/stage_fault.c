#include "stage_fault.h"

#include <stdio.h>
#include <string.h>

#include "frontend/log_mel/mel.h"

static const stage_fault *wanted;
static fe_kind faulty;
static const fe_kind *honest;
static unsigned wanted_stage, columns;
static size_t step; /* bytes from one value to the next */

bool stage_fault_parse(stage_fault *fault, const char *text)
{
    int taken = 0;

    *fault = (stage_fault){.on = true, .every = 1};
    if (sscanf(text, "stage=%15[a-z],band=%u,add=%d%n,every=%u%n", fault->stage, &fault->band, &fault->add, &taken,
               &fault->every, &taken) < 3) {
        return false;
    }
    return text[taken] == '\0' && fault->every > 0;
}

typedef struct watcher {
    const fe_probe *other; /* who looks besides; NULL: nobody */
    bool alters;
} watcher;

static void alter(void *bytes, size_t size)
{
    if (strcmp(wanted->stage, "cells") == 0) {
        uint8_t *cells = bytes;

        if (wanted->band < size) {
            cells[wanted->band] = (uint8_t)(cells[wanted->band] + (uint32_t)wanted->add);
        }
    } else if (wanted->band < size / step) {
        uint32_t value;

        memcpy(&value, (uint8_t *)bytes + wanted->band * step, sizeof value);
        value += (uint32_t)wanted->add;
        memcpy((uint8_t *)bytes + wanted->band * step, &value, sizeof value);
    }
}

static void take(void *taker, unsigned stage, void *bytes, size_t size)
{
    const watcher *w = taker;

    if (w->alters && stage == wanted_stage) {
        alter(bytes, size);
    }
    if (w->other != NULL) {
        w->other->take(w->other->taker, stage, bytes, size);
    }
}

static void probed_column(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe)
{
    watcher w = {.other = probe, .alters = columns++ % wanted->every == wanted->every - 1};
    const fe_probe both = {.take = take, .taker = &w};

    honest->probed_column(own, samples, cells, values, &both);
}

static void column(void *own, const int16_t *samples, int8_t *cells, int32_t *values)
{
    probed_column(own, samples, cells, values, NULL);
}

static void reset(void *own)
{
    columns = 0;
    honest->reset(own);
}

static bool has_stage(const fe_front_end *front_end, const char *wanted_name, unsigned *stage)
{
    const char *name;

    *stage = 0;
    while ((name = fe_stage_name(front_end, *stage)) != NULL && strcmp(name, wanted_name) != 0) {
        ++*stage;
    }
    return name != NULL;
}

/* Whether a stage holds log-mel's sums, whose first word is the band's own. Kinds with other mel bands have one of the two. */
static bool holds_segments(const fe_front_end *front_end, const char *name)
{
    unsigned stage;

    return strcmp(name, "mel") == 0 && !has_stage(front_end, "noise", &stage) &&
           strcmp(front_end->kind->name, "biodcase-2026") != 0;
}

void stage_fault_put(const stage_fault *fault, fe_front_end *front_end)
{
    unsigned stage;

    if (!fault->on || front_end->kind == NULL || front_end->kind == &faulty) {
        return;
    }
    if (!has_stage(front_end, fault->stage, &stage)) {
        return;
    }
    step = holds_segments(front_end, fault->stage) ? sizeof(fe_segment) : sizeof(uint32_t);
    wanted = fault;
    wanted_stage = stage;
    honest = front_end->kind;
    faulty = *honest;
    faulty.column = column;
    faulty.probed_column = probed_column;
    faulty.reset = reset;
    front_end->kind = &faulty;
}
