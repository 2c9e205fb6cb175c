/* The virtual board's command line. */
#ifndef VIRTUAL_OPTIONS_H
#define VIRTUAL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "stage_fault.h"

typedef struct board_options {
    int tcp_port;           /* -1: a pseudo-terminal */
    uint32_t baud;          /* 0: unthrottled */
    uint32_t damage_ppm;    /* frames damaged in each direction, parts per million */
    uint32_t seed;          /* of the damage */
    bool inference;         /* stdin and stdout lead to an inference process */
    const char *flash;      /* file behind the model slot, or NULL */
    const char *microphone; /* raw samples, or NULL: no microphone */
    uint32_t microphone_speed;
    stage_fault fault;
    uint32_t parent; /* a process without which this board ends, or 0 */
} board_options;

/* False: the reason was printed. */
bool options_parse(board_options *options, int argc, char **argv);

#endif
