/* How the benchmark's programs tell what they measured: lines of words, numbers in hexadecimal. */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>
#include <stdint.h>

void print_number(const char *kind, const char *name, uint32_t value);

/* count values of `digits` hexadecimal digits each. */
void print_values(const char *kind, const uint16_t *values, size_t count, size_t digits);

#endif
