"""Whether a board acknowledges what it took in, and lets more come, before it is asked how far it is."""

import time
from dataclasses import dataclass
from typing import Any

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame
from ..link.protocol import ASK
from .client import Client, DeviceError

TRIED = 6  # requests without an answer
SILENT_S = 2.0  # far longer than any board needs for an acknowledgement
ANSWERED_S = 1.0  # within which a question is answered, for the board to be there
READ_S = 0.02
LITTLE = bytes(2)  # a sample
BEYOND = 2  # times the receive buffer that the board tells, so that it must let more come


@dataclass(frozen=True)
class UnaskedNews:
    """What came by itself.

    Attributes:
        tried: messages that no answer follows.
        waited: how many of them were acknowledged only when that was asked for.
        stopped: whether more than the board's buffer holds went on only when it was asked.
        silent_s: for how long nothing came.
        room: bytes of its receive buffer, as it told in answer to SYNC; 0: not kept.
        granted: the most that any frame of its let come.
    """

    tried: int
    waited: int
    stopped: bool
    silent_s: float = SILENT_S
    room: int = 0
    granted: int = 0


def unasked_news(client: Client) -> UnaskedNews:
    """Send what is not answered, withhold all questions of the link's, and see what comes by itself.

    Audio without a stream is refused once, and no more of it is answered up to its end; it changes nothing.

    Args:
        client: idle.

    Raises:
        DeviceError: the board does not answer questions either.
        HilError: it failed in another way.
    """
    connection, port = client.connection, client.connection.port
    connection.send(m.Audio.TYPE, LITTLE)
    deadline = time.monotonic() + client.limits.answer_s
    while (message := connection.receive(READ_S)) is None or message.type != m.Error.TYPE:
        if time.monotonic() > deadline:
            raise DeviceError(
                f"{client.name} does not refuse audio without a stream",
                "look at what it does with that (session_take_audio in firmware/core/session/audio.c)",
            )
    connection.port = tap = _Unasking(port)
    try:
        waited = sum(_waits(client, tap, [LITTLE]) for _ in range(TRIED))
        _, room = connection.told_limits or (0, 0)
        size = connection.max_payload & ~1
        before = connection.counters["retransmitted"]
        stopped = _waits(client, tap, [bytes(size)] * (BEYOND * room // size + 1)) and not waited
        # what had to be sent again was lost: that it is asked for is no matter of room
        stopped = stopped and connection.counters["retransmitted"] == before
    finally:
        connection.port = port
    client.send(m.StreamEnd())  # not answered either: it ends what was refused
    return UnaskedNews(TRIED, waited, stopped, room=room, granted=connection.granted)


def _waits(client: Client, tap: "_Unasking", pieces: list[bytes]) -> bool:
    """Whether what is sent is acknowledged only when that is asked for."""
    for piece in pieces:
        client.connection.send(m.Audio.TYPE, piece)
    if _acknowledged(client, SILENT_S):
        return False
    tap.withhold = False
    try:
        if not _acknowledged(client, client.limits.answer_s):
            told = f"{client.name} does not acknowledge audio within {client.limits.answer_s:g} s"
            if why := client.looked_into():
                raise DeviceError(f"{told}: {why.told}", why.look_at)
            raise DeviceError(
                told,
                "look at what takes frames in (firmware/core/link/receive.c)",
            )
        return tap.answered_s <= ANSWERED_S
    finally:
        tap.withhold = True


def _acknowledged(client: Client, within_s: float) -> bool:
    """Whether all that was sent is, as long as something may still be on its way."""
    deadline = time.monotonic() + within_s
    while not client.connection.idle and time.monotonic() < deadline:
        client.connection.receive(READ_S)
    return client.connection.idle


class _Unasking:
    """A port that does not pass on the link's questions.

    Attributes:
        withhold: do so.
        answered_s: how long after the first question that was passed on something came.
    """

    def __init__(self, port: BytePort) -> None:
        self._port = port
        self.withhold = True
        self._asked_s: float | None = None
        self.answered_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        kept, zero, rest = [], b"\0", data.split(b"\0")
        for piece in rest:
            frame = decode_frame(piece) if piece else None
            asks = frame is not None and frame.type < m.FIRST_SEQUENCED_TYPE and bool(frame.flags & ASK)
            if asks and not self.withhold and self._asked_s is None:
                self._asked_s = time.monotonic()
            if not (asks and self.withhold):
                kept.append(piece)
        if any(kept):
            self._port.write(zero.join(kept) if kept[-1] == rest[-1] else zero.join(kept) + zero)

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        came = self._port.read(timeout_s)
        if came and self._asked_s is not None:
            self.answered_s, self._asked_s = time.monotonic() - self._asked_s, None
        return came
