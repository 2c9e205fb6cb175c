/* Compile-time limits of the core: every buffer's size follows from these. A build may raise or lower them with -D. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#ifndef CORE_MAX_FFT
#define CORE_MAX_FFT 1024 /* points; a power of two */
#endif
#ifndef CORE_MAX_BANDS
#define CORE_MAX_BANDS 128
#endif
#ifndef CORE_MAX_CELLS
#define CORE_MAX_CELLS 6400 /* frames x bands of one window, bytes */
#endif
#ifndef CORE_MAX_CLASSES
#define CORE_MAX_CLASSES 32
#endif
#ifndef CORE_MAX_PAYLOAD
#define CORE_MAX_PAYLOAD 1024 /* bytes of one frame's payload */
#endif
#ifndef CORE_LINK_RX_BYTES
#define CORE_LINK_RX_BYTES 6144 /* received, not yet consumed: the credit the device grants */
#endif
#ifndef CORE_LINK_TX_BYTES
#define CORE_LINK_TX_BYTES 3072 /* sent, not yet acknowledged */
#endif

#if CORE_MAX_FFT < 128 || (CORE_MAX_FFT & (CORE_MAX_FFT - 1)) != 0
#error "CORE_MAX_FFT must be a power of two of at least 128"
#endif
#if CORE_LINK_RX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16) || CORE_LINK_TX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16)
#error "The link buffers must hold at least two full frames"
#endif

#endif
