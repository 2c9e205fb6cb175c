#include "line.h"

#include <string.h>

#define BITS_PER_BYTE 10u /* start, eight data bits, stop */
#define SAVE_UP_US 20000u /* what a late wake-up may catch up: longer than the computer's timers are coarse */
#define FAULT_WITHIN 900u /* bytes into a frame */
#define MILLION UINT64_C(1000000)

enum line_fault {
    FAULT_NONE,
    FAULT_FLIP,
    FAULT_DROP,
    FAULT_DUPLICATE,
    FAULT_GARBAGE,
    FAULT_TRUNCATE,
    FAULT_TRUNCATING
};

/* xorshift64* (Vigna: An experimental exploration of Marsaglia's xorshift generators, scrambled, 2016) */
static uint32_t next_random(line_state *line)
{
    uint64_t x = line->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    line->random = x;
    return (uint32_t)((x * UINT64_C(0x2545F4914F6CDD1D)) >> 32);
}

void line_init(line_state *line, uint32_t baud, uint32_t damage_ppm, uint64_t seed)
{
    memset(line, 0, sizeof *line);
    line->baud = baud;
    line->damage_ppm = damage_ppm;
    line->random = seed * 2 + 1; /* never zero */
}

size_t line_allowance(line_state *line, size_t wanted, uint64_t now_us)
{
    uint64_t most = (uint64_t)line->baud * SAVE_UP_US;
    uint64_t bytes;

    if (line->baud == 0) {
        return wanted;
    }
    line->allowance += (now_us - line->last_us) * line->baud;
    line->last_us = now_us;
    if (line->allowance > most) {
        line->allowance = most;
    }
    bytes = line->allowance / (BITS_PER_BYTE * MILLION);
    return bytes < wanted ? (size_t)bytes : wanted;
}

/* Faults strike frames, as line noise is rare and short: one damaged frame in 1/damage_ppm. */
static void plan_fault(line_state *line)
{
    line->fault = FAULT_NONE;
    if (line->damage_ppm > 0 && next_random(line) % MILLION < line->damage_ppm) {
        line->fault = (uint8_t)(FAULT_FLIP + next_random(line) % (FAULT_TRUNCATE - FAULT_FLIP + 1));
        line->fault_at = (uint16_t)(next_random(line) % FAULT_WITHIN);
    }
}

/* The planned fault on one byte. Returns bytes out. */
static size_t strike(line_state *line, uint8_t byte, uint8_t *out)
{
    uint8_t fault = line->fault;
    size_t count = 0;

    line->damaged++;
    line->fault = FAULT_NONE;
    switch (fault) {
    case FAULT_FLIP:
        out[count++] = (uint8_t)(byte ^ (1u << (next_random(line) & 7)));
        break;
    case FAULT_DUPLICATE:
        out[count++] = byte;
        out[count++] = byte;
        break;
    case FAULT_GARBAGE:
        for (unsigned i = 0; i < 16; i++) {
            out[count++] = (uint8_t)next_random(line);
        }
        out[count++] = byte;
        break;
    case FAULT_TRUNCATE:
        line->fault = FAULT_TRUNCATING;
        break;
    default: /* dropped */
        break;
    }
    return count;
}

size_t line_pass(line_state *line, const uint8_t *bytes, size_t count, uint8_t *out)
{
    size_t written = 0;

    if (line->baud != 0) {
        uint64_t cost = count * BITS_PER_BYTE * MILLION;

        line->allowance = cost < line->allowance ? line->allowance - cost : 0;
    }
    if (line->damage_ppm == 0) {
        memcpy(out, bytes, count);
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = bytes[i];

        if (byte == 0) { /* a frame ends, another begins; a short frame's fault strikes its delimiter */
            if (line->fault != FAULT_NONE && line->fault != FAULT_TRUNCATING) {
                written += strike(line, byte, out + written);
                line->fault = FAULT_NONE;
            } else {
                out[written++] = byte;
            }
            plan_fault(line);
        } else if (line->fault == FAULT_TRUNCATING) {
            continue;
        } else if (line->fault != FAULT_NONE && line->fault_at-- == 0) {
            written += strike(line, byte, out + written);
        } else {
            out[written++] = byte;
        }
    }
    return written;
}
