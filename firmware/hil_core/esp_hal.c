#include "esp_hal.h"

#include <stdio.h>

#include "esp_app_desc.h"
#include "esp_chip_info.h"
#include "esp_cpu.h"
#include "esp_idf_version.h"
#include "esp_log.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#include "emulated.h"
#include "flash_slot.h"
#include "kernels.h"
#include "messages.h"
#include "runner.h"

#define CALIBRATION_US 5000
#define ELF_BYTES 8 /* of its SHA-256: as many as tell two builds apart */

static const char TAG[] = "hil";

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

const char *esp_hal_trouble(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_PANIC:
        return "a panic";
    case ESP_RST_INT_WDT:
        return "the interrupt watchdog: interrupts were held up for too long";
    case ESP_RST_TASK_WDT:
        return "the task watchdog: the firmware hung";
    case ESP_RST_WDT:
        return "the RTC watchdog";
    case ESP_RST_BROWNOUT:
        return "a brown-out: the supply voltage fell too low";
    default:
        return NULL;
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

/* What latency depends on, and which build this is. HIL_KERNELS comes from kernels.cmake. */
static void build(void *context, char *text, size_t size)
{
    const uint8_t *sha = esp_app_get_description()->app_elf_sha256;
    int length =
        snprintf(text, size, "compiler GCC %d.%d.%d\nidf %d.%d.%d\n" HIL_KERNELS "\nelf ", __GNUC__, __GNUC_MINOR__,
                 __GNUC_PATCHLEVEL__, ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH);

    for (int i = 0; i < ELF_BYTES && length > 0 && (size_t)length < size; i++) {
        length += snprintf(text + length, size - (size_t)length, "%02x", sha[i]);
    }
}

void esp_hal_open(core_hal *hal)
{
    esp_chip_info_t chip;
    uint32_t nominal_mhz = esp_rom_get_cpu_ticks_per_us();
    uint32_t mhz = measure_clock_mhz();
    bool off = mhz + nominal_mhz / 10 < nominal_mhz || mhz > nominal_mhz + nominal_mhz / 10;

    esp_chip_info(&chip);
    snprintf(chip_name, sizeof chip_name, "%s r%d.%d x%d", CONFIG_IDF_TARGET, chip.revision / 100, chip.revision % 100,
             chip.cores);
    *hal = (core_hal){
        .firmware_version = FIRMWARE_VERSION,
        .board = CONFIG_IDF_TARGET,
        .chip = chip_name,
        .capabilities = off || chip_is_emulated() ? MSG_CAPABILITY_EMULATED : 0,
        .reset_reason = reset_reason(),
        .clock_hz = (off ? mhz : nominal_mhz) * 1000000u,
        .now_us = now_us,
        .ticks = ticks,
        .memory = memory,
        .build = build,
        .restart = restart,
        .boot_baud = LINK_BOOT_BAUD,
    };
    hal->frontend_memory = runner_frontend_memory;
    if (runner_open()) {
        hal->model_load = runner_load;
        hal->model_invoke = runner_invoke;
        hal->model_profile = runner_profile;
        hal->model_trace = runner_trace;
        hal->model_keep = runner_keep;
        hal->model_tensor = runner_tensor;
        hal->model_open = runner_open_case;
        hal->model_shift = runner_shift;
    } else {
        ESP_LOGE(TAG, "no internal RAM for the tensor arena: features only");
    }
    flash_slot_open(&hal->flash);
}
