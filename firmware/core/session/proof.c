/* Proof of identity by bytes. Hashes in INFO are what the firmware was told when it was made; the checksums here are
 * computed when they are asked for, over what the work itself reads:
 *   model: the bytes that the interpreter was given, on the target whose process holds a copy: those of the copy;
 *   front end: what the stream computes with and the tables that it points to, laid out as the image they were made from;
 *   settings: the window, outputs, thresholds and detector of the bundle in use, laid out as the settings block, with its
 *   labels.
 * A flipped entry of a table shows, and so does a setting that the stream took over wrong. The nonce keeps a board from
 * answering with numbers that it stored. */
#include <string.h>

#include "detect/kinds.h"
#include "link/crc32.h"
#include "session/jobs.h"

#define PIECE 1024u /* bytes of the model in one step: the line must not wait for all of them */
enum { CLASS_HEAD = 4 };

static uint32_t settings_crc32(const core_bundle *b, uint32_t crc)
{
    const uint8_t head[] = {(uint8_t)b->frames, (uint8_t)(b->frames >> 8),
                            (uint8_t)b->stride, (uint8_t)(b->stride >> 8),
                            b->classes,         b->ends,
                            b->scores_output,   b->logits_output};
    const uint8_t *label = b->labels;

    crc = crc32_continue(crc, head, sizeof head);
    for (unsigned i = 0; i < b->classes; i++) {
        const uint8_t values[] = {(uint8_t)b->on_threshold[i], (uint8_t)b->off_threshold[i], b->detect[i]};

        crc = crc32_continue(crc, values, sizeof values);
        crc = crc32_continue(crc, label, 1u + label[0]);
        label += 1u + label[0] + CLASS_HEAD - 1u;
    }
    if (b->detector != &detector_threshold) {
        char name[FE_KIND_BYTES] = {0};

        memcpy(name, b->detector->name, strlen(b->detector->name));
        crc = crc32_continue(crc, (const uint8_t *)name, sizeof name);
        crc = crc32_continue(crc, b->detector_parameters, b->detector_length);
    }
    return crc;
}

static uint32_t frontend_crc32(const fe_state *frontend, uint32_t crc)
{
    uint8_t header[FE_IMAGE_HEADER_BYTES];
    fe_image_piece pieces[FE_IMAGE_PIECES];
    size_t count = fe_image_pieces(frontend, header, pieces);

    for (size_t i = 0; i < count; i++) {
        crc = crc32_continue(crc, pieces[i].bytes, pieces[i].length);
    }
    return crc;
}

/* False: the model's bytes cannot be read, which was answered. */
static bool begin(session_state *s, const link_message *message, uint32_t start)
{
    char why[SESSION_TEXT] = "";

    s->proof = (session_proof){.start = start, .model = start};
    if (s->hal->model_crc32 == NULL || s->stream.model.input == NULL) {
        return true;
    }
    s->proof.model_done = s->bundle.model_len;
    if (s->hal->model_crc32(s->hal->context, &s->proof.model, why, sizeof why)) {
        return true;
    }
    (void)session_refuse(s, message, MSG_ERROR_CODE_INFERENCE_FAILED, why);
    return false;
}

session_progress session_send_proof(session_state *s, const link_message *message)
{
    msg_proof_request request;
    uint8_t head[MSG_PROOF_SIZE];
    session_proof *proof = &s->proof;

    if (!msg_proof_request_decode(&request, message->payload, message->length)) {
        return session_malformed(s, message, "malformed PROOF_REQUEST");
    }
    if (!proof->running) {
        if (!begin(s, message, crc32_of(message->payload, MSG_PROOF_REQUEST_SIZE))) {
            return SESSION_DONE;
        }
        proof->running = true;
    }
    if (proof->model_done < s->bundle.model_len) {
        uint32_t left = s->bundle.model_len - proof->model_done;
        uint32_t count = left < PIECE ? left : PIECE;

        proof->model = crc32_continue(proof->model, s->bundle.model + proof->model_done, count);
        proof->model_done += count;
        return SESSION_MOVES;
    }
    proof->running = false;
    msg_proof answer = {.nonce = request.nonce,
                        .model = proof->model,
                        .frontend = frontend_crc32(&s->stream.frontend, proof->start),
                        .settings = settings_crc32(&s->bundle, proof->start)};
    session_send(s, MSG_PROOF, head, msg_proof_encode(&answer, head, sizeof head), NULL, 0);
    return SESSION_DONE;
}
