#include "session/session.h"

#include <string.h>

#include "bundle/bundle_image.h"
#include "messages.h"

#define BAUD_CONFIRM_US UINT64_C(1000000)
#define RESTART_GRACE_US UINT64_C(200000)
#define AUDIO_CHUNK 64u  /* samples of a message looked at in one step */
#define LIVE_PERIOD_US 4000u /* how often the microphone is looked at */
#define REPLY_ROOM 320u  /* payload bytes that any answer but ECHO fits into */
#define ERROR_TEXT 128u

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static void send(session_state *s, uint8_t type, const uint8_t *head, size_t head_len, const void *tail, size_t tail_len)
{
    /* Room was checked before the request was taken up, so this cannot fail. */
    (void)link_send(&s->link, type, head, head_len, (const uint8_t *)tail, tail_len);
}

static void send_error(session_state *s, uint8_t request, uint16_t code, uint32_t value, uint32_t limit,
                       const char *text)
{
    uint8_t head[16];
    size_t length = strlen(text);
    msg_error error = {.request = request, .code = code, .value = value, .limit = limit};

    send(s, MSG_ERROR, head, msg_error_encode(&error, head, sizeof head), text,
         length < ERROR_TEXT ? length : ERROR_TEXT);
}

static void send_deploy_status(session_state *s, uint8_t state, const char *text)
{
    uint8_t head[8];
    msg_deploy_status status = {.state = state, .received = s->slot.received};

    send(s, MSG_DEPLOY_STATUS, head, msg_deploy_status_encode(&status, head, sizeof head), text, strlen(text));
}

void session_log(session_state *s, uint8_t level, const char *text)
{
    size_t length = strlen(text);

    if (length > CORE_MAX_PAYLOAD - 1) {
        length = CORE_MAX_PAYLOAD - 1;
    }
    if (!link_connected(&s->link) || link_send_space(&s->link) < length + 1) {
        s->log_dropped++;
        return;
    }
    send(s, MSG_LOG, &level, 1, text, length);
}

/* ---- the bundle in use ------------------------------------------------------------------------------------------ */

/* Makes `bundle` the one in use. False: its model cannot run here, `why` says so, and no model is loaded. */
static bool use_bundle(session_state *s, const core_bundle *bundle, uint8_t source, char *why, size_t why_size)
{
    const core_port *port = s->port;

    memset(&s->stream.model, 0, sizeof s->stream.model);
    s->bundle = *bundle;
    s->bundle_source = source;
    if (port->model_load == NULL) {
        return true;
    }
    if (!port->model_load(port->context, &s->bundle, &s->stream.model, why, why_size)) {
        memset(&s->stream.model, 0, sizeof s->stream.model);
        return false;
    }
    return true;
}

static void choose_bundle(session_state *s)
{
    uint32_t length = 0;
    const uint8_t *image = slot_image(&s->slot, &length);
    core_bundle deployed;
    char why[ERROR_TEXT] = "";

    if (image != NULL && bundle_image_parse(&deployed, image, length) == BUNDLE_IMAGE_OK &&
        use_bundle(s, &deployed, SESSION_SLOT, why, sizeof why)) {
        return;
    }
    /* When even the built-in model does not load, features still work and INFO shows no arena. */
    (void)use_bundle(s, s->builtin, SESSION_BUILTIN, why, sizeof why);
}

void session_init(session_state *s, const core_bundle *builtin, const core_port *port, uint32_t boot_id)
{
    memset(s, 0, sizeof *s);
    s->port = port;
    s->builtin = builtin;
    s->boot_id = boot_id;
    s->baud = port->boot_baud;
    link_init(&s->link, boot_id);
    stream_init(&s->stream, port);
    slot_init(&s->slot, port);
    choose_bundle(s);
}

/* ---- leaving a mode --------------------------------------------------------------------------------------------- */

static void stop(session_state *s)
{
    if (s->mode == SESSION_LIVE) {
        s->port->microphone_stop(s->port->context);
    }
    s->mode = SESSION_IDLE;
    s->live_column = s->live_columns = 0;
    s->live_used = s->live_count = 0;
}

