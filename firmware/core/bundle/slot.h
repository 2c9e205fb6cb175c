/* The model slot: a flash partition that keeps a deployed bundle image.
 *
 * The partition is two halves. A half is one sector with a commit record, then the image. A new image goes into the half
 * that is not in use; its record is written last, after length, CRC and SHA-256 were checked in flash. Whatever moment the
 * power fails at, slot_init() finds either the old image or the new one, whole: a record counts only when its own CRC and
 * the image's hash are right, and the record with the higher sequence number wins.
 *
 * A bundle that crashes the board must not crash it for ever. The rest of the record's sector keeps marks: only a boot that
 * follows a crash writes one before it loads the bundle, and another once the bundle has proved itself. A crash that finds
 * the first without the second is the second in a row, and sets the bundle aside for good: until another is deployed or
 * the slot is emptied. So ordinary boots write nothing, and a sector takes SLOT_MOST_TRIES tries and is never erased
 * for them. A crash while a bundle is on trial is that bundle's: the half that it lies in says so, and the one in use is
 * not counted for it.
 *
 * Functions that can fail return NULL, or the reason as a text for a person. */
#ifndef CORE_BUNDLE_SLOT_H
#define CORE_BUNDLE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

typedef struct slot_state {
    const core_hal *hal;
    uint32_t half_size;
    uint8_t active;    /* half in use: 0 or 1; SLOT_NONE */
    uint32_t sequence; /* of the record in use */
    uint32_t active_length;
    bool set_aside; /* the image in the active half is not used: it crashed the board */
    bool on_try;    /* the last try was not closed when this boot began */
    uint8_t tries;  /* marks written beside the record in use */
    uint8_t proof;  /* inferences since boot, as far as they are counted */

    bool receiving;
    bool verified;
    uint8_t target;
    uint32_t length, crc32;
    uint8_t sha256[32];
    uint32_t received;
    uint32_t erased; /* image bytes of the target half that are ready to be written */
} slot_state;

#define SLOT_NONE 0xFFu
#define SLOT_MOST_TRIES 64u      /* boots after a crash that a bundle may come up from; 8 bytes each */
#define SLOT_PROOF_INFERENCES 8u /* so many inferences since boot, and the bundle counts as one that runs */

/* Looks for a committed image. A target without flash gives an empty slot.
 * after_crash: the boot before this one ended in a panic or a watchdog. Call it once a boot, before the model is loaded. */
void slot_init(slot_state *slot, const core_hal *hal, bool after_crash);

/* An inference of the slot's bundle went well. Writes flash at most once a boot, and only in one that follows a crash. */
void slot_prove(slot_state *slot);

/* The image in use; NULL: none, or one that is set aside. Valid until slot_commit or slot_clear. */
const uint8_t *slot_image(const slot_state *slot, uint32_t *length);

/* Largest image that fits, bytes; 0: no slot. */
uint32_t slot_capacity(const slot_state *slot);

const char *slot_begin(slot_state *slot, uint32_t length, uint32_t crc32, const uint8_t sha256[32]);

/* The next bytes, in order. offset must equal slot->received. All pieces but the last are a multiple of 4 bytes. */
const char *slot_write(slot_state *slot, uint32_t offset, const uint8_t *data, uint32_t length);

/* Checks what arrived, as it now stands in flash. The image can then be looked at, but is not in use yet. */
const char *slot_verify(slot_state *slot, const uint8_t **image);

/* The verified image is about to be loaded, and may crash the board: until slot_end_trial, slot_commit or the next boot. */
const char *slot_begin_trial(slot_state *slot);

/* It is out of use again. Does nothing where no trial has begun. */
void slot_end_trial(slot_state *slot);

/* Puts the verified image in use, for this boot and the next ones. */
const char *slot_commit(slot_state *slot);

void slot_abandon(slot_state *slot);

/* Empties the slot: the built-in bundle is used again. */
const char *slot_clear(slot_state *slot);

#endif
