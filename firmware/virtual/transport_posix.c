#ifndef _WIN32
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "transport.h"

static int listener = -1; /* TCP only */
static int line = -1;     /* the pseudo-terminal's master, or the connected host */

static bool fail(char *url, size_t url_size, const char *what)
{
    snprintf(url, url_size, "%s: %s", what, strerror(errno));
    return false;
}

static bool open_pty(char *url, size_t url_size)
{
    struct termios raw;
    const char *name;
    int slave;

    line = posix_openpt(O_RDWR | O_NOCTTY);
    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0 || (name = ptsname(line)) == NULL) {
        return fail(url, url_size, "no pseudo-terminal");
    }
    /* Kept open for good: without it the line would report an error whenever no host has it open. */
    slave = open(name, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw) != 0) {
        return fail(url, url_size, name);
    }
    cfmakeraw(&raw);
    if (tcsetattr(slave, TCSANOW, &raw) != 0 || fcntl(line, F_SETFL, O_NONBLOCK) != 0) {
        return fail(url, url_size, name);
    }
    snprintf(url, url_size, "%s", name);
    return true;
}

static bool open_tcp(int port, char *url, size_t url_size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof address;
    int yes = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
        return fail(url, url_size, "no TCP port");
    }
    snprintf(url, url_size, "socket://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return true;
}

bool transport_open(int tcp_port, char *url, size_t url_size)
{
    return tcp_port < 0 ? open_pty(url, url_size) : open_tcp(tcp_port, url, url_size);
}

static bool connected(void)
{
    int yes = 1;

    if (line < 0 && listener >= 0) {
        line = accept(listener, NULL, NULL);
        if (line >= 0) {
            (void)fcntl(line, F_SETFL, O_NONBLOCK);
            (void)setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        }
    }
    return line >= 0;
}

/* The host hung up. A TCP board waits for the next one; a pseudo-terminal stays as it is. */
static void hang_up(void)
{
    if (listener >= 0) {
        close(line);
        line = -1;
    }
}

size_t transport_read(uint8_t *bytes, size_t capacity)
{
    ssize_t count;

    if (capacity == 0 || !connected()) {
        return 0;
    }
    count = read(line, bytes, capacity);
    if (count > 0) {
        return (size_t)count;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        hang_up();
    }
    return 0;
}

size_t transport_write(const uint8_t *bytes, size_t count)
{
    ssize_t written;

    if (!connected()) {
        return count; /* a line nobody listens to swallows everything, as a UART does */
    }
    written = write(line, bytes, count);
    if (written >= 0) {
        return (size_t)written;
    }
    if (errno != EAGAIN && errno != EINTR) {
        hang_up();
    }
    return 0;
}

void transport_wait(bool want_write, uint32_t timeout_us)
{
    struct pollfd entry = {.fd = line >= 0 ? line : listener, .events = POLLIN};

    if (want_write && line >= 0) {
        entry.events |= POLLOUT;
    }
    (void)poll(&entry, 1, (int)(timeout_us / 1000 + (timeout_us % 1000 != 0)));
}

#else
typedef int posix_transport_is_not_for_windows;
#endif
