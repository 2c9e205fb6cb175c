#include <string.h>

#include "session/jobs.h"

_Static_assert(CORE_HASH_BYTES == sizeof((msg_info *)0)->model_hash, "INFO tells hashes whole");
_Static_assert(sizeof FIRMWARE_VERSION - 1 <= sizeof((msg_info *)0)->firmware_version,
               "FIRMWARE_VERSION is longer than its place in INFO");

/* Into a field of zeros. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    memcpy(to, from, length < size ? length : size);
}

static uint32_t capabilities(const session_state *s)
{
    const core_hal *hal = s->hal;
    uint32_t bits = hal->capabilities | MSG_CAPABILITY_PROOF | MSG_CAPABILITY_DETECTORS | MSG_CAPABILITY_STAGES;

    bits |= s->stream.model.input != NULL ? MSG_CAPABILITY_INFERENCE : 0;
    bits |= s->stream.model.input != NULL && model_ends_logits(&s->bundle) ? MSG_CAPABILITY_LOGITS : 0;
    bits |= slot_capacity(&s->slot) > 0 ? MSG_CAPABILITY_SLOT | MSG_CAPABILITY_TRIAL : 0;
    bits |= s->set_aside != NULL ? MSG_CAPABILITY_SET_ASIDE : 0;
    bits |= hal->microphone_start != NULL ? MSG_CAPABILITY_MICROPHONE : 0;
    bits |= hal->set_baud != NULL ? MSG_CAPABILITY_BAUD : 0;
    bits |= hal->model_profile != NULL ? MSG_CAPABILITY_PROFILE : 0;
    bits |= hal->model_trace != NULL ? MSG_CAPABILITY_TRACE : 0;
    bits |= hal->model_open != NULL && slot_capacity(&s->slot) > 0 ? MSG_CAPABILITY_REPLAY : 0;
    bits |= hal->model_shift != NULL ? MSG_CAPABILITY_SHIFT : 0;
    bits |= hal->build != NULL ? MSG_CAPABILITY_BUILD : 0;
    return bits;
}

session_progress session_send_info(session_state *s, const link_message *message)
{
    const core_bundle *b = &s->bundle;
    uint8_t head[MSG_INFO_SIZE];
    msg_info info = {
        .protocol = MSG_PROTOCOL_VERSION,
        .capabilities = capabilities(s),
        .boot_id = s->boot_id,
        .reset_reason = s->hal->reset_reason,
        .bundle_source = s->bundle_source,
        .sample_rate = b->frontend.sample_rate,
        .window = b->frontend.analysis_window,
        .hop = b->frontend.hop,
        .fft = b->frontend.fft,
        .bands = b->frontend.bands,
        .frames = b->frames,
        .stride = b->stride,
        .classes = b->classes,
        .has_logits = model_ends_logits(b) ? 1 : 0,
        .max_cells = CORE_MAX_CELLS,
        .max_fft = fe_max_fft(b->frontend.kind),
        .max_bands = CORE_MAX_BANDS,
        .arena_size = s->stream.model.arena_size,
        .arena_used = s->stream.model.arena_used,
        .slot_size = slot_capacity(&s->slot),
        .clock_hz = s->hal->clock_hz,
        .core_ram = sizeof *s,
    };

    (void)message;
    copy_text(info.firmware_version, sizeof info.firmware_version, s->hal->firmware_version);
    copy_text(info.board, sizeof info.board, s->hal->board);
    copy_text(info.chip, sizeof info.chip, s->hal->chip);
    memcpy(info.model_hash, b->model_hash, sizeof info.model_hash);
    memcpy(info.frontend_hash, b->frontend_hash, sizeof info.frontend_hash);
    memcpy(info.settings_hash, b->settings_hash, sizeof info.settings_hash);
    session_send_text(s, MSG_INFO, head, msg_info_encode(&info, head, sizeof head), b->name);
    return SESSION_DONE;
}

session_progress session_send_build(session_state *s, const link_message *message)
{
    char text[SESSION_ROOM + 1];

    if (s->hal->build == NULL) {
        return session_refuse(s, message, MSG_ERROR_CODE_NOT_SUPPORTED, "this board does not tell its build");
    }
    s->hal->build(s->hal->context, text, sizeof text);
    session_send(s, MSG_BUILD, NULL, 0, text, strlen(text));
    return SESSION_DONE;
}

session_progress session_send_status(session_state *s, const link_message *message)
{
    const link_counters *c = link_get_counters(&s->link);
    core_memory memory = {0};
    uint8_t head[MSG_STATUS_SIZE];
    msg_status_request request;

    if (!msg_status_request_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed STATUS_REQUEST");
    }
    if (s->hal->memory != NULL) {
        s->hal->memory(s->hal->context, &memory);
    }
    msg_status status = {
        .uptime_ms = (uint32_t)(s->hal->now_us(s->hal->context) / 1000),
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
    session_send(s, MSG_STATUS, head, msg_status_encode(&status, head, sizeof head), NULL, 0);
    if (request.clear != 0) {
        link_clear_counters(&s->link);
    }
    return SESSION_DONE;
}
