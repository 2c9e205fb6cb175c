/* Time on the computer that plays the board. */
#ifndef VIRTUAL_CLOCK_H
#define VIRTUAL_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void); /* monotonic, from an arbitrary start */
void clock_sleep_us(uint32_t us);
uint32_t clock_entropy(void); /* differs from call to call and from process to process */

#endif
