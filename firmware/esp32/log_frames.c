#include "log_frames.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"

#include "messages.h"

#define LINES 8
#define LINE_BYTES 120

typedef struct log_line {
    char text[LINE_BYTES];
} log_line;

static QueueHandle_t lines;
static uint32_t overflowed;

/* Runs in whatever task logs, which must not wait: a full queue loses the line, and counts it. */
static int keep(const char *format, va_list arguments)
{
    log_line line;
    int length = vsnprintf(line.text, sizeof line.text, format, arguments);

    if (xPortInIsrContext() || xQueueSend(lines, &line, 0) != pdTRUE) {
        overflowed++;
    }
    return length;
}

void log_frames_begin(void)
{
    lines = xQueueCreate(LINES, sizeof(log_line));
    if (lines != NULL) {
        esp_log_set_vprintf(keep);
    }
}

/* "W (123) tag: text", perhaps behind a colour sequence. */
static uint8_t level_of(const char *text)
{
    static const char letters[] = "EWIDV";
    const char *start = text[0] == '\033' && strchr(text, 'm') != NULL ? strchr(text, 'm') + 1 : text;
    const char *letter = start[0] != '\0' ? strchr(letters, start[0]) : NULL;

    return letter != NULL ? (uint8_t)(MSG_LOG_LEVEL_ERROR + (letter - letters)) : MSG_LOG_LEVEL_INFO;
}

void log_frames_pass_on(session_state *session)
{
    log_line line;

    session->log_dropped += overflowed;
    overflowed = 0;
    while (lines != NULL && link_connected(&session->link) && xQueueReceive(lines, &line, 0) == pdTRUE) {
        line.text[strcspn(line.text, "\r\n")] = '\0';
        session_log(session, level_of(line.text), line.text);
    }
}
