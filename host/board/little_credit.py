"""Whether a board goes on where little may be under way, and not beyond: what is acknowledged is taken off in full."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..line.connection import Connection
from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import Frame, decode_frame, encode_frame
from ..link.protocol import ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT, RECORD_HEAD, record_cost

CREDIT = 160  # bytes that may be under way
ECHO_BYTES = 9  # so that a record's head, what it is filled up with, and both are unlike
ECHOES = 64  # one after the other: a board that keeps 3 bytes of each stops before the last one
SILENT_S = 2.0  # far longer than any board needs for an echo
TIMES = 2  # that it must stop behind as many
LONG = 80  # bytes of an echo of which one may be under way, and not two
LEAST = 40  # bytes that may be under way, which is less than that takes
MUCH = 0xE000
HELD_S = 0.05  # in which an echo that must not come would


@dataclass(frozen=True)
class LittleCredit:
    """How far a board came.

    Attributes:
        came: echoes, of those that were asked for one by one, as often as it was tried.
        others: other messages that came.
        asked: echoes that were asked for.
        credit: bytes that might be under way.
        stops_again, stops_anew: whether it stops where a frame was lost, and on a connection behind one that ended
            while a frame was under way; neither where much may be.
        beyond, at_once: whether it sends more than it was ever let, and also where no frame was acknowledged before.
    """

    came: tuple[int, ...]
    others: int = 0
    asked: int = ECHOES
    credit: int = CREDIT
    stops_again: bool = False
    stops_anew: bool = False
    beyond: bool = False
    at_once: bool = False

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
    connection.port = stingy = Stingy(port)
    try:
        while len(came) < TIMES and (not came or came[-1] < ECHOES):
            connection.connect()
            echoes, besides = _echoes(connection)
            came.append(echoes)
            others += besides
        done = LittleCredit(tuple(came), others)
        return done if others or came[-1] < ECHOES else _long_ones(connection, stingy, done)
    finally:
        connection.port = port
        connection.connect()


def _long_ones(connection: Connection, stingy: "Stingy", done: LittleCredit) -> LittleCredit:
    """The same with echoes of which one may be under way: the first thing that is wrong, each time it is tried."""

    def each_time(wrong: Callable[[Connection, Stingy], bool]) -> bool:
        return all(wrong(connection, stingy) for _ in range(TIMES))

    if each_time(_stops_again):
        return replace(done, stops_again=True)
    if _stops_anew(connection, stingy):
        return replace(done, stops_anew=True)
    if not each_time(_goes_beyond):
        return done
    return replace(done, beyond=True, at_once=each_time(_ignores_credit))


def _stops_again(connection: Connection, stingy: "Stingy") -> bool:
    """Whether an echo that was lost does not come again, or none behind it, and both do where much may be under way."""
    return not _come_again(connection, stingy, CREDIT) and _come_again(connection, stingy, MUCH)


def _come_again(connection: Connection, stingy: "Stingy", credit: int) -> bool:
    with stingy.lets(credit, credit):
        connection.connect()
        stingy.lose, stingy.tells_gap = True, True
        came = _comes(connection) and _comes(connection)
        stingy.lose = False
        return came


def _stops_anew(connection: Connection, stingy: "Stingy") -> bool:
    """Whether nothing comes on connections behind one that ended while an echo was under way, but where much may be."""
    connection.connect()
    stingy.lose, stingy.tells_gap = True, False
    connection.send(m.EchoRequest.TYPE, bytes(LONG))
    deadline = time.monotonic() + SILENT_S
    while stingy.lose and time.monotonic() < deadline:
        connection.receive(HELD_S)
    lost, stingy.lose = not stingy.lose, False

    def come(credit: int) -> bool:
        with stingy.lets(credit, credit):
            connection.connect()
            return _comes(connection)

    return lost and not come(CREDIT) and come(MUCH) and not come(CREDIT)


def _goes_beyond(connection: Connection, stingy: "Stingy") -> bool:
    """Whether a second echo comes, though only the request for the connection let anything come, and that one alone."""
    with stingy.lets(CREDIT, 0):
        connection.connect()
        return _comes(connection) and _comes(connection, HELD_S)


def _ignores_credit(connection: Connection, stingy: "Stingy") -> bool:
    """Whether an echo comes that is longer than may be under way."""
    with stingy.lets(LEAST, LEAST):
        connection.connect()
        return _comes(connection, HELD_S)


def _comes(connection: Connection, wait_s: float | None = None) -> bool:
    """Whether a long echo comes."""
    connection.send(m.EchoRequest.TYPE, bytes(LONG))
    deadline = time.monotonic() + (SILENT_S if wait_s is None else wait_s)
    while (left := deadline - time.monotonic()) > 0:
        came = connection.receive(left)
        if came is not None and came.type == m.Echo.TYPE:
            connection.receive(0.0)  # now it is acknowledged
            return True
    return False


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


class Stingy:
    """A port that lets less come than it is told to.

    Attributes:
        first, later: bytes that a request for a connection lets come, and that every other frame does.
        lose: do not pass on the next frame with a number that is read; false again behind that.
        tells_gap: tell the board at once that it is missing.
    """

    def __init__(self, port: BytePort) -> None:
        self._port, self._unread = port, b""
        self.first = self.later = CREDIT
        self.lose = self.tells_gap = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    @contextlib.contextmanager
    def lets(self, first: int, later: int) -> Iterator[None]:
        """Let so much come within the block."""
        self.first, self.later = first, later
        try:
            yield
        finally:
            self.first = self.later = CREDIT

    def write(self, data: bytes) -> None:
        """See `BytePort.write`: whole frames, with a zero or two ahead."""
        out = b""
        for piece in data.split(b"\0")[:-1]:
            frame = decode_frame(piece) if piece else None
            credit = self.first if frame is not None and frame.type == m.Sync.TYPE else self.later
            out += piece + b"\0" if frame is None else encode_frame(frame._replace(credit=credit))
        self._port.write(out)

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        came, self._unread = self._unread + self._port.read(timeout_s), b""
        if not self.lose:
            return came
        *pieces, self._unread = came.split(b"\0")
        out = b""
        for piece in pieces:
            frame = decode_frame(piece) if self.lose and piece else None
            if frame is None or frame.type < m.FIRST_SEQUENCED_TYPE:
                out += piece + b"\0"
                continue
            self.lose = False
            if self.tells_gap:
                flags = GAP | (frame.flags >> PASS_SHIFT & PASS_MASK) << ECHO_SHIFT
                news = Frame(m.Ack.TYPE, flags, frame.connection, frame.ack, frame.seq, self.later, b"")
                self._port.write(encode_frame(news))
        return out
