#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char *text, uint32_t most, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value > most) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

/* False: `name` is not an option, or `value` does not fit it. */
static bool take(board_options *options, const char *name, const char *value)
{
    uint32_t port;

    if (strcmp(name, "--tcp") == 0) {
        if (!number(value, 65535, &port)) {
            return false;
        }
        options->tcp_port = (int)port;
        return true;
    }
    if (strcmp(name, "--baud") == 0) {
        return number(value, 100000000, &options->baud);
    }
    if (strcmp(name, "--damage-ppm") == 0) {
        return number(value, 1000000, &options->damage_ppm);
    }
    if (strcmp(name, "--seed") == 0) {
        return number(value, UINT32_MAX, &options->seed);
    }
    if (strcmp(name, "--flash") == 0) {
        options->flash = value;
        return true;
    }
    if (strcmp(name, "--fault") == 0) {
        return stage_fault_parse(&options->fault, value);
    }
    if (strcmp(name, "--microphone") == 0) {
        options->microphone = value;
        return true;
    }
    if (strcmp(name, "--microphone-speed") == 0) {
        return number(value, 1000, &options->microphone_speed);
    }
    if (strcmp(name, "--parent") == 0) {
        return number(value, UINT32_MAX, &options->parent);
    }
    return false;
}

bool options_parse(board_options *options, int argc, char **argv)
{
    *options = (board_options){.tcp_port = -1, .seed = 1, .microphone_speed = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--inference") == 0) {
            options->inference = true;
        } else if (i + 1 < argc && take(options, argv[i], argv[i + 1])) {
            i++;
        } else {
            fprintf(stderr,
                    "error %s does not fit\n"
                    "usage: %s [--tcp PORT] [--baud RATE] [--damage-ppm N] [--seed N] [--inference] [--flash FILE]\n"
                    "       [--microphone FILE] [--microphone-speed N] [--parent PROCESS]\n"
                    "       [--fault stage=NAME,band=N,add=N[,every=N]]\n"
                    "Start it with `python -m host board`, which also provides the inference.\n",
                    argv[i], argv[0]);
            return false;
        }
    }
    return true;
}
