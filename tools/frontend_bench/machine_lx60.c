/* QEMU's lx60-nommu board: a 16550 UART; with -icount shift=0 an instruction takes 1 ns and CCOUNT runs at 40 MHz. */
#include "machine.h"

static volatile uint8_t *const uart = (volatile uint8_t *)0x9d050020;

uint32_t machine_clock(void)
{
    uint32_t count;

    __asm__ volatile("rsr.ccount %0" : "=a"(count) : : "memory");
    return count;
}

void machine_print(const char *text)
{
    while (*text != '\0') {
        *uart = (uint8_t)*text++;
    }
}

void machine_stop(void)
{
    register int call __asm__("a2") = 1; /* exit, for QEMU's -semihosting */
    register int status __asm__("a3") = 0;

    __asm__ volatile("simcall" : : "r"(call), "r"(status));
    for (;;) {
    }
}
