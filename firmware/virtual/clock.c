#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif

#include "clock.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

uint64_t clock_ns(void)
{
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)(count.QuadPart / frequency.QuadPart) * UINT64_C(1000000000) +
           (uint64_t)(count.QuadPart % frequency.QuadPart) * UINT64_C(1000000000) / (uint64_t)frequency.QuadPart;
}

void clock_sleep_us(uint32_t us)
{
    Sleep(us / 1000 + (us % 1000 != 0));
}

static uint32_t process_id(void)
{
    return (uint32_t)GetCurrentProcessId();
}
#else
#include <time.h>
#include <unistd.h>

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void clock_sleep_us(uint32_t us)
{
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

    nanosleep(&time, NULL);
}

static uint32_t process_id(void)
{
    return (uint32_t)getpid();
}
#endif

uint32_t clock_entropy(void)
{
    static uint32_t calls;
    uint64_t mix = clock_ns() ^ ((uint64_t)process_id() << 32) ^ ((uint64_t)++calls << 20);

    /* the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014) */
    mix = (mix ^ (mix >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mix = (mix ^ (mix >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)(mix ^ (mix >> 31));
}
