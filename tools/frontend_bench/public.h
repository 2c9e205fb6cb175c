/* The public implementation of the microfrontend, whose sources lie elsewhere, at microWakeWord's settings.
   PUBLIC_KISS_SOURCE is the file of its FFT that also knows the FFT's state. */
#ifndef PUBLIC_H
#define PUBLIC_H

#include "frontend.h"

#include PUBLIC_KISS_SOURCE

#ifdef __cplusplus
#define KISS(name) kissfft_fixed16::name
#else
#define KISS(name) name
#endif

enum { SAMPLE_RATE = 16000, WINDOW_MS = 30, STEP_MS = 10, CHANNELS = 40, LOWEST_HZ = 125, HIGHEST_HZ = 7500 };
enum { GAINS = 125 };

#endif
