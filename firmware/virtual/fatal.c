#ifndef _WIN32
#define _XOPEN_SOURCE 700
#endif

#include "fatal.h"

#include <stdlib.h> /* says whether this is glibc */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) /* which tells more by itself */
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#define MOST_CALLS 24
#define STACK_BYTES 65536 /* of its own: the program's may be what it ran out of */

static void tell_where(int number)
{
    void *calls[MOST_CALLS];

    backtrace_symbols_fd(calls, backtrace(calls, MOST_CALLS), STDERR_FILENO);
    (void)raise(number); /* ends it: the handler is set back */
}

void fatal_watch(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[STACK_BYTES];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = tell_where};
    void *first[1];

    (void)backtrace(first, 1); /* loads what it needs now */
    action.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND);
    if (sigaltstack(&own, NULL) != 0) {
        return;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
}
#else
void fatal_watch(void)
{
}
#endif
