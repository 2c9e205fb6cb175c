#include "bundle/slot.h"

#include <string.h>

#include "link/crc32.h"
#include "bundle/sha256.h"

#define RECORD_MAGIC UINT32_C(0x544C5348) /* "HSLT", little-endian */

/* Written to flash as it is: both ends are the same little-endian device. */
typedef struct slot_record {
    uint32_t magic;
    uint32_t sequence;
    uint32_t length;
    uint32_t crc32;
    uint8_t sha256[32];
    uint32_t record_crc32; /* of all above */
} slot_record;

/* The marks follow the record. A word that is no longer erased is a mark, however far its writing came. */
#define SET_ASIDE_AT 64u
#define TRIES_AT 68u
#define TRY_BYTES 8u /* a mark when it begins, another when it ended well */
#define TRIAL_AT (TRIES_AT + SLOT_MOST_TRIES * TRY_BYTES)
#define TRIAL_END_AT (TRIAL_AT + 4u)
#define MARK UINT32_C(0x4B52414D)
#define ERASED UINT32_C(0xFFFFFFFF)

_Static_assert(sizeof(slot_record) <= SET_ASIDE_AT, "the marks must not lie in the record");
#define RECORD_SECTOR_LEAST (TRIAL_END_AT + 4u)

static uint32_t half_offset(const slot_state *slot, uint8_t half)
{
    return half * slot->half_size;
}

static uint32_t image_offset(const slot_state *slot, uint8_t half)
{
    return half_offset(slot, half) + slot->hal->flash.sector_size;
}

static uint32_t record_crc(const slot_record *record)
{
    return crc32_of((const uint8_t *)record, offsetof(slot_record, record_crc32));
}

static bool image_intact(const uint8_t *image, uint32_t length, uint32_t crc32, const uint8_t sha256[32])
{
    uint8_t digest[32];

    if (crc32_of(image, length) != crc32) {
        return false;
    }
    sha256_of(image, length, digest);
    return memcmp(digest, sha256, sizeof digest) == 0;
}

static bool read_record(const slot_state *slot, uint8_t half, slot_record *record)
{
    const uint8_t *memory = slot->hal->flash.map(slot->hal->context);

    if (memory == NULL) {
        return false;
    }
    memcpy(record, memory + half_offset(slot, half), sizeof *record);
    return record->magic == RECORD_MAGIC && record->record_crc32 == record_crc(record) &&
           record->length <= slot_capacity(slot) &&
           image_intact(memory + image_offset(slot, half), record->length, record->crc32, record->sha256);
}

static bool marked(const slot_state *slot, uint8_t half, uint32_t at)
{
    uint32_t word;

    memcpy(&word, slot->hal->flash.map(slot->hal->context) + half_offset(slot, half) + at, sizeof word);
    return word != ERASED;
}

static bool mark(const slot_state *slot, uint8_t half, uint32_t at)
{
    static const uint32_t word = MARK;

    return slot->hal->flash.write(slot->hal->context, half_offset(slot, half) + at, (const uint8_t *)&word,
                                  sizeof word);
}

static uint8_t other_half(const slot_state *slot)
{
    return slot->active == 0 ? 1 : 0;
}

static uint32_t try_at(uint32_t number)
{
    return TRIES_AT + number * TRY_BYTES;
}

/* Whether the boot before ended in the midst of a trial: what crashed then was not the bundle in use. */
static bool trial_cut_off(const slot_state *slot)
{
    uint8_t half = other_half(slot);

    return marked(slot, half, TRIAL_AT) && !marked(slot, half, TRIAL_END_AT) && mark(slot, half, TRIAL_END_AT);
}

