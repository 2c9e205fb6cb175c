/* What the benchmark needs of the machine it runs on. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

/* Counts up by one for every 25 instructions. */
uint32_t machine_clock(void);
void machine_print(const char *text);
_Noreturn void machine_stop(void);

#endif
