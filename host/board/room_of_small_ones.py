"""Whether a board tells by itself the room of many small messages that it worked off together."""

import time
from dataclasses import dataclass

from ..line.connection import Connection
from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame
from ..link.protocol import record_cost
from .little_credit import MUCH, Stingy

REFUSAL = 160  # bytes that may come first: the answer to audio without a stream
LONG = 1000  # bytes of an answer of which few fill what a board keeps to send
SMALL = 300  # samples, each a message of its own: more than twice what is worth telling, and what a turn works off
LITTLE = bytes(2)
TIMES = 2  # that the room must be untold
ANSWERED_S = 2.0
SILENT_S = 0.5  # far longer than a board needs to work them off
READ_S = 0.02


@dataclass(frozen=True)
class RoomOfSmallOnes:
    """What was told when all was worked off.

    Attributes:
        sent: small messages that waited behind an answer that could not be sent.
        bytes: they took in the receive buffer.
        room: bytes that the buffer has, by the answer to SYNC.
        told: bytes that the last frame lets come, each time that less than all but a longest payload is told by itself.
        asked: the same of the answer to a request behind that.
    """

    sent: int
    bytes: int
    room: int
    told: tuple[int, ...] = ()
    asked: int = 0

    @property
    def untold(self) -> bool:
        """Whether room is kept back each time, and there all along."""
        least = self.room - record_cost(m.MAX_PAYLOAD)
        return len(self.told) == TIMES and max(self.told) <= least < self.asked


def room_of_small_ones(connection: Connection) -> RoomOfSmallOnes | None:
    """Let small messages wait behind answers that may not be sent, then let these come: what is told of the room.

    A board acknowledges each message as it arrives, while the buffer fills up. So what it tells when it has worked
    them off comes of what it frees, and of nothing else. Audio without a stream is refused once, and changes nothing.

    Args:
        connection: of an idle board whose line loses nothing; it is begun anew behind this.

    Returns:
        None where it cannot be seen: the buffers are too small or too large, or something does not come.

    Raises:
        HilError: the board failed.
    """
    port = connection.port
    connection.port = tap = _Holding(port)
    try:
        told, asked, done = list[int](), 0, RoomOfSmallOnes(SMALL, SMALL * record_cost(len(LITTLE)), 0)
        while len(told) < TIMES:
            tap.let(REFUSAL)
            connection.connect()
            _, room = connection.told_limits or (0, 0)
            done = RoomOfSmallOnes(SMALL, done.bytes, room)
            if not _work_off(connection, tap, room):
                return None
            if _told_within(connection, tap, room):
                return done
            told.append(tap.told)
            if not _comes(connection, m.EchoRequest.TYPE, LITTLE, m.Echo.TYPE):
                return None
            asked = tap.told
        return RoomOfSmallOnes(SMALL, done.bytes, room, tuple(told), asked)
    finally:
        connection.port = port
        connection.connect()


def _work_off(connection: Connection, tap: "_Holding", room: int) -> bool:
    """Whether small messages wait as they should, and all answers before them come when they may."""
    status = _comes(connection, m.StatusRequest.TYPE, b"\0", m.Status.TYPE)
    if status is None or not _comes(connection, m.Audio.TYPE, LITTLE, m.Error.TYPE):
        return False
    answers = m.Status.decode(status).tx_size // record_cost(LONG) + 1
    if 2 * record_cost(LONG) + SMALL * record_cost(len(LITTLE)) > room:
        return False
    tap.let(0)
    for _ in range(answers):
        connection.send(m.EchoRequest.TYPE, bytes(LONG))
    for _ in range(SMALL - 1):
        connection.send(m.Audio.TYPE, LITTLE)
    deadline = time.monotonic() + ANSWERED_S
    while not connection.idle:
        connection.receive(READ_S)
        if time.monotonic() > deadline:
            return False
    tap.let(MUCH)
    connection.send(m.Audio.TYPE, LITTLE)  # it lets the answers come, too
    deadline = time.monotonic() + ANSWERED_S
    while answers and time.monotonic() < deadline:
        came = connection.receive(READ_S)
        answers -= came is not None and came.type == m.Echo.TYPE
    return not answers


def _told_within(connection: Connection, tap: "_Holding", room: int) -> bool:
    """Whether all room but what a longest payload takes is told before the line is quiet for long."""
    quiet_from, told = time.monotonic(), tap.told
    while tap.told + record_cost(m.MAX_PAYLOAD) <= room:
        connection.receive(READ_S)
        if tap.told != told:
            quiet_from, told = time.monotonic(), tap.told
        if time.monotonic() - quiet_from > SILENT_S:
            return False
    return True


def _comes(connection: Connection, kind: int, payload: bytes, answer: int) -> bytes | None:
    """The payload of the answer to a request; None: it does not come."""
    connection.send(kind, payload)
    deadline = time.monotonic() + ANSWERED_S
    while (left := deadline - time.monotonic()) > 0:
        came = connection.receive(left)
        if came is not None and came.type == answer:
            connection.receive(0.0)  # now it is acknowledged
            return came.payload
    return None


class _Holding(Stingy):
    """The same, and it keeps `told`: bytes that the last frame of the connection lets come."""

    told = 0

    def __init__(self, port: BytePort) -> None:
        super().__init__(port)
        self._cut = b""

    def let(self, credit: int) -> None:
        """From now on let so much come."""
        self.first = self.later = credit

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        came = super().read(timeout_s)
        *pieces, self._cut = (self._cut + came).split(b"\0")
        for piece in pieces:
            frame = decode_frame(piece) if piece else None
            if frame is not None and frame.connection:
                self.told = frame.credit
        return came