/* A host that connects anew knows nothing of what the one before had begun. */
static void forget_old_host(session_state *s)
{
    stop(s);
    slot_abandon(&s->slot);
    s->link_session = link_session(&s->link);
    s->message_used = 0;
    s->audio_refused = false;
    s->profile_index = s->profile_count = 0;
    s->restart_wanted = false;
    s->baud_wanted = 0;
}

/* ---- results of a stream ---------------------------------------------------------------------------------------- */

static bool send_features(session_state *s)
{
    uint8_t head[8];
    uint32_t first;
    const int8_t *cells;
    uint16_t columns = stream_features(&s->stream, &first, &cells);
    size_t bands = s->bundle.frontend.bands;
    size_t fit = (CORE_MAX_PAYLOAD - sizeof first) / bands;

    if (columns > fit) {
        columns = (uint16_t)fit;
    }
    if (link_send_space(&s->link) < sizeof first + columns * bands) {
        return false;
    }
    msg_features features = {.first_column = first};
    send(s, MSG_FEATURES, head, msg_features_encode(&features, head, sizeof head), cells, columns * bands);
    stream_features_done(&s->stream, columns);
    return true;
}

static void send_window(session_state *s, const stream_window *w)
{
    uint8_t head[64];
    uint32_t hz = s->port->clock_hz;
    uint8_t classes = s->stream.infer ? s->bundle.classes : 0;
    uint8_t logits = s->stream.infer && s->bundle.has_logits ? 1 : 0;
    msg_window window = {
        .index = w->index,
        .first_column = w->first_column,
        .frontend_ns = stream_ns(w->frontend_ticks, hz),
        .frontend_max_ns = stream_ns(w->frontend_max_ticks, hz),
        .inference_ns = stream_ns(w->inference_ticks, hz),
        .total_ns = stream_ns(w->total_ticks, hz),
        .columns = w->columns,
        .classes = classes,
        .has_logits = logits,
    };

    send(s, MSG_WINDOW, head, msg_window_encode(&window, head, sizeof head), w->outputs,
         (size_t)classes * (logits ? 2u : 1u));
    s->inferences += s->stream.infer ? 1 : 0;
}

/* WINDOW first, then what it changed. True when something was sent; false when there is no room. */
static bool send_window_and_detections(session_state *s)
{
    uint8_t head[16];
    uint8_t label;
    bool active;
    int8_t score;

    if (link_send_space(&s->link) < REPLY_ROOM) {
        return false;
    }
    if (!s->stream.window_sent) {
        send_window(s, &s->stream.window);
        s->stream.window_sent = true;
        return true;
    }
    if (stream_detection(&s->stream, &label, &active, &score)) {
        msg_detection detection = {
            .label = label, .active = active ? 1 : 0, .window = s->stream.window.index, .score = score};

        send(s, MSG_DETECTION, head, msg_detection_encode(&detection, head, sizeof head), NULL, 0);
        return true;
    }
    stream_window_done(&s->stream);
    return true;
}

static void send_stream_done(session_state *s)
{
    uint8_t head[32];
    msg_stream_done done = {
        .stream = s->stream_id,
        .samples = s->stream.samples,
        .columns = s->stream.columns,
        .windows = s->stream.windows,
        .detections = s->stream.detections,
    };

    send(s, MSG_STREAM_DONE, head, msg_stream_done_encode(&done, head, sizeof head), NULL, 0);
}

static void fail_stream(session_state *s, uint8_t request)
{
    send_error(s, request, MSG_ERROR_CODE_INFERENCE_FAILED, s->stream.windows, 0, s->stream.why);
    stop(s);
    s->audio_refused = true;
}

/* ---- audio from the host ---------------------------------------------------------------------------------------- */

/* Moves the oldest AUDIO message on by a column or a little. False: it must wait for room on the line. */
static bool take_audio(session_state *s, const link_message *message)
{
    int16_t samples[AUDIO_CHUNK];
    size_t left = (message->length - s->message_used) / sizeof samples[0];
    size_t count = left < AUDIO_CHUNK ? left : AUDIO_CHUNK;

    if (link_send_space(&s->link) < REPLY_ROOM) {
        return false;
    }
    /* the payload may lie at an odd address; both ends are little-endian */
    memcpy(samples, message->payload + s->message_used, count * sizeof samples[0]);
    s->message_used += stream_push(&s->stream, samples, count) * sizeof samples[0];
    if (s->stream.why[0] != '\0') {
        fail_stream(s, MSG_AUDIO);
    }
    return true;
}

