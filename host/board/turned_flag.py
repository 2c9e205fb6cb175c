"""Whether a board says that a frame is missing where none is, does not where one is, or goes on saying so."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame
from ..link.protocol import GAP, TIMEOUT_FIRST_US
from .client import Client, DeviceError
from .line_tap import LineTap

LEAST = 3  # frames, each of which is wrong by itself
ENOUGH = 8  # to tell how many of them are wrong
TRIED_S = 8 * TIMEOUT_FIRST_US / 1e6  # for answers to some questions
READ_S = 0.01
# Frames that say so, of one that shows it. Where a line loses frames, more show it than were seen to be held back.
MOST_TOLD, BY_CHANCE = 2, 16
CONDITION = (
    "look at the condition under which a frame is given LINK_GAP (gap_due, begin_connected_frame in "
    "firmware/core/link/send.c), and at where gap_due is set (see_gap in firmware/core/link/receive.c)"
)


@dataclass
class _Answers:
    """To questions while one frame is missing: how many say so, and how many do not."""

    telling: int = 0
    silent: int = 0


def raise_turned_flag(client: Client) -> None:
    """Hold a frame back if the board has often said, and for no reason, that one is missing.

    Raises:
        DeviceError: it has, and what it says where one is missing.
        HilError: the board failed.
    """
    counters = client.connection.counters
    if counters["needless_gaps"] and counters["in_step"] < ENOUGH:  # a connection that has just begun
        for _ in range(ENOUGH):
            client.ask(m.EchoRequest(), m.Echo)
        counters = client.connection.counters
    needless, judged = counters["needless_gaps"], counters["in_step"]
    if needless < LEAST:
        return
    answers = _answers(client)
    told = (
        f"{needless:,} of {judged:,} frames of {client.name} that acknowledge all that was sent say that a frame is "
        "missing (LINK_GAP)"
    )
    if answers.silent >= LEAST and not answers.telling:
        told += (
            f", and when one was held back none of {answers.silent} answers to the question how far it is did: the "
            "condition is inverted"
        )
    raise DeviceError(told, CONDITION)


def raise_told_on(name: str, tap: LineTap) -> None:
    """Each frame that comes too early, and each question behind one that is missing, is told once.

    Args:
        name: the board's.
        tap: over which frames were held back.

    Raises:
        DeviceError: the board told it far more often.
    """
    causes = tap.gaps + tap.questions
    if tap.gaps_told > MOST_TOLD * causes + BY_CHANCE:
        raise DeviceError(
            f"{name} goes on telling that a frame is missing once it has told it: {tap.gaps_told:,} frames say so "
            f"(LINK_GAP) where {tap.gaps:,} came too early and {tap.questions:,} questions were asked, each of which "
            "is told once",
            "look at where gap_due is cleared when a frame has told it (begin_connected_frame in "
            "firmware/core/link/send.c)",
        )


def _answers(client: Client) -> _Answers:
    """Hold back one frame that none follows, until questions about it are answered."""
    connection, port = client.connection, client.connection.port
    connection.port = tap = _Withholding(port)
    ends = time.monotonic() + TRIED_S
    try:
        client.send(m.EchoRequest(data=secrets.token_bytes(8)))
        while tap.answers.silent < LEAST and not tap.answers.telling and time.monotonic() < ends:
            client.receive(READ_S)
    finally:
        connection.port = port
    connection.connect(client.limits.answer_s)  # nothing of it goes on
    return tap.answers


class _Withholding:
    """A port that does not pass on the first frame with a number, nor that one again, and counts answers about it."""

    def __init__(self, port: BytePort) -> None:
        self._port, self._unread = port, b""
        self._missing: int | None = None
        self.answers = _Answers()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        kept = []
        for piece in data.split(b"\0"):
            frame = decode_frame(piece)
            if frame is not None and frame.type >= m.FIRST_SEQUENCED_TYPE:
                self._missing = frame.seq if self._missing is None else self._missing
                if frame.seq == self._missing:
                    continue
            kept.append(piece)
        self._port.write(b"\0".join(kept))

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        came = self._port.read(timeout_s)
        *pieces, self._unread = (self._unread + came).split(b"\0")
        for frame in map(decode_frame, pieces):
            if frame is not None and frame.type == m.Answer.TYPE and frame.ack == self._missing:
                self.answers.telling += frame.flags & GAP != 0
                self.answers.silent += frame.flags & GAP == 0
        return came
