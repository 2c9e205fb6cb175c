/* A firmware with work of its own. The test session runs beside it, in a task and on a UART that nothing else uses. */
#include "driver/uart.h"
#include "esp_log.h"
#include "esp_random.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "bundle.h"
#include "esp_hal.h"
#include "link/link_limits.h"
#include "session/session.h"

#define PORT UART_NUM_1
#define PIN_TX 17
#define PIN_RX 16
#define BAUD 921600

static void test_task(void *unused)
{
    static session_state session;
    static core_hal hal;
    uint8_t bytes[512];

    esp_hal_open(&hal);
    session_init(&session, &builtin_bundle, &hal, esp_random());
    for (;;) {
        bool busy = session_step(&session);
        size_t out = session_output(&session, bytes, sizeof bytes);

        uart_write_bytes(PORT, bytes, out);
        int in = uart_read_bytes(PORT, bytes, sizeof bytes, busy || out > 0 ? 0 : 1);
        if (in > 0) {
            session_input(&session, bytes, (size_t)in);
        }
    }
}

void app_main(void)
{
    const uart_config_t config = {.baud_rate = BAUD, .data_bits = UART_DATA_8_BITS, .source_clk = UART_SCLK_DEFAULT};

    ESP_ERROR_CHECK(uart_driver_install(PORT, CORE_LINK_RX_BYTES + 4096, 4096, 0, NULL, 0));
    ESP_ERROR_CHECK(uart_param_config(PORT, &config));
    ESP_ERROR_CHECK(uart_set_pin(PORT, PIN_TX, PIN_RX, UART_PIN_NO_CHANGE, UART_PIN_NO_CHANGE));
    xTaskCreate(test_task, "test", 12288, NULL, 5, NULL);
    for (int second = 0;; second++) {
        ESP_LOGI("own", "at work for %d s", second);
        vTaskDelay(pdMS_TO_TICKS(1000));
    }
}