static bool handle_audio(session_state *s, const link_message *message)
{
    if (s->mode != SESSION_STREAM || message->length % 2 != 0) {
        if (!s->audio_refused) {
            if (link_send_space(&s->link) < REPLY_ROOM) {
                return false;
            }
            s->audio_refused = true;
            send_error(s, MSG_AUDIO, s->mode == SESSION_STREAM ? MSG_ERROR_CODE_BAD_REQUEST : MSG_ERROR_CODE_NO_STREAM,
                       message->length, 0,
                       s->mode == SESSION_STREAM ? "audio must be whole 16-bit samples" : "audio without a stream");
        }
        link_release(&s->link);
        return true;
    }
    if (s->message_used < message->length) {
        if (!take_audio(s, message)) {
            return false;
        }
        if (s->mode == SESSION_STREAM && s->message_used < message->length) {
            return true;
        }
    }
    /* what this message's columns are, goes out before the next one is looked at: one frame for one frame */
    if (s->mode == SESSION_STREAM && s->stream.features_sent != s->stream.columns && !s->stream.window_pending) {
        return send_features(s);
    }
    if (s->mode == SESSION_STREAM && stream_pending(&s->stream)) {
        return true;
    }
    s->message_used = 0;
    link_release(&s->link);
    return true;
}

static void start_stream(session_state *s, const link_message *message)
{
    msg_stream_start request;
    uint8_t head[8];

    if (!msg_stream_start_decode(&request, message->payload, message->length)) {
        send_error(s, MSG_STREAM_START, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, "malformed STREAM_START");
        return;
    }
    if ((request.flags & MSG_STREAM_FLAG_INFERENCE) != 0 && s->stream.model.input == NULL) {
        send_error(s, MSG_STREAM_START, MSG_ERROR_CODE_NO_MODEL, 0, 0, "no model is loaded");
        return;
    }
    stop(s);
    s->stream_id = request.stream;
    s->audio_refused = false;
    stream_start(&s->stream, &s->bundle, (request.flags & MSG_STREAM_FLAG_INFERENCE) != 0,
                 (request.flags & MSG_STREAM_FLAG_FEATURES) != 0);
    s->mode = SESSION_STREAM;
    msg_stream_started started = {.stream = request.stream};
    send(s, MSG_STREAM_STARTED, head, msg_stream_started_encode(&started, head, sizeof head), NULL, 0);
}

static void end_stream(session_state *s)
{
    if (s->mode != SESSION_STREAM) {
        if (!s->audio_refused) {
            send_error(s, MSG_STREAM_END, MSG_ERROR_CODE_NO_STREAM, 0, 0, "there is no stream to end");
        }
        return;
    }
    s->mode = SESSION_ENDING;
}

/* ---- a feature tensor from the host ----------------------------------------------------------------------------- */

static void begin_tensor(session_state *s, const link_message *message)
{
    msg_tensor_begin request;
    uint32_t cells = (uint32_t)s->bundle.frames * s->bundle.frontend.bands;

    if (!msg_tensor_begin_decode(&request, message->payload, message->length)) {
        send_error(s, MSG_TENSOR_BEGIN, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, "malformed TENSOR_BEGIN");
    } else if (s->mode != SESSION_IDLE && s->mode != SESSION_TENSOR) {
        send_error(s, MSG_TENSOR_BEGIN, MSG_ERROR_CODE_BUSY, 0, 0, "a stream is running");
    } else if (s->stream.model.input == NULL) {
        send_error(s, MSG_TENSOR_BEGIN, MSG_ERROR_CODE_NO_MODEL, 0, 0, "no model is loaded");
    } else if (request.length != cells) {
        send_error(s, MSG_TENSOR_BEGIN, MSG_ERROR_CODE_WRONG_LENGTH, request.length, cells,
                   "the tensor must have frames x bands cells");
    } else {
        s->mode = SESSION_TENSOR;
        s->tensor_id = request.id;
        s->tensor_length = request.length;
        s->tensor_received = 0;
    }
}