/* Whether the bundle found may be loaded in this boot. */
static void begin_try(slot_state *slot, bool after_crash)
{
    while (slot->tries < SLOT_MOST_TRIES && marked(slot, slot->active, try_at(slot->tries))) {
        slot->tries++;
    }
    slot->on_try = slot->tries > 0 && !marked(slot, slot->active, try_at(slot->tries - 1) + sizeof(uint32_t));
    slot->set_aside = marked(slot, slot->active, SET_ASIDE_AT);
    if (slot->set_aside || !after_crash) {
        return;
    }
    /* A try that cannot be noted is not taken: a board that crashes and cannot count would crash for ever. */
    if (slot->on_try || slot->tries == SLOT_MOST_TRIES || !mark(slot, slot->active, try_at(slot->tries))) {
        (void)mark(slot, slot->active, SET_ASIDE_AT);
        slot->set_aside = true;
        return;
    }
    slot->tries++;
    slot->on_try = true;
}

void slot_prove(slot_state *slot)
{
    if (slot->proof < SLOT_PROOF_INFERENCES && ++slot->proof == SLOT_PROOF_INFERENCES && slot->on_try) {
        (void)mark(slot, slot->active, try_at(slot->tries - 1) + sizeof(uint32_t)); /* else the next crash counts */
    }
}

/* What a new record, or none, begins with. */
static void forget_tries(slot_state *slot)
{
    slot->set_aside = false;
    slot->on_try = false;
    slot->tries = 0;
}

void slot_init(slot_state *slot, const core_hal *hal, bool after_crash)
{
    const core_flash *flash = &hal->flash;

    memset(slot, 0, sizeof *slot);
    slot->hal = hal;
    slot->active = SLOT_NONE;
    if (flash->sector_size < RECORD_SECTOR_LEAST) {
        return;
    }
    slot->half_size = flash->size / 2 / flash->sector_size * flash->sector_size;
    for (uint8_t half = 0; half < 2 && slot_capacity(slot) > 0; half++) {
        slot_record record;

        /* the difference, so that the number may wrap */
        if (read_record(slot, half, &record) &&
            (slot->active == SLOT_NONE || (int32_t)(record.sequence - slot->sequence) > 0)) {
            slot->active = half;
            slot->sequence = record.sequence;
            slot->active_length = record.length;
        }
    }
    if (slot->active != SLOT_NONE) {
        bool on_trial = trial_cut_off(slot);

        begin_try(slot, after_crash && !on_trial);
    }
}

const uint8_t *slot_image(const slot_state *slot, uint32_t *length)
{
    if (slot->active == SLOT_NONE || slot->set_aside) {
        return NULL;
    }
    *length = slot->active_length;
    return slot->hal->flash.map(slot->hal->context) + image_offset(slot, slot->active);
}

uint32_t slot_capacity(const slot_state *slot)
{
    uint32_t sector = slot->hal->flash.sector_size;

    return slot->half_size > sector ? slot->half_size - sector : 0;
}

const char *slot_begin(slot_state *slot, uint32_t length, uint32_t crc32, const uint8_t sha256[32])
{
    const core_flash *flash = &slot->hal->flash;

    slot_abandon(slot);
    if (slot_capacity(slot) == 0) {
        return "this board has no model slot";
    }
    if (length == 0 || length > slot_capacity(slot)) {
        return "the image is larger than the slot";
    }
    slot->target = other_half(slot);
    /* without its record the half counts for nothing, whatever is written next */
    if (!flash->erase(slot->hal->context, half_offset(slot, slot->target), flash->sector_size)) {
        return "erasing flash failed";
    }
    slot->length = length;
    slot->crc32 = crc32;
    memcpy(slot->sha256, sha256, sizeof slot->sha256);
    slot->received = 0;
    slot->erased = 0;
    slot->receiving = true;
    return NULL;
}

/* Erases just ahead of the data: a sector takes some 50 ms, and the link lives better with many short pauses. */
static bool erase_up_to(slot_state *slot, uint32_t end)
{
    const core_flash *flash = &slot->hal->flash;

    while (slot->erased < end) {
        if (!flash->erase(slot->hal->context, image_offset(slot, slot->target) + slot->erased, flash->sector_size)) {
            return false;
        }
        slot->erased += flash->sector_size;
    }
    return true;
}

