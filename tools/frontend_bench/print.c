#include "print.h"

#include "machine.h"

static void print_digits(uint32_t value, size_t digits)
{
    char text[9];
    size_t i = 0;

    for (; i < digits; i++) {
        text[i] = "0123456789abcdef"[(value >> (4 * (digits - 1 - i))) & 15u];
    }
    text[i] = '\0';
    machine_print(text);
}

void print_number(const char *kind, const char *name, uint32_t value)
{
    machine_print(kind);
    machine_print(" ");
    machine_print(name);
    machine_print(" ");
    print_digits(value, 8);
    machine_print("\n");
}

void print_values(const char *kind, const uint16_t *values, size_t count, size_t digits)
{
    machine_print(kind);
    machine_print(" ");
    for (size_t i = 0; i < count; i++) {
        print_digits(values[i], digits);
    }
    machine_print("\n");
}