static void run_tensor(session_state *s)
{
    const core_port *port = s->port;
    int8_t outputs[2 * CORE_MAX_CLASSES];
    uint8_t head[32];
    uint8_t logits = s->bundle.has_logits ? 1 : 0;
    uint32_t start = port->ticks(port->context);

    s->mode = SESSION_IDLE;
    s->stream.bundle = &s->bundle;
    if (!stream_infer(&s->stream, outputs)) {
        send_error(s, MSG_TENSOR_DATA, MSG_ERROR_CODE_INFERENCE_FAILED, s->tensor_id, 0, s->stream.why);
        return;
    }
    uint32_t ns = stream_ns(port->ticks(port->context) - start, port->clock_hz);
    msg_tensor_result result = {.id = s->tensor_id, .inference_ns = ns, .total_ns = ns,
                                .classes = s->bundle.classes, .has_logits = logits};
    s->inferences++;
    send(s, MSG_TENSOR_RESULT, head, msg_tensor_result_encode(&result, head, sizeof head), outputs,
         (size_t)s->bundle.classes * (logits ? 2u : 1u));
}

static void take_tensor(session_state *s, const link_message *message)
{
    msg_tensor_data data;

    if (s->mode != SESSION_TENSOR) {
        return; /* the refused TENSOR_BEGIN was answered */
    }
    if (!msg_tensor_data_decode(&data, message->payload, message->length) || data.offset != s->tensor_received ||
        data.data_len > s->tensor_length - s->tensor_received) {
        s->mode = SESSION_IDLE;
        send_error(s, MSG_TENSOR_DATA, MSG_ERROR_CODE_BAD_REQUEST, s->tensor_received, s->tensor_length,
                   "the tensor's pieces do not follow each other");
        return;
    }
    memcpy(s->stream.model.input + data.offset, data.data, data.data_len);
    s->tensor_received += (uint32_t)data.data_len;
    if (s->tensor_received == s->tensor_length) {
        run_tensor(s);
    }
}

