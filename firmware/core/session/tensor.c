#include "session/jobs.h"

static session_progress refuse(session_state *s, const char *text)
{
    session_send_error(s, MSG_TENSOR_DATA, MSG_ERROR_CODE_BAD_REQUEST, s->tensor.received, s->tensor.length, text);
    s->tensor.refused = true;
    return SESSION_DONE;
}

session_progress session_begin_tensor(session_state *s, const link_message *message)
{
    msg_tensor_begin request;
    uint32_t cells = (uint32_t)s->bundle.frames * s->bundle.frontend.bands;

    /* One that had begun is over, and until this one is begun well the pieces that follow are not answered. */
    s->tensor = (session_tensor){.refused = true};
    if (s->mode == SESSION_TENSOR) {
        s->mode = SESSION_IDLE;
    }
    if (!msg_tensor_begin_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed TENSOR_BEGIN");
    }
    if (s->mode != SESSION_IDLE) {
        return session_refuse(s, message, MSG_ERROR_CODE_BUSY, "a stream is running");
    }
    if (session_lacks_model(s, message)) {
        return SESSION_DONE;
    }
    if (request.length != cells) {
        session_send_error(s, MSG_TENSOR_BEGIN, MSG_ERROR_CODE_WRONG_LENGTH, request.length, cells,
                           "the tensor must have frames x bands cells");
        return SESSION_DONE;
    }
    if (!session_forget_windows(s, message)) {
        return SESSION_DONE;
    }
    s->mode = SESSION_TENSOR;
    s->tensor = (session_tensor){.id = request.id, .length = request.length};
    return SESSION_DONE;
}

static void run(session_state *s)
{
    const core_hal *hal = s->hal;
    int8_t outputs[SESSION_OUTPUTS];
    uint8_t head[MSG_TENSOR_RESULT_SIZE];
    uint8_t logits = model_ends_logits(&s->bundle) ? 1 : 0;
    uint32_t start = hal->ticks(hal->context);

    s->mode = SESSION_IDLE;
    session_begin_trace(s);
    stream_keep_model(&s->stream, 0);
    if (!stream_infer(&s->stream, outputs)) {
        session_send_error(s, MSG_TENSOR_DATA, MSG_ERROR_CODE_INFERENCE_FAILED, s->tensor.id, 0, s->stream.why);
        return;
    }
    uint32_t ns = stream_ns(hal->ticks(hal->context) - start, hal->clock_hz);
    msg_tensor_result result = {
        .id = s->tensor.id, .inference_ns = ns, .total_ns = ns, .classes = s->bundle.classes, .has_logits = logits};
    s->stream.trace.in_ring = true;
    session_count_inference(s);
    session_send(s, MSG_TENSOR_RESULT, head, msg_tensor_result_encode(&result, head, sizeof head), outputs,
                 model_ends_values(&s->bundle));
}

session_progress session_take_tensor(session_state *s, const link_message *message)
{
    session_tensor *tensor = &s->tensor;
    msg_tensor_data data;

    if (s->mode != SESSION_TENSOR) {
        tensor->received = tensor->length = 0; /* those of one that is done, which this is no piece of */
        return tensor->refused ? SESSION_DONE : refuse(s, "no tensor is expected");
    }
    if (!msg_tensor_data_decode(&data, message->payload, message->length) || data.offset != tensor->received ||
        data.data_len > tensor->length - tensor->received) {
        s->mode = SESSION_IDLE;
        return refuse(s, "the tensor's pieces do not follow each other");
    }
    s->stream.bundle = &s->bundle;
    stream_put_columns(&s->stream, data.offset, (const int8_t *)data.data, data.data_len);
    tensor->received += (uint32_t)data.data_len;
    if (tensor->received == tensor->length) {
        run(s);
    }
    return SESSION_DONE;
}
