"""The byte stream under a link: any pyserial URL, read by a thread so that no byte waits for the program."""

import contextlib
import re
import select
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from ..errors import HilError
from ..link.protocol import BOOT_BAUD

READ_SIZE = 65536
WRITE_PIECE = 4096
READ_TIMEOUT_S = 0.05
WRITE_TIMEOUT_S = 10.0  # a line that takes nothing for so long is no line any more
CONNECT_TIMEOUT_S = 5.0
HELD_MOST = (
    1 << 20
)  # bytes read ahead of the program; then the line has to wait, as a flood must not fill the memory
# What reading or writing a port raises when it is unplugged or closed under us; pyserial's own errors are OSErrors, and
# closing a port in use makes it stumble over its own None.
LINE_ERRORS = (OSError, ValueError, TypeError, AttributeError)


PORT_CURE = (
    "give a device such as /dev/ttyUSB0 or COM3, or a URL such as socket://host:port or rfc2217://host:port"
)


class PortError(HilError):
    """The port cannot be opened, or broke while it was in use."""


class BytePort(Protocol):
    """What a link needs of a line: bytes in, bytes out, and the end of it."""

    name: str
    has_rate: bool
    advice: str  # what to look at when nothing comes from it any more

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting at most `timeout_s` for the first byte; b"" when nothing came.

        Raises:
            PortError: the line is gone.
        """
        ...

    def write(self, data: bytes) -> None:
        """Hand all of `data` to the line.

        Raises:
            PortError: the line is gone.
        """
        ...

    def set_baud(self, rate: int) -> None:
        """Change the line's speed, where it has one."""
        ...

    def close(self) -> None:
        """Release the port; a second call does nothing."""
        ...


def trouble_with_url(url: str) -> str:
    """Say what is wrong with a port's URL as a text, without opening it; "" when nothing is, or it is no URL."""
    scheme, mark, rest = url.partition("://")
    try:
        if mark and scheme.lower() in ("socket", "rfc2217"):
            address = urlsplit(url)
            if address.port is None or not address.hostname:
                return "a host and a port number are wanted"
        elif mark and scheme.lower() == "hwgrep":
            re.compile(rest.partition("&")[0])
    except (ValueError, re.error) as error:
        return str(error)
    return ""


def permission_cure(url: str) -> str:
    """What to do when the system refuses the port. A udev rule names the adapter: one for all would open every tty."""
    group = "add yourself to the port's group (`sudo usermod -a -G dialout $USER`, log in again)"
    identity = usb_identity(url)
    if identity is None:
        return f"{group}; `ls -l {url}` shows who may use it"
    vendor, product = (f"{number:04x}" for number in identity)
    rule = f'SUBSYSTEM=="tty", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", TAG+="uaccess"'
    return f"{group}, or write the udev rule {rule} into /etc/udev/rules.d/60-hil.rules and plug the board in again"


def usb_identity(url: str) -> tuple[int, int] | None:
    """Vendor and product of the adapter behind a device, when it is one on USB."""
    from serial.tools.list_ports import comports

    with contextlib.suppress(OSError):
        for port in comports():
            if port.device == url and port.vid is not None and port.pid is not None:
                return port.vid, port.pid
    return None


def advice_for(url: str) -> str:
    """What to look at when nothing comes from the port at `url` any more."""
    if url.startswith(("socket://", "/dev/pts/")):
        return f"see whether the program or server that offers {url} still runs and what it says"
    if url.startswith("rfc2217://"):
        return f"check the serial server at {url} and the board's cable and power supply"
    return "check the cable and its power supply"


_WRAPPED = re.compile(r"\[Errno -?\d+\] |could not open port .*?: |: '[^']*'$", re.IGNORECASE)


def _open_error(url: str, error: Exception) -> PortError:
    text = _WRAPPED.sub("", str(error))  # pyserial wraps one error into another, each with its number
    if isinstance(error, ValueError):
        return PortError(
            f"{url!r} is not a port: {text}",
            PORT_CURE,
        )
    if "Permission" in text or "Access is denied" in text:
        return PortError(f"no permission to open {url}: {text}", permission_cure(url))
    if "exclusively lock" in text or "busy" in text.lower():
        return PortError(
            f"{url} is in use by another program: {text}",
            "close the serial monitor or the other run that has it open",
        )
    if "refused" in text:
        return PortError(
            f"nobody listens at {url}: {text}",
            "start the board or its serial server, and check host and port",
        )
    if "waiting for option 'control'" in text and "ign_set_control" not in url:
        return PortError(
            f"the serial server at {url} cannot set the lines RTS and DTR",
            f"do without them: `--port '{url}{'&' if '?' in url else '?'}ign_set_control'`",
        )
    return PortError(
        f"cannot open {url}: {text}",
        "check the cable and the name; `python -m host boards` lists what is there",
    )


