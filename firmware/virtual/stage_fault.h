/* A front end that is wrong on purpose at one of its stages, for tests of the host: what follows from it is real. */
#ifndef VIRTUAL_STAGE_FAULT_H
#define VIRTUAL_STAGE_FAULT_H

#include "frontend/frontend.h"

typedef struct stage_fault {
    bool on;
    char stage[16]; /* its name */
    uint32_t band;  /* which one: a mel band, else a value of 32 bits, in `cells` one of 8 */
    int32_t add;
    uint32_t every; /* columns */
} stage_fault;

/* "stage=mel,band=12,add=1", and perhaps ",every=100". False: it is none. */
bool stage_fault_parse(stage_fault *fault, const char *text);

/* Puts it into a front end that is in use; does nothing where it is in it already, or has no such stage. */
void stage_fault_put(const stage_fault *fault, fe_front_end *front_end);

#endif
