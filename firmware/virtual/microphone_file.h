/* A microphone that plays raw samples (16-bit little-endian, mono, at the bundle's rate) from a file, in real time or
 * faster. After the file's end it hears silence. */
#ifndef VIRTUAL_MICROPHONE_FILE_H
#define VIRTUAL_MICROPHONE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void microphone_file_use(const char *path, uint32_t speed);
bool microphone_file_start(void *context, uint32_t sample_rate, char *why, size_t why_size);
size_t microphone_file_read(void *context, int16_t *samples, size_t capacity);
void microphone_file_stop(void *context);

#endif
