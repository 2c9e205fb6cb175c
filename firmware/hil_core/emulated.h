/* Whether this chip is an emulator's, whatever its clocks say. */
#ifndef EMULATED_H
#define EMULATED_H

#include <stdbool.h>

/* True for a certain sign: the chip lacks what silicon cannot lack. */
bool chip_is_emulated(void);

#endif
