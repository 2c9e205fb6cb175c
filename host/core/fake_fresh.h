/* What a new connection, and a new stream, must find: all as on a board that has just booted. A part of fake_target.c. */
/* As if everything had been going on that can go on: every byte that a connection has to itself is 1. */
void target_soil(void)
{
    link_state *link = &session->link;
    frame_receiver receiver = link->receiver;
    link_counters counters = link->counters;
    uint32_t boot_id = link->boot_id;
    uint16_t connections = link->connections;

    memset(link, 1, sizeof *link);
    link->receiver = receiver;
    link->counters = counters;
    link->boot_id = boot_id;
    link->connections = connections;
    memset(&session->audio, 1, sizeof session->audio);
    memset(&session->tensor, 1, sizeof session->tensor);
    memset(&session->deploy, 1, sizeof session->deploy);
    memset(&session->live, 1, sizeof session->live);
    memset(&session->profile, 1, sizeof session->profile);
    memset(&session->proof, 1, sizeof session->proof);
    memset(&session->stage, 1, sizeof session->stage);
    session->trace = (session_trace){.armed = true, .opened = true, .shift = 1, .window = 1};
    session->restart = (session_restart){.wanted = true, .at_us = UINT64_MAX};
    session->baud.wanted = 1;
    session->slot.receiving = session->slot.verified = true;
    session->mode = SESSION_LIVE;
    controls.microphone_on = true;
}

/* What differs on purpose, or means nothing now. */
static void forget_link(link_state *link)
{
    memset(&link->counters, 0, sizeof link->counters);
    link->connections = 0;
    memset(link->rx_words, 0, sizeof link->rx_words);
    memset(link->tx_words, 0, sizeof link->tx_words);
    link->rx.high_water = link->tx.high_water = 0;
    link->rx.bytes = link->tx.bytes = link->receiver.payload = NULL;
    memset(link->receiver.start, 0, sizeof link->receiver.start);
    memset(link->receiver.head, 0, sizeof link->receiver.head);
    link->receiver.room = 0; /* set with each frame's first byte */
    link->hello_after_us = 0;
    link->timer_us = link->timing ? link->timer_us : 0;
    link->measured_seq = link->measuring ? link->measured_seq : 0;
    link->measured_from_us = link->measuring ? link->measured_from_us : 0;
    link->sending_seq = link->sending_data ? link->sending_seq : 0;
    if (!link->sending) {
        memset(link->header, 0, sizeof link->header);
        memset(link->control, 0, sizeof link->control);
        memset(link->crc, 0, sizeof link->crc);
        memset(&link->encoder, 0, sizeof link->encoder);
    }
}

/* All that it says now; more than the answer to SYNC is too much. */
static size_t drain(link_state *link, uint8_t bytes[256])
{
    size_t count = 0, more;

    while (count < 256 && (more = link_output(link, bytes + count, 256 - count, now)) > 0) {
        count += more;
    }
    return count;
}

static const char *differing(const uint8_t *a, const uint8_t *b, size_t size, const char *what)
{
    static char text[80];

    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            snprintf(text, sizeof text, "%s: byte %zu is %u, %u on a fresh one", what, i, a[i], b[i]);
            return text;
        }
    }
    return NULL;
}

