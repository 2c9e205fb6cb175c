#include "microphone_file.h"

#include <stdio.h>

#include "clock.h"

static const char *source;
static uint32_t speed_up;
static FILE *file;
static uint64_t started_ns;
static uint64_t rate; /* samples a second of the computer's time */
static uint64_t played;

void microphone_file_use(const char *path, uint32_t speed)
{
    source = path;
    speed_up = speed > 0 ? speed : 1;
}

bool microphone_file_start(void *context, uint32_t sample_rate, char *why, size_t why_size)
{
    (void)context;
    file = fopen(source, "rb");
    if (file == NULL) {
        snprintf(why, why_size, "cannot read the microphone's file");
        return false;
    }
    started_ns = clock_ns();
    rate = (uint64_t)sample_rate * speed_up;
    played = 0;
    return true;
}

size_t microphone_file_read(void *context, int16_t *samples, size_t capacity)
{
    uint64_t elapsed_us = (clock_ns() - started_ns) / 1000;
    uint64_t due = elapsed_us * rate / 1000000 - played;
    size_t count = due < capacity ? (size_t)due : capacity;

    (void)context;
    for (size_t i = 0; i < count; i++) {
        int low = getc(file);
        int high = getc(file);

        samples[i] = (int16_t)(high == EOF ? 0 : (uint16_t)((unsigned)high << 8 | (unsigned)low));
    }
    played += count;
    return count;
}

void microphone_file_stop(void *context)
{
    (void)context;
    if (file != NULL) {
        fclose(file);
        file = NULL;
    }
}
