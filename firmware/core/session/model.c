#include <string.h>

#include "session/jobs.h"

_Static_assert(FE_ALIGNMENT % DETECTOR_ALIGNMENT == 0, "the detector's memory follows the front end's");

/* One piece of memory: the front end's, then the detector's. */
static bool start_frontend(session_state *s, char *why, size_t why_size)
{
    const fe_front_end *frontend = &s->bundle.frontend;
    size_t size = fe_memory_bytes(frontend);
    uint8_t *memory = s->hal->frontend_memory(s->hal->context, size + detector_memory_bytes(&s->bundle), why, why_size);

    memset(&s->stream.frontend, 0, sizeof s->stream.frontend);
    memset(&s->stream.detector, 0, sizeof s->stream.detector);
    if (memory != NULL) {
        fe_init(&s->stream.frontend, frontend, memory);
        detector_init(&s->stream.detector, &s->bundle, memory + size);
    }
    return memory != NULL;
}

static bool load(session_state *s, char *why, size_t why_size)
{
    const core_hal *hal = s->hal;

    memset(&s->stream.model, 0, sizeof s->stream.model);
    s->stream.trace = (stream_trace){.window = STREAM_NO_WINDOW};
    s->trace.opened = false;
    if (!start_frontend(s, why, why_size)) {
        return false;
    }
    if (hal->model_load == NULL || hal->model_load(hal->context, &s->bundle, &s->stream.model, why, why_size)) {
        return true;
    }
    memset(&s->stream.model, 0, sizeof s->stream.model);
    return false;
}

bool session_load_model(session_state *s, char *why, size_t why_size)
{
    bool loaded;

    why[0] = '\0';
    loaded = load(s, why, why_size);
    memset(s->no_model, 0, sizeof s->no_model);
    if (!loaded) {
        strncat(s->no_model, why, sizeof s->no_model - 1);
    }
    return loaded;
}

void session_count_inference(session_state *s)
{
    s->inferences++;
    if (s->bundle_source == SESSION_SLOT) {
        slot_prove(&s->slot);
    }
}

/* A model that remembers (SVDF, LSTM) would carry the stream before into the next. Loading it anew is the one reset that
 * every interpreter has, and the one that is sure to leave nothing. */
bool session_forget_windows(session_state *s, const link_message *message)
{
    char why[SESSION_TEXT] = "";

    if (!s->stream.model.stateful || session_load_model(s, why, sizeof why)) {
        return true;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_INFERENCE_FAILED, why);
    return false;
}