/* ---- what the device is and how it does ------------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    memset(to, 0, size);
    memcpy(to, from, length < size ? length : size);
}

static uint32_t capabilities(const session_state *s)
{
    const core_port *port = s->port;
    uint32_t bits = port->capabilities;

    bits |= s->stream.model.input != NULL ? MSG_CAPABILITY_INFERENCE : 0;
    bits |= s->stream.model.input != NULL && s->bundle.has_logits ? MSG_CAPABILITY_LOGITS : 0;
    bits |= slot_capacity(&s->slot) > 0 ? MSG_CAPABILITY_SLOT : 0;
    bits |= port->microphone_start != NULL ? MSG_CAPABILITY_MICROPHONE : 0;
    bits |= port->set_baud != NULL ? MSG_CAPABILITY_BAUD : 0;
    bits |= port->model_profile != NULL ? MSG_CAPABILITY_PROFILE : 0;
    return bits;
}

static void send_info(session_state *s)
{
    const core_bundle *b = &s->bundle;
    uint8_t head[REPLY_ROOM];
    msg_info info = {
        .protocol = MSG_PROTOCOL_VERSION,
        .capabilities = capabilities(s),
        .boot_id = s->boot_id,
        .reset_reason = s->port->reset_reason,
        .bundle_source = s->bundle_source,
        .sample_rate = b->frontend.sample_rate,
        .window = b->frontend.window,
        .hop = b->frontend.hop,
        .fft = b->frontend.fft,
        .bands = b->frontend.bands,
        .frames = b->frames,
        .stride = b->stride,
        .classes = b->classes,
        .has_logits = b->has_logits,
        .max_cells = CORE_MAX_CELLS,
        .max_fft = CORE_MAX_FFT,
        .max_bands = CORE_MAX_BANDS,
        .arena_size = s->stream.model.arena_size,
        .arena_used = s->stream.model.arena_used,
        .slot_size = slot_capacity(&s->slot),
        .clock_hz = s->port->clock_hz,
        .core_ram = sizeof *s,
    };

    copy_text(info.firmware_version, sizeof info.firmware_version, s->port->firmware_version);
    copy_text(info.board, sizeof info.board, s->port->board);
    copy_text(info.chip, sizeof info.chip, s->port->chip);
    memcpy(info.model_hash, b->model_hash, sizeof info.model_hash);
    memcpy(info.frontend_hash, b->frontend_hash, sizeof info.frontend_hash);
    memcpy(info.settings_hash, b->settings_hash, sizeof info.settings_hash);
    send(s, MSG_INFO, head, msg_info_encode(&info, head, sizeof head), b->name, strlen(b->name));
}

static void send_status(session_state *s, const link_message *message)
{
    const link_counters *c = link_get_counters(&s->link);
    core_memory memory = {0};
    uint8_t head[REPLY_ROOM];
    msg_status_request request = {0};

    if (s->port->memory != NULL) {
        s->port->memory(s->port->context, &memory);
    }
    msg_status status = {
        .uptime_ms = (uint32_t)(s->port->now_us(s->port->context) / 1000),
        .rx_frames = c->rx_frames,
        .rx_bytes = c->rx_bytes,
        .crc_errors = c->crc_errors,
        .framing_errors = c->framing_errors,
        .noise_bytes = c->noise_bytes,
        .gaps = c->gaps,
        .duplicates = c->duplicates,
        .overruns = c->overruns,
        .tx_frames = c->tx_frames,
        .tx_bytes = c->tx_bytes,
        .retransmitted = c->retransmitted,
        .timeouts = c->timeouts,
        .rx_high_water = c->rx_high_water,
        .rx_size = CORE_LINK_RX_BYTES,
        .tx_high_water = c->tx_high_water,
        .tx_size = CORE_LINK_TX_BYTES,
        .stack_free = memory.stack_free,
        .heap_free = memory.heap_free,
        .heap_min_free = memory.heap_min_free,
        .columns = s->stream.columns,
        .windows = s->stream.windows,
        .inferences = s->inferences,
        .log_dropped = s->log_dropped,
    };
    send(s, MSG_STATUS, head, msg_status_encode(&status, head, sizeof head), NULL, 0);
    if (msg_status_request_decode(&request, message->payload, message->length) && request.clear) {
        link_clear_counters(&s->link);
    }
}

static void begin_profile(session_state *s)
{
    core_op_profile entry;
    uint16_t count = 0;

    if (s->port->model_profile == NULL) {
        send_error(s, MSG_PROFILE_REQUEST, MSG_ERROR_CODE_NOT_SUPPORTED, 0, 0, "this board keeps no per-op profile");
        return;
    }
    while (s->port->model_profile(s->port->context, count, &entry)) {
        count++;
    }
    if (count == 0) {
        send_error(s, MSG_PROFILE_REQUEST, MSG_ERROR_CODE_NO_MODEL, 0, 0, "no inference has run yet");
        return;
    }
    s->profile_index = 0;
    s->profile_count = count;
}

static bool send_profile(session_state *s)
{
    core_op_profile entry;
    uint8_t head[16];

    if (link_send_space(&s->link) < REPLY_ROOM) {
        return false;
    }
    if (!s->port->model_profile(s->port->context, s->profile_index, &entry)) {
        s->profile_count = 0;
        return true;
    }
    msg_profile profile = {.index = s->profile_index,
                           .count = s->profile_count,
                           .ns = stream_ns(entry.ticks, s->port->clock_hz),
                           .calls = entry.calls};
    send(s, MSG_PROFILE, head, msg_profile_encode(&profile, head, sizeof head), entry.name, strlen(entry.name));
    s->profile_index++;
    if (s->profile_index == s->profile_count) {
        s->profile_count = 0;
    }
    return true;
}

/* ---- deploying a bundle ----------------------------------------------------------------------------------------- */

static void refuse_deploy(session_state *s, const char *why)
{
    slot_abandon(&s->slot);
    send_deploy_status(s, MSG_DEPLOY_STATE_REFUSED, why);
}

static void begin_deploy(session_state *s, const link_message *message)
{
    msg_deploy_begin request;
    const char *why;

    if (!msg_deploy_begin_decode(&request, message->payload, message->length)) {
        send_error(s, MSG_DEPLOY_BEGIN, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, "malformed DEPLOY_BEGIN");
        return;
    }
    stop(s);
    if (request.length == 0) { /* back to the bundle compiled in */
        why = slot_clear(&s->slot);
        if (why == NULL) {
            choose_bundle(s);
            send_deploy_status(s, MSG_DEPLOY_STATE_ACTIVE, s->bundle.name);
            return;
        }
    } else {
        why = slot_begin(&s->slot, request.length, request.crc32, request.sha256);
    }
    if (why != NULL) {
        refuse_deploy(s, why);
        return;
    }
    send_deploy_status(s, MSG_DEPLOY_STATE_RECEIVING, "");
}

