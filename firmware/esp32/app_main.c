/* The firmware on an ESP32: the core's session on a UART, TFLite Micro behind it. */
#include <stdio.h>
#include <string.h>

#include "esp_chip_info.h"
#include "esp_cpu.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "bundle.h"
#include "flash_slot.h"
#include "line.h"
#include "log_frames.h"
#include "messages.h"
#include "microphone.h"
#include "runner.h"
#include "session/session.h"

#define IO_BYTES 1024u
#define STEPS_BETWEEN_IO 16
#define LONGEST_WAIT_MS 50u
#define CALIBRATION_US 5000

static const char TAG[] = "hil";

static session_state session;
static core_hal hal;
static char chip_name[24]; /* INFO shows its first 16 */

static uint64_t now_us(void *context)
{
    return (uint64_t)esp_timer_get_time();
}

static uint32_t ticks(void *context)
{
    return esp_cpu_get_cycle_count();
}

static void memory(void *context, core_memory *out)
{
    out->stack_free = uxTaskGetStackHighWaterMark(NULL); /* bytes on this system */
    out->heap_free = esp_get_free_heap_size();
    out->heap_min_free = esp_get_minimum_free_heap_size();
}

static void restart(void *context)
{
    esp_restart();
}

static bool set_baud(void *context, uint32_t rate)
{
    return line_set_baud(rate);
}

static uint8_t reset_reason(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return MSG_RESET_REASON_POWER_ON;
    case ESP_RST_EXT:
        return MSG_RESET_REASON_EXTERNAL;
    case ESP_RST_SW:
        return MSG_RESET_REASON_SOFTWARE;
    case ESP_RST_PANIC:
        return MSG_RESET_REASON_PANIC;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return MSG_RESET_REASON_WATCHDOG;
    case ESP_RST_DEEPSLEEP:
        return MSG_RESET_REASON_DEEP_SLEEP;
    case ESP_RST_BROWNOUT:
        return MSG_RESET_REASON_BROWNOUT;
    default:
        return MSG_RESET_REASON_UNKNOWN;
    }
}

/* Cycles a microsecond, against the timer: an emulator's counter need not run at the rate it was set to. */
static uint32_t measure_clock_mhz(void)
{
    int64_t start_us = esp_timer_get_time();
    uint32_t start = esp_cpu_get_cycle_count();
    int64_t elapsed_us;

    do {
        elapsed_us = esp_timer_get_time() - start_us;
    } while (elapsed_us < CALIBRATION_US);
    return (uint32_t)(((esp_cpu_get_cycle_count() - start) + (uint32_t)elapsed_us / 2) / (uint32_t)elapsed_us);
}

static void describe(void)
{
    esp_chip_info_t chip;
    uint32_t nominal_mhz = esp_rom_get_cpu_ticks_per_us();
    uint32_t mhz = measure_clock_mhz();
    bool emulated = mhz + mhz / 10 < nominal_mhz || mhz > nominal_mhz + nominal_mhz / 10;

    esp_chip_info(&chip);
    snprintf(chip_name, sizeof chip_name, "%s r%d.%d x%d", CONFIG_IDF_TARGET, chip.revision / 100, chip.revision % 100,
             chip.cores);
    hal = (core_hal){
        .firmware_version = FIRMWARE_VERSION,
        .board = CONFIG_IDF_TARGET,
        .chip = chip_name,
        .capabilities = emulated ? MSG_CAPABILITY_EMULATED : 0,
        .reset_reason = reset_reason(),
        .clock_hz = (emulated ? mhz : nominal_mhz) * 1000000u,
        .now_us = now_us,
        .ticks = ticks,
        .memory = memory,
        .restart = restart,
        .boot_baud = LINK_BOOT_BAUD,
        .microphone_start = microphone_start,
        .microphone_read = microphone_read,
        .microphone_stop = microphone_stop,
    };
    hal.frontend_memory = runner_frontend_memory;
    if (runner_open()) {
        hal.model_load = runner_load;
        hal.model_invoke = runner_invoke;
        hal.model_profile = runner_profile;
    } else {
        ESP_LOGE(TAG, "no internal RAM for the tensor arena: features only");
    }
    if (line_has_baud()) {
        hal.set_baud = set_baud;
    }
    flash_slot_open(&hal.flash);
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
    uint64_t now = now_us(NULL);

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