#define DIFFERING(part) \
    differing((const uint8_t *)&session->part, (const uint8_t *)&fresh->part, sizeof fresh->part, #part)

/* A new host's SYNC to this board and to a fresh one; afterwards both are the same. NULL: they are. */
const char *target_differs(const uint8_t *sync, size_t count)
{
    session_state *used = session, *fresh = malloc(sizeof *fresh);
    target_controls kept = controls;
    const char *found;
    uint8_t words[256], fresh_words[256];

    session_input(session, sync, count);
    (void)session_step(session);
    size_t said = drain(&session->link, words);
    bool on = controls.microphone_on;
    void *kept_block = frontend_block;

    frontend_block = NULL;
    memset(fresh, 0, sizeof *fresh);
    session_init(fresh, &builtin_bundle, &hal, used->boot_id); /* loads its own model: this board's is gone */
    fresh->set_aside = used->set_aside;                        /* of the slot, not of a connection */
    session_input(fresh, sync, count);
    (void)session_step(fresh);
    size_t fresh_said = drain(&fresh->link, fresh_words);
    forget_link(&session->link);
    forget_link(&fresh->link);
    CLEAR_PADDING(session);
    CLEAR_PADDING(fresh);
    memset(fresh->live.samples, 0, sizeof fresh->live.samples);
    memset(session->live.samples, 0, sizeof session->live.samples);
    session->live.features = fresh->live.features = false; /* set by each LIVE_START */
    session->restart.at_us = fresh->restart.at_us;
    (found = DIFFERING(link)) || (found = DIFFERING(audio)) || (found = DIFFERING(tensor)) ||
        (found = DIFFERING(deploy)) || (found = DIFFERING(live)) || (found = DIFFERING(profile)) ||
        (found = DIFFERING(proof)) || (found = DIFFERING(trace)) || (found = DIFFERING(stage)) ||
        (found = DIFFERING(restart)) || (found = DIFFERING(mode)) || (found = DIFFERING(baud.wanted)) ||
        (found = DIFFERING(slot.receiving)) || (found = DIFFERING(slot.verified));
    if (found == NULL && on) {
        found = "the microphone is still on";
    }
    if (found == NULL && (said != fresh_said || memcmp(words, fresh_words, said) != 0)) {
        found = "other bytes are sent than by a fresh one";
    }
    if (found == NULL && kept.baud != controls.baud) {
        found = "the rate changes for a host that is gone";
    }
    controls = kept;
    free(frontend_block);
    frontend_block = kept_block;
    free(fresh);
    return found;
}

/* Whether both front ends give the same columns of the same samples. */
static bool same_columns(fe_state *a, fe_state *b)
{
    int8_t cells[2][CORE_MAX_COLUMN] = {{0}, {0}};
    bool same = true;

    for (uint32_t i = 0; same && i < 3u * a->front_end->span + 2u * a->front_end->hop; i++) {
        int16_t sample = (int16_t)(i * 2654435761u >> 18);
        bool ready[2];

        (void)fe_push(a, &sample, 1, cells[0], NULL, &ready[0]);
        (void)fe_push(b, &sample, 1, cells[1], NULL, &ready[1]);
        same = ready[0] == ready[1] && memcmp(cells[0], cells[1], sizeof cells[0]) == 0;
    }
    return same;
}

/* A detector that has heard something, in memory that held something else. */
static void used_detector(detector_state *detector)
{
    size_t bytes = detector_memory_bytes(&session->bundle);
    uint8_t *memory = malloc(bytes);

    memset(memory, 0xA5, bytes);
    detector_init(detector, &session->bundle, memory);
    for (uint32_t i = 0; i < 50; i++) {
        int8_t scores[CORE_MAX_CLASSES];

        for (uint32_t label = 0; label < CORE_MAX_CLASSES; label++) {
            scores[label] = (int8_t)((i + label) % 7 < 3 ? 127 : (i * 37 + label * 11) % 256);
        }
        detector_window(detector, scores);
    }
}

/* What a stream does not know when it starts is 0, and nothing counts from another number. */
static const char *begins_elsewhere(const stream_state *fresh)
{
    stream_state *zeros = malloc(sizeof *zeros);
    const char *found;

    memset(zeros, 0, sizeof *zeros);
    zeros->hal = fresh->hal;
    zeros->model = fresh->model;
    zeros->bundle = fresh->bundle;
    zeros->frontend = fresh->frontend;
    zeros->detector = fresh->detector;
    zeros->keep_features = true;
    zeros->next_window_at = fresh->bundle->frames;
    zeros->trace.window = STREAM_NO_WINDOW;
    found = differing((const uint8_t *)fresh, (const uint8_t *)zeros, sizeof *fresh, "zeros");
    free(zeros);
    return found;
}

/* A stream started on a stream in the midst of everything, and on one that has just been made. */
const char *target_stream_differs(void)
{
    stream_state *used = malloc(sizeof *used), *fresh = malloc(sizeof *fresh);
    size_t bytes = fe_memory_bytes(&session->bundle.frontend);
    fe_state used_frontend, fresh_frontend;
    const char *found;
    bool ready;

    fe_init(&used_frontend, &session->bundle.frontend, malloc(bytes));
    fe_init(&fresh_frontend, &session->bundle.frontend, malloc(bytes));
    for (uint32_t i = 0; i < 5u * session->bundle.frontend.span;
         i++) { /* sound that the next stream must not know of */
        int16_t sample = (int16_t)(i * 40503u >> 2);
        int8_t cells[CORE_MAX_COLUMN];

        (void)fe_push(&used_frontend, &sample, 1, cells, NULL, &ready);
    }
    stream_init(fresh, &hal);
    memset(used, 1, sizeof *used);
    used->hal = fresh->hal;
    used->model = fresh->model;
    used->frontend = used_frontend;
    fresh->frontend = fresh_frontend;
    used_detector(&used->detector);
    detector_init(&fresh->detector, &session->bundle, calloc(1, detector_memory_bytes(&session->bundle)));
    stream_start(used, &session->bundle, false, true);
    stream_start(fresh, &session->bundle, false, true);
    memset(used->ring, 0, sizeof used->ring);
    memset(used->why + 1, 0, sizeof used->why - 1);
    used->window_sent = fresh->window_sent; /* set with each window */
    CLEAR_PADDING(used);
    CLEAR_PADDING(fresh);
    if (!same_columns(&used->frontend, &fresh->frontend)) {
        found = "the front end remembers the stream before";
    } else if (memcmp(used->detector.classes, fresh->detector.classes, detector_memory_bytes(&session->bundle)) != 0) {
        found = "the detector remembers the stream before";
    } else {
        free(used->detector.classes);
        used->detector = fresh->detector;
        used->frontend = fresh->frontend; /* other memory, and the same in it as far as it counts */
        found = differing((const uint8_t *)used, (const uint8_t *)fresh, sizeof *fresh, "stream");
        found = found != NULL ? found : begins_elsewhere(fresh);
    }
    free(used_frontend.own);
    free(fresh_frontend.own);
    free(fresh->detector.classes);
    free(used);
    free(fresh);
    return found;
}