class ThreadedPort(ABC):
    """A port whose reader is a thread of its own. Subclasses say how to read some, write all, and close."""

    has_rate = False  # whether set_baud changes anything

    def __init__(self, name: str, advice: str | None = None) -> None:
        self.name = name
        self.advice = advice or advice_for(name)
        # How what is at the other end ended, where that is known better than from the line; empty: it is not
        self.ended: Callable[[], str] = str
        self._changed = threading.Condition()
        self._arrived: deque[bytes] = deque()
        self._held = 0  # bytes in it
        self._ended = False  # nothing more will come
        self._failure = ""
        self._closing = False
        self._reader = threading.Thread(target=self._read_all, name=f"reader of {name}", daemon=True)

    @abstractmethod
    def _read_some(self) -> bytes:
        """What has arrived; b"" after a short wait without anything."""

    @abstractmethod
    def _write_all(self, data: bytes) -> None:
        """Hand all of it to the line."""

    @abstractmethod
    def _close_line(self) -> None:
        """Release the line."""

    @abstractmethod
    def set_baud(self, rate: int) -> None:
        """See `BytePort.set_baud`."""

    def _read_all(self) -> None:
        try:
            while not self._closing:
                data = self._read_some()
                if data:
                    self._keep(data)
        except LINE_ERRORS as error:
            self._failure = str(error) or type(error).__name__
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _keep(self, data: bytes) -> None:
        """Hold `data` for `read`; wait while too much is held already."""
        with self._changed:
            self._changed.wait_for(lambda: self._held < HELD_MOST or self._closing)
            self._arrived.append(data)
            self._held += len(data)
            self._changed.notify_all()

    def _gone(self) -> PortError:
        return PortError(
            f"the board at {self.name} vanished: {self.ended() or self._failure or 'the port was closed'}",
            f"{self.advice}, then run again",
        )

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`. What came before the end is still returned."""
        with self._changed:
            if timeout_s > 0:
                self._changed.wait_for(lambda: self._held or self._ended, timeout_s)
            if not self._held and self._ended:
                raise self._gone()
            data = b"".join(self._arrived)
            self._arrived.clear()
            self._held = 0
            self._changed.notify_all()
            return data

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        try:
            self._write_all(data)
        except LINE_ERRORS as error:
            self._failure = self._failure or str(error) or type(error).__name__
            raise self._gone() from error

    def close(self) -> None:
        """See `BytePort.close`."""
        if self._closing:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._reader.join(timeout=1.0)
        self._close_line()


class SerialPort(ThreadedPort):
    """A serial line through pyserial.

    RTS and DTR are set inactive before opening: on development kits those lines drive reset and boot.

    Args:
        url: device name or pyserial URL (`rfc2217://`, `loop://`, ...).
        baud: line speed; ignored by lines that have none.
        advice: what to look at when the board vanishes; by the URL when None.
        write_s: how long the line may take nothing that is written.

    Raises:
        PortError: the port cannot be opened (missing, locked, not permitted).
    """

    def __init__(
        self, url: str, baud: int = BOOT_BAUD, advice: str | None = None, write_s: float = WRITE_TIMEOUT_S
    ) -> None:
        import serial

        super().__init__(url, advice)
        self.has_rate = "://" not in url or url.startswith("rfc2217:")
        try:
            self._serial = serial.serial_for_url(
                url,
                do_not_open=True,
                baudrate=baud,
                timeout=READ_TIMEOUT_S,
                # pyserial refuses to open a port over RFC 2217 with one
                write_timeout=None if url.lower().startswith("rfc2217:") else write_s,
            )
            self._serial.dtr = False
            self._serial.rts = False
            if "://" not in url:
                self._serial.exclusive = True
            self._serial.open()
        except Exception as error:  # pyserial's URL handlers let through whatever they meet
            raise _open_error(url, error) from error
        self._reader.start()

    def _read_some(self) -> bytes:
        data = self._serial.read(1)
        waiting = self._serial.in_waiting if data else 0
        return data + self._serial.read(min(waiting, READ_SIZE)) if waiting else data

    def _write_all(self, data: bytes) -> None:
        for start in range(0, len(data), WRITE_PIECE):
            self._serial.write(data[start : start + WRITE_PIECE])

    def _close_line(self) -> None:
        self._serial.close()

    def set_baud(self, rate: int) -> None:
        """See `BytePort.set_baud`."""
        self._serial.flush()
        self._serial.baudrate = rate

    def press_reset(self, hold_s: float = 0.1) -> None:
        """Pulse RTS (the enable pin of development kits) with DTR inactive, so that the chip boots its firmware."""
        self._serial.dtr = False
        self._serial.rts = True
        time.sleep(hold_s)
        self._serial.rts = False


class TcpPort(ThreadedPort):
    """A raw TCP stream, for `socket://host:port`: pyserial's own reads it a byte at a time.

    Raises:
        PortError: the address is malformed, or nobody answers there.
    """

    def __init__(self, url: str, advice: str | None = None, write_s: float = WRITE_TIMEOUT_S) -> None:
        super().__init__(url, advice)
        try:
            address = urlsplit(url)
            if address.port is None or not address.hostname:
                raise ValueError("a host and a port number are wanted")
            self._socket = socket.create_connection(
                (address.hostname, address.port), timeout=CONNECT_TIMEOUT_S
            )
        except (OSError, ValueError) as error:
            raise _open_error(url, error) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(write_s)
        self._reader.start()

    def _read_some(self) -> bytes:
        readable, _, _ = select.select([self._socket], [], [], READ_TIMEOUT_S)
        if not readable:
            return b""
        data = self._socket.recv(READ_SIZE)
        if not data:
            raise ConnectionResetError("the other side closed the connection")
        return data

    def _write_all(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _close_line(self) -> None:
        self._socket.close()

    def set_baud(self, rate: int) -> None:
        """A TCP stream has no speed: nothing to change."""


def open_port(
    url: str, baud: int = BOOT_BAUD, advice: str | None = None, write_s: float = WRITE_TIMEOUT_S
) -> SerialPort | TcpPort:
    """Open whatever `url` names.

    Args:
        url: device name or pyserial URL.
        baud: line speed, where the line has one.
        advice: what to look at when the board vanishes; by the URL when None.
        write_s: how long the line may take nothing that is written.

    Raises:
        PortError: see `SerialPort` and `TcpPort`.
    """
    if url.startswith("socket://"):
        return TcpPort(url, advice, write_s)
    return SerialPort(url, baud, advice, write_s)