static void take_deploy(session_state *s, const link_message *message)
{
    msg_deploy_data data;
    const char *why;

    if (!s->slot.receiving) {
        return; /* already refused, and said so */
    }
    if (!msg_deploy_data_decode(&data, message->payload, message->length)) {
        refuse_deploy(s, "malformed DEPLOY_DATA");
        return;
    }
    why = slot_write(&s->slot, data.offset, data.data, (uint32_t)data.data_len);
    if (why != NULL) {
        refuse_deploy(s, why);
    }
}

/* The new model is loaded before the commit: what cannot run here never becomes the bundle that boots. */
static void commit_deploy(session_state *s)
{
    const uint8_t *image = NULL;
    core_bundle deployed;
    char why_text[ERROR_TEXT] = "";
    const char *why;
    bundle_image_result parsed;

    if (!s->slot.receiving) {
        refuse_deploy(s, "no deployment has begun");
        return;
    }
    why = slot_verify(&s->slot, &image);
    if (why != NULL) {
        refuse_deploy(s, why);
        return;
    }
    parsed = bundle_image_parse(&deployed, image, s->slot.length);
    if (parsed != BUNDLE_IMAGE_OK) {
        refuse_deploy(s, bundle_image_reason(parsed));
        return;
    }
    if (!use_bundle(s, &deployed, SESSION_SLOT, why_text, sizeof why_text)) {
        choose_bundle(s);
        refuse_deploy(s, why_text);
        return;
    }
    why = slot_commit(&s->slot);
    if (why != NULL) {
        choose_bundle(s);
        refuse_deploy(s, why);
        return;
    }
    send_deploy_status(s, MSG_DEPLOY_STATE_ACTIVE, s->bundle.name);
}

/* ---- live mode -------------------------------------------------------------------------------------------------- */

static void start_live(session_state *s, const link_message *message)
{
    const core_port *port = s->port;
    msg_live_start request;
    uint8_t head[8];
    char why[ERROR_TEXT] = "";

    if (!msg_live_start_decode(&request, message->payload, message->length)) {
        send_error(s, MSG_LIVE_START, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, "malformed LIVE_START");
        return;
    }
    if (port->microphone_start == NULL) {
        send_error(s, MSG_LIVE_START, MSG_ERROR_CODE_NOT_SUPPORTED, 0, 0, "this board has no microphone");
        return;
    }
    if (s->stream.model.input == NULL) {
        send_error(s, MSG_LIVE_START, MSG_ERROR_CODE_NO_MODEL, 0, 0, "no model is loaded");
        return;
    }
    stop(s);
    if (!port->microphone_start(port->context, s->bundle.frontend.sample_rate, why, sizeof why)) {
        send_error(s, MSG_LIVE_START, MSG_ERROR_CODE_NOT_SUPPORTED, 0, 0, why);
        return;
    }
    s->stream_id = MSG_LIVE_STREAM_ID;
    s->live_features = (request.flags & MSG_STREAM_FLAG_FEATURES) != 0;
    stream_start(&s->stream, &s->bundle, true, false);
    s->mode = SESSION_LIVE;
    msg_stream_started started = {.stream = s->stream_id};
    send(s, MSG_STREAM_STARTED, head, msg_stream_started_encode(&started, head, sizeof head), NULL, 0);
}

static void stop_live(session_state *s)
{
    if (s->mode == SESSION_LIVE) {
        stop(s);
    }
    send_stream_done(s);
}

/* The columns of the window in which a detection began, oldest first. */
static bool send_live_features(session_state *s)
{
    uint8_t head[8];
    size_t bands = s->bundle.frontend.bands;
    uint32_t slot = (uint32_t)s->stream.slot + s->live_column;
    uint32_t frames = s->bundle.frames;
    msg_features features = {.first_column = s->stream.window.first_column + s->live_column};

    if (link_send_space(&s->link) < sizeof features.first_column + bands) {
        return false;
    }
    slot = slot >= frames ? slot - frames : slot;
    send(s, MSG_FEATURES, head, msg_features_encode(&features, head, sizeof head), s->stream.ring + slot * bands, bands);
    s->live_column++;
    return true;
}

