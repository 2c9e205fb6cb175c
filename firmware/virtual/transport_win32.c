#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>

#include "transport.h"

static SOCKET listener = INVALID_SOCKET;
static SOCKET line = INVALID_SOCKET;

bool transport_open(int tcp_port, char *url, size_t url_size)
{
    WSADATA data;
    u_long nonblocking = 1;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address;

    if (tcp_port < 0) {
        tcp_port = 0; /* Windows has no pseudo-terminals that a serial library opens */
    }
    address.sin_port = htons((u_short)tcp_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0 ||
        (listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)) == INVALID_SOCKET ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        ioctlsocket(listener, FIONBIO, &nonblocking) != 0) {
        snprintf(url, url_size, "no TCP port: Winsock error %d", WSAGetLastError());
        return false;
    }
    snprintf(url, url_size, "socket://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return true;
}

static bool connected(void)
{
    u_long nonblocking = 1;
    BOOL yes = TRUE;

    if (line == INVALID_SOCKET) {
        line = accept(listener, NULL, NULL);
        if (line != INVALID_SOCKET) {
            ioctlsocket(line, FIONBIO, &nonblocking);
            setsockopt(line, IPPROTO_TCP, TCP_NODELAY, (const char *)&yes, sizeof yes);
        }
    }
    return line != INVALID_SOCKET;
}

static void hang_up(void)
{
    closesocket(line);
    line = INVALID_SOCKET;
}

size_t transport_read(uint8_t *bytes, size_t capacity)
{
    int count;

    if (capacity == 0 || !connected()) {
        return 0;
    }
    count = recv(line, (char *)bytes, (int)capacity, 0);
    if (count > 0) {
        return (size_t)count;
    }
    if (count == 0 || WSAGetLastError() != WSAEWOULDBLOCK) {
        hang_up();
    }
    return 0;
}

size_t transport_write(const uint8_t *bytes, size_t count)
{
    int written;

    if (!connected()) {
        return count;
    }
    written = send(line, (const char *)bytes, (int)count, 0);
    if (written >= 0) {
        return (size_t)written;
    }
    if (WSAGetLastError() != WSAEWOULDBLOCK) {
        hang_up();
    }
    return 0;
}

void transport_wait(bool want_write, uint32_t timeout_us)
{
    WSAPOLLFD entry = {.fd = line != INVALID_SOCKET ? line : listener, .events = POLLRDNORM};

    if (want_write && line != INVALID_SOCKET) {
        entry.events |= POLLWRNORM;
    }
    WSAPoll(&entry, 1, (INT)(timeout_us / 1000 + (timeout_us % 1000 != 0)));
}

#else
typedef int win32_transport_is_for_windows;
#endif
