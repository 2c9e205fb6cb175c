#include "sdkconfig.h"

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG

#include "driver/usb_serial_jtag.h"
#include "freertos/FreeRTOS.h"

#include "line.h"
#include "link/link_limits.h"

#define TX_PIECE 512u

void line_open(void)
{
    usb_serial_jtag_driver_config_t config = {
        .tx_buffer_size = 4096,
        .rx_buffer_size = CORE_LINK_RX_BYTES + 4096,
    };

    ESP_ERROR_CHECK(usb_serial_jtag_driver_install(&config));
}

bool line_has_baud(void)
{
    return false;
}

bool line_set_baud(uint32_t rate)
{
    return false;
}

size_t line_read(uint8_t *bytes, size_t capacity, uint32_t wait_ms)
{
    /* returns with what is there as soon as anything is */
    int count = usb_serial_jtag_read_bytes(bytes, (uint32_t)capacity, pdMS_TO_TICKS(wait_ms));

    return count > 0 ? (size_t)count : 0;
}

size_t line_room(void)
{
    return TX_PIECE;
}

void line_write(const uint8_t *bytes, size_t count)
{
    /* A computer that does not listen must not stop the firmware: what it does not take in time is lost, and the link
     * sends it again. */
    (void)usb_serial_jtag_write_bytes(bytes, count, pdMS_TO_TICKS(20));
}

#endif
