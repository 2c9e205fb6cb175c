#include "sdkconfig.h"

#if !CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG

#include "driver/uart.h"
#include "esp_intr_alloc.h"
#include "freertos/FreeRTOS.h"
#include "hal/uart_ll.h"

#include "line.h"
#include "link/link_limits.h"

#define PORT UART_NUM_0
/* All that the host may have under way while the firmware is busy with an inference, and acknowledgements besides. */
#define RX_BUFFER (CORE_LINK_RX_BYTES + 4096)
#define TX_BUFFER 4096
#define FIFO_BYTES 128
/* Of the FIFO's 128 bytes: leaves 0.8 ms at 921 600 baud until it overflows, where the default of 120 leaves 87 us. */
#define RX_THRESHOLD 48
/* Idle symbols after which a short frame is handed on without waiting for the threshold. */
#define RX_TIMEOUT 2

/* After a restart in mid-traffic the receiver is full, its interrupt still enabled and pending. What is there belongs to a
 * connection that is gone; without this the interrupt would be raised the moment it gets a handler, before it can be served. */
static void quiet(void)
{
    uart_dev_t *uart = UART_LL_GET_HW(PORT);

    uart_ll_disable_intr_mask(uart, UART_LL_INTR_MASK);
    for (int i = 0; i < FIFO_BYTES && uart_ll_get_rxfifo_len(uart) > 0; i++) {
        uint8_t byte;

        uart_ll_read_rxfifo(uart, &byte, 1);
    }
    uart_ll_clr_intsts_mask(uart, UART_LL_INTR_MASK);
}

void line_open(void)
{
    const uart_config_t config = {
        .baud_rate = LINK_BOOT_BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE, /* RTS and CTS drive reset and boot on development kits */
        .source_clk = UART_SCLK_DEFAULT,
    };

    quiet();
    ESP_ERROR_CHECK(uart_driver_install(PORT, RX_BUFFER, TX_BUFFER, 0, NULL, ESP_INTR_FLAG_IRAM));
    ESP_ERROR_CHECK(uart_param_config(PORT, &config));
    ESP_ERROR_CHECK(uart_set_rx_full_threshold(PORT, RX_THRESHOLD));
    ESP_ERROR_CHECK(uart_set_rx_timeout(PORT, RX_TIMEOUT));
}

bool line_has_baud(void)
{
    return true;
}

bool line_set_baud(uint32_t rate)
{
    return uart_wait_tx_done(PORT, pdMS_TO_TICKS(200)) == ESP_OK && uart_set_baudrate(PORT, rate) == ESP_OK;
}

size_t line_read(uint8_t *bytes, size_t capacity, uint32_t wait_ms)
{
    size_t waiting = 0;
    int count = 0;

    if (uart_get_buffered_data_len(PORT, &waiting) != ESP_OK) {
        return 0;
    }
    if (waiting == 0) {
        if (wait_ms == 0) {
            return 0;
        }
        count = uart_read_bytes(PORT, bytes, 1, pdMS_TO_TICKS(wait_ms));
        if (count <= 0) {
            return 0;
        }
        (void)uart_get_buffered_data_len(PORT, &waiting);
    }
    if (waiting > capacity - (size_t)count) {
        waiting = capacity - (size_t)count;
    }
    if (waiting > 0) {
        int more = uart_read_bytes(PORT, bytes + count, (uint32_t)waiting, 0);

        count += more > 0 ? more : 0;
    }
    return (size_t)count;
}

size_t line_room(void)
{
    size_t room = 0;

    return uart_get_tx_buffer_free_size(PORT, &room) == ESP_OK ? room : 0;
}

void line_write(const uint8_t *bytes, size_t count)
{
    (void)uart_write_bytes(PORT, bytes, count);
}

#endif