const char *slot_write(slot_state *slot, uint32_t offset, const uint8_t *data, uint32_t length)
{
    const core_flash *flash = &slot->hal->flash;
    uint32_t whole = length & ~UINT32_C(3);
    uint8_t last[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    uint32_t at;

    if (!slot->receiving) {
        return "no deployment has begun";
    }
    if (offset != slot->received || length > slot->length - offset ||
        (whole != length && offset + length != slot->length)) {
        slot_abandon(slot);
        return "the image's pieces do not follow each other";
    }
    at = image_offset(slot, slot->target) + offset;
    memcpy(last, data + whole, length - whole);
    if (!erase_up_to(slot, offset + length) || !flash->write(slot->hal->context, at, data, whole) ||
        (whole != length && !flash->write(slot->hal->context, at + whole, last, sizeof last))) {
        slot_abandon(slot);
        return "writing flash failed";
    }
    slot->received += length;
    return NULL;
}

const char *slot_verify(slot_state *slot, const uint8_t **image)
{
    const uint8_t *memory = slot->hal->flash.map(slot->hal->context);

    if (!slot->receiving) {
        return "no deployment has begun";
    }
    if (memory == NULL) {
        return "flash cannot be read";
    }
    if (slot->received != slot->length) {
        slot_abandon(slot);
        return "the image is not complete";
    }
    *image = memory + image_offset(slot, slot->target);
    if (!image_intact(*image, slot->length, slot->crc32, slot->sha256)) {
        slot_abandon(slot);
        return "the image in flash differs from what was announced (CRC or SHA-256)";
    }
    slot->verified = true;
    return NULL;
}

const char *slot_begin_trial(slot_state *slot)
{
    if (!slot->receiving || !slot->verified) {
        return "the image was not verified";
    }
    if (!marked(slot, slot->target, TRIAL_AT) && !mark(slot, slot->target, TRIAL_AT)) {
        return "writing flash failed";
    }
    return NULL;
}

void slot_end_trial(slot_state *slot)
{
    if (slot_capacity(slot) > 0 && marked(slot, slot->target, TRIAL_AT) && !marked(slot, slot->target, TRIAL_END_AT)) {
        (void)mark(slot, slot->target, TRIAL_END_AT); /* left open it excuses one crash too many */
    }
}

const char *slot_commit(slot_state *slot)
{
    const core_flash *flash = &slot->hal->flash;
    slot_record record = {
        .magic = RECORD_MAGIC,
        .sequence = slot->sequence + 1,
        .length = slot->length,
        .crc32 = slot->crc32,
    };
    slot_record written;

    if (!slot->receiving || !slot->verified) {
        return "the image was not verified";
    }
    memcpy(record.sha256, slot->sha256, sizeof record.sha256);
    record.record_crc32 = record_crc(&record);
    slot->receiving = false;
    slot_end_trial(slot);
    if (!flash->write(slot->hal->context, half_offset(slot, slot->target), (const uint8_t *)&record, sizeof record) ||
        !read_record(slot, slot->target, &written)) {
        /* what was refused must not turn up at the next boot */
        (void)flash->erase(slot->hal->context, half_offset(slot, slot->target), flash->sector_size);
        return "writing flash failed";
    }
    slot->active = slot->target;
    slot->sequence = record.sequence;
    slot->active_length = record.length;
    forget_tries(slot);
    return NULL;
}

void slot_abandon(slot_state *slot)
{
    slot->receiving = false;
    slot->verified = false;
}

const char *slot_clear(slot_state *slot)
{
    const core_flash *flash = &slot->hal->flash;

    slot_abandon(slot);
    if (slot_capacity(slot) == 0) {
        return "this board has no model slot";
    }
    /* the half in use goes last, so that no older image shows up if the power fails in between */
    for (uint8_t pass = 0; pass < 2; pass++) {
        uint8_t half = (uint8_t)(other_half(slot) ^ pass);

        if (!flash->erase(slot->hal->context, half_offset(slot, half), flash->sector_size)) {
            return "erasing flash failed";
        }
    }
    slot->active = SLOT_NONE;
    forget_tries(slot);
    return NULL;
}
