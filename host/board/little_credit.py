"""Whether a board goes on for ever where little may be under way: what is acknowledged must be taken off in full."""

import time
from dataclasses import dataclass
from typing import Any

from ..line.connection import Connection
from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame, encode_frame
from ..link.protocol import RECORD_HEAD, record_cost

CREDIT = 160  # bytes that may be under way
ECHO_BYTES = 9  # so that a record's head, what it is filled up with, and both are unlike
ECHOES = 64  # one after the other: a board that keeps 3 bytes of each stops before the last one
SILENT_S = 2.0  # far longer than any board needs for an echo
TIMES = 2  # that it must stop behind as many


@dataclass(frozen=True)
class LittleCredit:
    """How far a board came.

    Attributes:
        came: echoes, of those that were asked for one by one, as often as it was tried.
        others: other messages that came.
        asked: echoes that were asked for.
        credit: bytes that might be under way.
    """

    came: tuple[int, ...]
    others: int = 0
    asked: int = ECHOES
    credit: int = CREDIT

    @property
    def stops(self) -> bool:
        """Whether it stopped behind as many each time."""
        return len(self.came) == TIMES and len(set(self.came)) == 1 and 0 < self.came[0] < self.asked

    @property
    def keeps(self) -> tuple[tuple[int, str], ...]:
        """Which bytes of each frame are kept, where that gives when it stops: how many, and what of it they are."""
        whole = record_cost(ECHO_BYTES)
        filling = whole - RECORD_HEAD - ECHO_BYTES
        parts = (
            (RECORD_HEAD + filling, "its head in the buffer and what fills it up take"),
            (RECORD_HEAD, "its head in the buffer takes"),
            (filling, "what fills it up to whole words takes"),
            (whole, "it takes in the buffer"),
        )
        if self.others or not self.stops:
            return ()
        return tuple(
            (by, words) for by, words in parts if self.came[0] in (_last(whole - by, by), _last(whole, by))
        )


def _last(needed: int, kept: int) -> int:
    """How many come where so much of each is kept, and the next one is held to need so much."""
    return (CREDIT - needed) // kept + 1


def little_credit(connection: Connection) -> LittleCredit:
    """Begin a connection that lets little come, and ask for echoes one by one; once more where that stops.

    Args:
        connection: of an idle board; it is begun anew behind this.

    Raises:
        HilError: the board failed.
    """
    port, came, others = connection.port, list[int](), 0
    try:
        connection.port = _Stingy(port)
        while len(came) < TIMES and (not came or came[-1] < ECHOES):
            connection.connect()
            echoes, besides = _echoes(connection)
            came.append(echoes)
            others += besides
    finally:
        connection.port = port
    connection.connect()
    return LittleCredit(tuple(came), others)


def _echoes(connection: Connection) -> tuple[int, int]:
    """How many come, and how many other messages."""
    others = 0
    for number in range(ECHOES):
        connection.send(m.EchoRequest.TYPE, bytes([number]) * ECHO_BYTES)
        deadline, came = time.monotonic() + SILENT_S, None
        while (left := deadline - time.monotonic()) > 0 and came is None:
            came = connection.receive(left)
            if came is not None and came.type != m.Echo.TYPE:
                others, came = others + 1, None
        if came is None:
            return number, others
    return ECHOES, others


class _Stingy:
    """A port that lets less come than it is told to."""

    def __init__(self, port: BytePort) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`: whole frames, with a zero or two ahead."""
        out = b""
        for piece in data.split(b"\0")[:-1]:
            frame = decode_frame(piece) if piece else None
            out += piece + b"\0" if frame is None else encode_frame(frame._replace(credit=CREDIT))
        self._port.write(out)
