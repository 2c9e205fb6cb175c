/* What every application on an ESP32 has in common of the HAL. The line's rate and a microphone are the application's own. */
#ifndef ESP_HAL_H
#define ESP_HAL_H

#include "hal.h"

/* Fills in identity, time, memory, restart, inference and the model slot, and takes the tensor arena from internal RAM.
 * Call it once, before session_init. Without enough RAM the board computes features only, and logs so. */
void esp_hal_open(core_hal *hal);

/* What ended the boot before, where that was trouble: "the interrupt watchdog", ...; NULL where it was not. */
const char *esp_hal_trouble(void);

#endif
