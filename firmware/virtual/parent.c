#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif

#include "parent.h"

#include "clock.h"

#define BETWEEN_LOOKS_NS UINT64_C(500000000)

static uint32_t watched;

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static HANDLE parent;

/* Opened once: a handle goes on to mean this process when its number is another's. */
static void begin(void)
{
    parent = OpenProcess(SYNCHRONIZE, FALSE, watched);
}

static bool gone(void)
{
    return parent == NULL || WaitForSingleObject(parent, 0) == WAIT_OBJECT_0;
}
#else
#include <unistd.h>

static void begin(void)
{
}

static bool gone(void)
{
    return (uint32_t)getppid() != watched; /* whoever adopts an orphan has another number */
}
#endif

void parent_watch(uint32_t process_id)
{
    watched = process_id;
    if (watched != 0) {
        begin();
    }
}

bool parent_gone(void)
{
    static uint64_t next_look;
    uint64_t now = clock_ns();

    if (watched == 0 || now < next_look) {
        return false;
    }
    next_look = now + BETWEEN_LOOKS_NS;
    return gone();
}
