/* The firmware on an ESP32: the core's session on a UART, TFLite Micro behind it. */
#include "esp_log.h"
#include "esp_random.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "bundle.h"
#include "esp_hal.h"
#include "line.h"
#include "log_frames.h"
#include "messages.h"
#include "microphone.h"
#include "session/session.h"

#define IO_BYTES 1024u
#define STEPS_BETWEEN_IO 16
#define LONGEST_WAIT_MS 50u

static const char TAG[] = "hil";

static session_state session;
static core_hal hal;

static bool set_baud(void *context, uint32_t rate)
{
    return line_set_baud(rate);
}

static void describe(void)
{
    esp_hal_open(&hal);
    hal.microphone_start = microphone_start;
    hal.microphone_read = microphone_read;
    hal.microphone_stop = microphone_stop;
    if (line_has_baud()) {
        hal.set_baud = set_baud;
    }
}

static void receive(uint32_t wait_ms)
{
    uint8_t bytes[IO_BYTES];
    size_t count = line_read(bytes, sizeof bytes, wait_ms);

    if (count > 0) {
        session_input(&session, bytes, count);
    }
}

static bool transmit(void)
{
    uint8_t bytes[IO_BYTES];
    size_t room = line_room();
    size_t count = session_output(&session, bytes, room < sizeof bytes ? room : sizeof bytes);

    if (count > 0) {
        line_write(bytes, count);
    }
    return count > 0;
}

/* How long the line may be waited for: until the session's next appointment. */
static uint32_t wait_ms(void)
{
    uint64_t deadline = session_deadline(&session);
    uint64_t now = hal.now_us(NULL);

    if (deadline <= now) {
        return 1;
    }
    deadline = (deadline - now + 999) / 1000;
    return deadline < LONGEST_WAIT_MS ? (uint32_t)deadline : LONGEST_WAIT_MS;
}

void app_main(void)
{
    line_open();
    log_frames_begin();
    if (esp_hal_trouble() != NULL) {
        ESP_LOGW(TAG, "the boot before was ended by %s", esp_hal_trouble());
    }
    describe();
    session_init(&session, &builtin_bundle, &hal, esp_random());
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    for (;;) {
        bool busy = false;

        for (int i = 0; i < STEPS_BETWEEN_IO && session_step(&session); i++) {
            busy = true;
        }
        busy |= transmit();
        log_frames_pass_on(&session);
        receive(busy ? 0 : wait_ms());
        esp_task_wdt_reset();
    }
}