static bool send_live_results(session_state *s)
{
    uint8_t head[16];
    uint8_t label;
    bool active;
    int8_t score;

    if (s->live_column < s->live_columns) {
        return send_live_features(s);
    }
    if (link_send_space(&s->link) < REPLY_ROOM) {
        return false;
    }
    if (!s->stream.window_sent) {
        s->stream.window_sent = true;
        send_window(s, &s->stream.window);
        return true;
    }
    if (stream_detection(&s->stream, &label, &active, &score)) {
        msg_live_detection detection = {
            .time_ms = (uint32_t)((uint64_t)s->stream.samples * 1000 / s->bundle.frontend.sample_rate),
            .label = label,
            .active = active ? 1 : 0,
            .score = score,
            .window = s->stream.window.index,
        };

        send(s, MSG_LIVE_DETECTION, head, msg_live_detection_encode(&detection, head, sizeof head), NULL, 0);
        s->live_column = 0;
        s->live_columns = active && s->live_features ? s->bundle.frames : 0;
        return true;
    }
    stream_window_done(&s->stream);
    return true;
}

/* Results go before more audio is looked at, however slow the line: the microphone's own buffer bridges the pause. */
static bool listen(session_state *s)
{
    if (s->stream.window_pending) {
        return send_live_results(s);
    }
    if (s->live_used == s->live_count) {
        s->live_used = 0;
        s->live_count = s->port->microphone_read(s->port->context, s->live_samples, SESSION_LIVE_SAMPLES);
        if (s->live_count == 0) {
            return false;
        }
    }
    s->live_used += stream_push(&s->stream, s->live_samples + s->live_used, s->live_count - s->live_used);
    if (s->stream.why[0] != '\0') {
        fail_stream(s, MSG_LIVE_START);
    }
    return true;
}

/* ---- the line's speed, and restarting --------------------------------------------------------------------------- */

static void request_baud(session_state *s, const link_message *message)
{
    msg_baud request;
    uint8_t head[8];

    if (!msg_baud_decode(&request, message->payload, message->length) || request.rate == 0) {
        send_error(s, MSG_BAUD, MSG_ERROR_CODE_BAD_REQUEST, message->length, 0, "malformed BAUD");
        return;
    }
    if (s->port->set_baud == NULL) {
        send_error(s, MSG_BAUD, MSG_ERROR_CODE_NOT_SUPPORTED, request.rate, 0, "this board's line has no baud rate");
        return;
    }
    msg_baud_ready ready = {.rate = request.rate};
    send(s, MSG_BAUD_READY, head, msg_baud_ready_encode(&ready, head, sizeof head), NULL, 0);
    s->baud_wanted = request.rate;
}

static void change_baud(session_state *s, uint64_t now)
{
    uint32_t wanted = s->baud_wanted;

    s->baud_wanted = 0;
    if (s->port->set_baud(s->port->context, wanted)) {
        s->baud = wanted;
        s->baud_frames = link_get_counters(&s->link)->rx_frames;
        s->baud_deadline_us = now + BAUD_CONFIRM_US;
    }
}

/* A new rate counts once something readable arrived at it; otherwise both ends go back to where they began. */
static void confirm_baud(session_state *s, uint64_t now)
{
    if (link_get_counters(&s->link)->rx_frames != s->baud_frames) {
        s->baud_deadline_us = 0;
    } else if (now >= s->baud_deadline_us) {
        s->baud_deadline_us = 0;
        s->baud = s->port->boot_baud;
        (void)s->port->set_baud(s->port->context, s->baud);
    }
}

static bool keep_appointments(session_state *s)
{
    uint64_t now = s->port->now_us(s->port->context);

    if (s->baud_wanted != 0 && link_idle(&s->link)) {
        change_baud(s, now);
        return true;
    }
    if (s->baud_deadline_us != 0) {
        confirm_baud(s, now);
    }
    if (s->restart_wanted && (link_idle(&s->link) || now >= s->restart_at_us)) {
        s->restart_wanted = false;
        s->port->restart(s->port->context);
        return true;
    }
    return false;
}

/* ---- dispatch --------------------------------------------------------------------------------------------------- */

static bool echo(session_state *s, const link_message *message)
{
    if (link_send_space(&s->link) < message->length) {
        return false;
    }
    send(s, MSG_ECHO, NULL, 0, message->payload, message->length);
    return true;
}

