/* The virtual board's plug: a pseudo-terminal or a TCP port on this computer. */
#ifndef VIRTUAL_TRANSPORT_H
#define VIRTUAL_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens and writes the URL a host can open ("/dev/pts/3", "socket://127.0.0.1:4711") into url. tcp_port < 0: a
 * pseudo-terminal; 0: any free TCP port. False: `url` holds the reason. */
bool transport_open(int tcp_port, char *url, size_t url_size);

/* Never wait. Bytes read or written; 0 when nothing moves now, also while no host is there. */
size_t transport_read(uint8_t *bytes, size_t capacity);
size_t transport_write(const uint8_t *bytes, size_t count);

/* Waits until bytes can be read (or written, if want_write), at most timeout_us. */
void transport_wait(bool want_write, uint32_t timeout_us);

#endif
