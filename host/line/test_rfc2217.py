"""A port over RFC 2217, against pyserial's own server: it opens, carries bytes both ways and changes its speed."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import serial
import serial.rfc2217

from .port import PortError, SerialPort, TcpPort, open_port

PATIENCE_S = 20.0


class _Manager(serial.rfc2217.PortManager):  # type: ignore[misc]
    """A server before a port without control lines, as a pseudo-terminal is one, leaves requests unanswered."""

    def _telnet_process_subnegotiation(self, suboption: bytes) -> None:
        control = suboption[1:2] == serial.rfc2217.SET_CONTROL
        if not (control and suboption[2:3] in _LINE_REQUESTS):
            super()._telnet_process_subnegotiation(suboption)


_LINE_REQUESTS = (
    serial.rfc2217.SET_CONTROL_DTR_ON,
    serial.rfc2217.SET_CONTROL_DTR_OFF,
    serial.rfc2217.SET_CONTROL_RTS_ON,
    serial.rfc2217.SET_CONTROL_RTS_OFF,
)


class _Peer:
    """A connection as the server writes to it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        self._connection.sendall(data)


@contextmanager
def serving(manager: type[serial.rfc2217.PortManager]) -> Iterator[tuple[str, serial.SerialBase]]:
    """A serial server for one client, whose serial line gives back what it gets; its URL, and that line."""
    line = serial.serial_for_url("loop://", timeout=0.01)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        server = manager(line, _Peer(connection))
        connection.settimeout(0.01)
        with connection:
            while True:
                try:
                    data = connection.recv(4096)
                    if not data:
                        return
                    line.write(b"".join(server.filter(data)))
                except TimeoutError:
                    pass
                except OSError:
                    return
                back = line.read(line.in_waiting)
                if back:
                    connection.sendall(b"".join(server.escape(back)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"rfc2217://127.0.0.1:{listening.getsockname()[1]}", line
    finally:
        listening.close()
        thread.join(PATIENCE_S)


def _comes_back(port: SerialPort | TcpPort, data: bytes) -> bytes:
    port.write(data)
    found, deadline = b"", time.monotonic() + PATIENCE_S
    while len(found) < len(data) and time.monotonic() < deadline:
        found += port.read(0.1)
    return found


@pytest.mark.slow
def test_bytes_and_speed() -> None:
    data = bytes(range(256)) * 8  # 255 is telnet's own
    with serving(serial.rfc2217.PortManager) as (url, line):
        port = open_port(url)
        assert isinstance(port, SerialPort) and port.has_rate
        try:
            assert _comes_back(port, data) == data
            port.set_baud(921_600)
            assert line.baudrate == 921_600
            assert _comes_back(port, data) == data
        finally:
            port.close()


@pytest.mark.slow
def test_a_server_without_control_lines_is_told_and_can_be_used() -> None:
    with serving(_Manager) as (url, _), pytest.raises(PortError, match="RTS and DTR") as refused:
        open_port(url)
    assert f"{url}?ign_set_control" in str(refused.value)
    with serving(_Manager) as (url, _):
        port = open_port(f"{url}?ign_set_control")
        assert _comes_back(port, b"hello") == b"hello"
        port.close()