/* One request. False: it needs more room on the line than there is now. */
static bool handle(session_state *s, const link_message *message)
{
    if (message->type == MSG_AUDIO) {
        return handle_audio(s, message); /* releases the message itself, when all its samples are used */
    }
    if (link_send_space(&s->link) < REPLY_ROOM) {
        return false;
    }
    switch (message->type) {
    case MSG_INFO_REQUEST:
        send_info(s);
        break;
    case MSG_STATUS_REQUEST:
        send_status(s, message);
        break;
    case MSG_ECHO_REQUEST:
        if (!echo(s, message)) {
            return false;
        }
        break;
    case MSG_STREAM_START:
        start_stream(s, message);
        break;
    case MSG_STREAM_END:
        end_stream(s);
        break;
    case MSG_TENSOR_BEGIN:
        begin_tensor(s, message);
        break;
    case MSG_TENSOR_DATA:
        take_tensor(s, message);
        break;
    case MSG_PROFILE_REQUEST:
        begin_profile(s);
        break;
    case MSG_BAUD:
        request_baud(s, message);
        break;
    case MSG_DEPLOY_BEGIN:
        begin_deploy(s, message);
        break;
    case MSG_DEPLOY_DATA:
        take_deploy(s, message);
        break;
    case MSG_DEPLOY_COMMIT:
        commit_deploy(s);
        break;
    case MSG_LIVE_START:
        start_live(s, message);
        break;
    case MSG_LIVE_STOP:
        stop_live(s);
        break;
    case MSG_RESET:
        s->restart_wanted = true;
        s->restart_at_us = s->port->now_us(s->port->context) + RESTART_GRACE_US;
        break;
    default:
        send_error(s, message->type, MSG_ERROR_CODE_UNKNOWN_TYPE, message->type, 0, "unknown request");
        break;
    }
    link_release(&s->link);
    return true;
}

/* Results of a stream that wait. True: something moved; false: nothing waits, or nothing can move. */
static bool send_results(session_state *s)
{
    if (s->stream.features_sent != s->stream.columns &&
        (stream_blocked(&s->stream) || s->mode == SESSION_ENDING)) {
        return send_features(s);
    }
    if (s->stream.window_pending) {
        return send_window_and_detections(s);
    }
    if (s->mode == SESSION_ENDING && link_send_space(&s->link) >= REPLY_ROOM) {
        send_stream_done(s);
        s->mode = SESSION_IDLE;
        return true;
    }
    return false;
}

void session_input(session_state *s, const uint8_t *bytes, size_t count)
{
    link_input(&s->link, bytes, count, s->port->now_us(s->port->context));
}

bool session_step(session_state *s)
{
    link_message message;

    if (link_session(&s->link) != s->link_session) {
        forget_old_host(s);
    }
    if (keep_appointments(s)) {
        return true;
    }
    if (s->restart_wanted) {
        return false; /* what came after the request is lost, as in any reset */
    }
    if (s->profile_count > 0) {
        return send_profile(s);
    }
    if (s->mode == SESSION_STREAM || s->mode == SESSION_ENDING) {
        if (send_results(s)) {
            return true;
        }
        if (s->mode == SESSION_ENDING || stream_blocked(&s->stream)) {
            return false; /* the line is full */
        }
    }
    if (s->mode == SESSION_LIVE && listen(s)) {
        return true;
    }
    return link_peek(&s->link, &message) && handle(s, &message);
}

size_t session_output(session_state *s, uint8_t *out, size_t capacity)
{
    return link_output(&s->link, out, capacity, s->port->now_us(s->port->context));
}

uint64_t session_deadline(const session_state *s)
{
    uint64_t now = s->port->now_us(s->port->context);
    uint64_t deadline = link_deadline(&s->link, now);

    if (s->mode == SESSION_LIVE && now + LIVE_PERIOD_US < deadline) {
        deadline = now + LIVE_PERIOD_US;
    }
    if (s->restart_wanted && s->restart_at_us < deadline) {
        deadline = s->restart_at_us;
    }
    if (s->baud_deadline_us != 0 && s->baud_deadline_us < deadline) {
        deadline = s->baud_deadline_us;
    }
    return deadline;
}
