/* Where the program was when a signal ended it. */
#ifndef VIRTUAL_FATAL_H
#define VIRTUAL_FATAL_H

/* From now on a signal that ends the program first writes the addresses of the calls it is in to stderr, a line each, as
 * glibc's backtrace_symbols_fd() has them. The host finds the functions' names. Does nothing where there is no glibc. */
void fatal_watch(void);

#endif
