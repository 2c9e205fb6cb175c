/* One direction of an imagined serial line: its speed, and its faults. Deterministic for a seed, apart from the time. */
#ifndef VIRTUAL_LINE_H
#define VIRTUAL_LINE_H

#include <stddef.h>
#include <stdint.h>

typedef struct line_state {
    uint32_t baud;      /* 10 bit times a byte; 0 = as fast as it goes */
    uint64_t last_us;   /* when allowance was brought up to date */
    uint64_t allowance; /* bit times saved up, in millionths */

    uint32_t damage_ppm; /* share of frames to damage, parts per million */
    uint64_t random;     /* state of the generator */
    uint8_t fault;       /* planned for the frame passing now: enum line_fault */
    uint16_t fault_at;   /* bytes until it strikes */
    uint32_t damaged;    /* frames so far */
} line_state;

/* Longest output of line_pass for `count` bytes. */
#define LINE_MAX_OUTPUT(count) ((count) * 2 + 64)

void line_init(line_state *line, uint32_t baud, uint32_t damage_ppm, uint64_t seed);

/* Bytes that may pass at `now_us`, at most `wanted`. */
size_t line_allowance(line_state *line, size_t wanted, uint64_t now_us);

/* Passes bytes that line_allowance granted, with the line's faults. out holds LINE_MAX_OUTPUT(count). Returns bytes out. */
size_t line_pass(line_state *line, const uint8_t *bytes, size_t count, uint8_t *out);

#endif
