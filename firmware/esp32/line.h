/* The serial line that the link runs on: UART0 behind a USB bridge, or the chip's own USB serial port. */
#ifndef ESP32_LINE_H
#define ESP32_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void line_open(void);

/* Whether line_set_baud means anything. */
bool line_has_baud(void);
/* From the next byte on; what was written before leaves at the old rate. */
bool line_set_baud(uint32_t rate);

/* Waits at most wait_ms for the first byte, then takes what is there. */
size_t line_read(uint8_t *bytes, size_t capacity, uint32_t wait_ms);
/* Bytes that line_write takes without waiting. */
size_t line_room(void);
void line_write(const uint8_t *bytes, size_t count);

#endif
