/* Compile-time limits of the core: every buffer's size follows from these. A build may raise or lower them with -D. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

/* A firmware's own bundle must fit, whatever its window: the generated header says how much it needs. */
#ifdef __has_include
#if __has_include("bundle_limits.h")
#include "bundle_limits.h"
#endif
#endif
#ifndef BUNDLE_CELLS
#define BUNDLE_CELLS 0
#endif

#ifndef CORE_MAX_FFT
#define CORE_MAX_FFT 1024 /* points; a power of two */
#endif
#ifndef CORE_MAX_BANDS
#define CORE_MAX_BANDS 128
#endif
#define CORE_MOST_CELLS 65535 /* what a bundle may ask for; memory ends sooner */
#ifndef CORE_MAX_CELLS /* frames x bands of one window, bytes */
#if BUNDLE_CELLS > 6400
#define CORE_MAX_CELLS BUNDLE_CELLS
#else
#define CORE_MAX_CELLS 6400
#endif
#endif
#ifndef CORE_MAX_CLASSES
#define CORE_MAX_CLASSES 32
#endif
#ifndef CORE_MAX_PAYLOAD
#define CORE_MAX_PAYLOAD 1024 /* bytes of one frame's payload */
#endif
#ifndef CORE_LINK_RX_BYTES
#define CORE_LINK_RX_BYTES 5632 /* received, not yet consumed: the credit the device grants */
#endif
#ifndef CORE_LINK_TX_BYTES
#define CORE_LINK_TX_BYTES 2816 /* sent, not yet acknowledged */
#endif

#if CORE_MAX_FFT < 128 || (CORE_MAX_FFT & (CORE_MAX_FFT - 1)) != 0
#error "CORE_MAX_FFT must be a power of two of at least 128"
#endif
#if CORE_LINK_RX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16) || CORE_LINK_TX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16)
#error "The link buffers must hold at least two full frames"
#endif

#endif
