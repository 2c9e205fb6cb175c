/* Compile-time limits of the core: every buffer's size follows from these. A build may raise or lower them with -D,
 * within what the #errors below allow. Those of the link are in link/link_limits.h. */
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
/* Of kinds of front ends with an FFT of their own; no buffer follows from these, their memory is what a bundle needs. */
#define CORE_MAX_FFT_LOG_MEL 2048 /* with options */
#define CORE_MAX_FFT_MICROFRONTEND 2048
#define CORE_MAX_FFT_BIODCASE_2026 8192
#ifndef CORE_MAX_BANDS
#define CORE_MAX_BANDS 128
#endif
/* Bytes of a column: kinds whose cells depend on the window keep two for each of its bands. */
#if CORE_MAX_BANDS <= 128
#define CORE_MAX_COLUMN (2 * CORE_MAX_BANDS)
#else
#define CORE_MAX_COLUMN CORE_MAX_BANDS
#endif
#define CORE_MOST_CELLS 65535 /* what a bundle may ask for; memory ends sooner */
#ifndef CORE_MAX_CELLS        /* frames x bands of one window, bytes */
#if BUNDLE_CELLS > 6400
#define CORE_MAX_CELLS BUNDLE_CELLS
#else
#define CORE_MAX_CELLS 6400
#endif
#endif
#ifndef CORE_MAX_CLASSES
#define CORE_MAX_CLASSES 32
#endif
#define CORE_MOST_ARENA 122880 /* bytes that TFLite Micro gets at most where memory is a chip's */

#if CORE_MAX_FFT < 128 || CORE_MAX_FFT > 1024 || (CORE_MAX_FFT & (CORE_MAX_FFT - 1)) != 0
#error "CORE_MAX_FFT must be 128, 256, 512 or 1024: the front end has steps for these lengths"
#endif
#if CORE_MAX_BANDS < 1 || CORE_MAX_BANDS > CORE_MAX_FFT / 2
#error "CORE_MAX_BANDS must be 1 to CORE_MAX_FFT / 2: no more bands than bins, and they are computed in the FFT's place"
#endif
#if CORE_MAX_CELLS < CORE_MAX_BANDS || CORE_MAX_CELLS > CORE_MOST_CELLS
#error "CORE_MAX_CELLS must be CORE_MAX_BANDS, which is one column, to CORE_MOST_CELLS"
#endif
#if CORE_MAX_CLASSES < 1 || CORE_MAX_CLASSES > 255
#error "CORE_MAX_CLASSES must be 1 to 255: messages and bundles number classes in 8 bits"
#endif

#endif
