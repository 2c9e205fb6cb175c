/* Every pin this firmware uses, in one place. -D overrides them for another board. */
#ifndef BOARD_PINS_H
#define BOARD_PINS_H

#include "sdkconfig.h"

/* INMP441 MEMS microphone on I2S: SCK, WS, SD; its L/R pin to ground (left channel), VDD to 3.3 V. */
#ifndef MICROPHONE_PIN_SCK
#if CONFIG_IDF_TARGET_ESP32
#define MICROPHONE_PIN_SCK 26
#define MICROPHONE_PIN_WS 25
#define MICROPHONE_PIN_SD 33
#else
#define MICROPHONE_PIN_SCK 4
#define MICROPHONE_PIN_WS 5
#define MICROPHONE_PIN_SD 6
#endif
#endif

/* The microphone's 24 bits sit in the upper part of 32. Its full scale is 120 dB SPL; birds are far from that, so two bits
 * are left above the upper sixteen: louder sounds are clipped. */
#ifndef MICROPHONE_SHIFT
#define MICROPHONE_SHIFT 14
#endif

#endif
