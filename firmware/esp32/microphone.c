#include "microphone.h"

#include <stdio.h>

#include "driver/i2s_std.h"
#include "esp_timer.h"

#include "board_pins.h"

#define PROBE_MS 200 /* a microphone that is there has said something by then: its start-up takes 85 ms */
#define PIECE 64u

static i2s_chan_handle_t channel;

static size_t read_raw(int32_t *raw, size_t capacity, uint32_t wait_ms)
{
    size_t bytes = 0;

    (void)i2s_channel_read(channel, raw, capacity * sizeof raw[0], &bytes,
                           wait_ms); /* a time-out still gives what came */
    return bytes / sizeof raw[0];
}

/* An open data line reads as a constant; a microphone always has some noise. */
static bool probe(void)
{
    int64_t end = esp_timer_get_time() + PROBE_MS * 1000;
    int32_t raw[PIECE];

    while (esp_timer_get_time() < end) {
        size_t count = read_raw(raw, PIECE, 20);

        for (size_t i = 1; i < count; i++) {
            if (raw[i] != raw[0]) {
                return true;
            }
        }
    }
    return false;
}

bool microphone_start(void *context, uint32_t sample_rate, char *why, size_t why_size)
{
    i2s_chan_config_t channel_config = I2S_CHANNEL_DEFAULT_CONFIG(I2S_NUM_0, I2S_ROLE_MASTER);
    i2s_std_config_t config = {
        .clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(sample_rate),
        .slot_cfg = I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_32BIT, I2S_SLOT_MODE_MONO),
        .gpio_cfg =
            {
                .mclk = I2S_GPIO_UNUSED,
                .bclk = MICROPHONE_PIN_SCK,
                .ws = MICROPHONE_PIN_WS,
                .dout = I2S_GPIO_UNUSED,
                .din = MICROPHONE_PIN_SD,
            },
    };
    esp_err_t error;

    /* Enough for the longest inference: 16 x 240 samples are 0.48 s at 8 kHz. */
    channel_config.dma_desc_num = 16;
    channel_config.dma_frame_num = 240;
    error = i2s_new_channel(&channel_config, NULL, &channel);
    if (error != ESP_OK) {
        snprintf(why, why_size, "the I2S unit cannot be used (%s)", esp_err_to_name(error));
        return false;
    }
    error = i2s_channel_init_std_mode(channel, &config);
    if (error == ESP_OK) {
        error = i2s_channel_enable(channel);
    }
    if (error != ESP_OK) {
        i2s_del_channel(channel);
        snprintf(why, why_size, "the I2S unit does not start (%s)", esp_err_to_name(error));
        return false;
    }
    if (!probe()) {
        microphone_stop(context);
        snprintf(why, why_size, "no microphone answers on pins SCK %d, WS %d, SD %d", MICROPHONE_PIN_SCK,
                 MICROPHONE_PIN_WS, MICROPHONE_PIN_SD);
        return false;
    }
    return true;
}

size_t microphone_read(void *context, int16_t *samples, size_t capacity)
{
    int32_t raw[PIECE];
    size_t count = read_raw(raw, capacity < PIECE ? capacity : PIECE, 0);

    for (size_t i = 0; i < count; i++) {
        int32_t value = raw[i] >> MICROPHONE_SHIFT;

        samples[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
    }
    return count;
}

void microphone_stop(void *context)
{
    (void)i2s_channel_disable(channel);
    (void)i2s_del_channel(channel);
}
