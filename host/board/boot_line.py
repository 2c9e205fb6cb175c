"""For tests: a serial line with a mock of the chip's ROM at its end, and after the upload a virtual board.

The line is a pseudo-terminal. It can be slow, stop in the middle, and spoil the checksums that the ROM answers with.
"""

import contextlib
import errno
import os
import select
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

if sys.platform != "win32":
    import tty

CHANGE_BAUD, FLASH_MD5 = 0x0F, 0x13  # commands of the ROM
_END, _ESCAPE, _ESCAPED_END, _ESCAPED_ESCAPE = 0xC0, 0xDB, 0xDC, 0xDD
_PIECE = 4096


@dataclass
class Trouble:
    """What is wrong with the line.

    Attributes:
        delay_s: before each piece that the host sends is passed on.
        stops_after: bytes of the host's that are passed on; None: all.
        wrong_md5: whether the ROM's checksums arrive spoilt.
    """

    delay_s: float = 0.0
    stops_after: int | None = None
    wrong_md5: bool = False


@dataclass
class BootLine:
    """The line.

    Args:
        rom: TCP port of the mock.
        board: TCP port of what answers once the upload is over, None: nothing.
        trouble: see there.

    Attributes:
        path: the host's end.
        commands: those of the ROM that came by, in order.
        rates: the speeds that it was asked to change to.
    """

    rom: int
    board: int | None = None
    trouble: Trouble = field(default_factory=Trouble)
    path: str = ""
    commands: list[int] = field(default_factory=list)
    rates: list[int] = field(default_factory=list)

    def __enter__(self) -> "BootLine":
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)  # from here on the host's closing of the line is seen
        self._ended = threading.Event()
        self._passed = 0
        self._sent, self._answered = _Frames(), _Frames()
        self._thread = threading.Thread(target=self._run, name="boot line", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)
        os.close(self._master)

    def _run(self) -> None:
        with socket.create_connection(("127.0.0.1", self.rom)) as rom:
            self._relay(rom, during_upload=True)
        if self.board is not None and not self._ended.is_set():
            with socket.create_connection(("127.0.0.1", self.board)) as board:
                self._relay(board, during_upload=False)
        while not self._ended.wait(0.05):
            with contextlib.suppress(OSError):
                os.read(self._master, _PIECE)

    def _relay(self, far: socket.socket, during_upload: bool) -> None:
        """Pass on both ways; during an upload until the host closes the line."""
        heard = False
        while not self._ended.is_set():
            ready, _, _ = select.select([self._master, far.fileno()], [], [], 0.05)
            if far.fileno() in ready:
                data = far.recv(_PIECE)
                if not data:
                    return
                with contextlib.suppress(OSError):
                    os.write(self._master, self._answer(data) if during_upload else data)
            if self._master in ready:
                try:
                    data = os.read(self._master, _PIECE)
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    if heard and during_upload:
                        return
                    time.sleep(0.01)
                    continue
                heard = True
                far.sendall(self._request(data) if during_upload else data)

    def _request(self, data: bytes) -> bytes:
        for frame in self._sent.feed(data):
            if len(frame) > 8 and frame[0] == 0:
                self.commands.append(frame[1])
                if frame[1] == CHANGE_BAUD:
                    self.rates.append(int.from_bytes(frame[8:12], "little"))
        time.sleep(self.trouble.delay_s)
        limit = self.trouble.stops_after
        kept = data if limit is None else data[: max(0, limit - self._passed)]
        self._passed += len(data)
        return kept

    def _answer(self, data: bytes) -> bytes:
        if not self.trouble.wrong_md5:
            return data
        out = b""
        for frame in self._answered.feed(data):
            if frame[:2] == bytes([1, FLASH_MD5]):
                frame = frame[:8] + bytes([frame[8] ^ 1]) + frame[9:]
            out += _framed(frame)
        return out


class _Frames:
    """SLIP frames out of a stream."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that these bytes complete."""
        *whole, self._rest = (self._rest + data).split(bytes([_END]))
        return [_unescaped(frame) for frame in whole if frame]


def _unescaped(frame: bytes) -> bytes:
    return frame.replace(bytes([_ESCAPE, _ESCAPED_END]), bytes([_END])).replace(
        bytes([_ESCAPE, _ESCAPED_ESCAPE]), bytes([_ESCAPE])
    )


def _framed(frame: bytes) -> bytes:
    escaped = frame.replace(bytes([_ESCAPE]), bytes([_ESCAPE, _ESCAPED_ESCAPE]))
    return bytes([_END]) + escaped.replace(bytes([_END]), bytes([_ESCAPE, _ESCAPED_END])) + bytes([_END])
