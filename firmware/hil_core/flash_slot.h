/* The "model" partition as the core's flash. */
#ifndef ESP32_FLASH_SLOT_H
#define ESP32_FLASH_SLOT_H

#include "hal.h"

/* size stays 0 when the partition table has no such partition. */
void flash_slot_open(core_flash *flash);

#endif
