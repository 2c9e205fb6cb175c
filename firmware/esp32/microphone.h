/* An I2S MEMS microphone (INMP441); pins in board_pins.h. */
#ifndef ESP32_MICROPHONE_H
#define ESP32_MICROPHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool microphone_start(void *context, uint32_t sample_rate, char *why, size_t why_size);
size_t microphone_read(void *context, int16_t *samples, size_t capacity);
void microphone_stop(void *context);

#endif
