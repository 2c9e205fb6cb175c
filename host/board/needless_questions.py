"""Whether a board asks how far the host is before its time, or when nothing is under way."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame
from ..link.protocol import ASK, TIMEOUT_LEAST_US
from .client import Client

TRIED = 3  # at most, so that a board is not taken for what a busy computer does once
TOLD_S = 0.01  # for an acknowledgement to reach the board
BURST = 4  # answers at once, of which one acknowledgement may tell
QUIET_S = 2 * TIMEOUT_LEAST_US / 1e6  # in which a board that waits for something asks
READ_S = 0.005


@dataclass(frozen=True)
class NeedlessQuestions:
    """What was asked.

    Attributes:
        tried: how often it was looked.
        at_rest: how often it asked though all that it sent was acknowledged.
        behind_many: the same behind several answers at once; looked at where it does not do so behind a single one.
        too_early: how often it asked behind a request before the least time for a question can have passed.
    """

    tried: int
    at_rest: int
    too_early: int
    behind_many: int = 0


def needless_questions(client: Client) -> NeedlessQuestions:
    """Let the board alone, then ask for an echo, and see what it asks: once, or again and again if it does.

    Args:
        client: idle; of a line that loses nothing.

    Raises:
        HilError: the board failed.
    """
    connection, port = client.connection, client.connection.port
    connection.port = tap = _Hearing(port)
    tried = at_rest = too_early = behind_many = 0
    try:
        while tried < TRIED:
            tried += 1
            at_rest += _asks_at_rest(client, tap)
            too_early += at_rest == 0 and _asks_early(client, tap)
            if not at_rest:
                _echoes(client, BURST)
                behind_many += _asks_at_rest(client, tap)
            if not at_rest and not too_early and not behind_many:
                break
    finally:
        connection.port = port
    return NeedlessQuestions(tried, at_rest, too_early, behind_many)


def _asks_at_rest(client: Client, tap: "_Hearing") -> bool:
    """Whether a question comes though nothing is under way."""
    _pump(client, TOLD_S)
    before = tap.asked
    _pump(client, QUIET_S)
    return tap.asked > before


def _echoes(client: Client, count: int) -> None:
    for _ in range(count):
        client.send(m.EchoRequest(data=secrets.token_bytes(8)))
    for _ in range(count):
        client.wait_for(m.Echo)


def _asks_early(client: Client, tap: "_Hearing") -> bool:
    """Whether a question comes before so much time has passed since a request as the board must wait at least."""
    before, began = tap.asked, time.monotonic()
    client.ask(m.EchoRequest(data=secrets.token_bytes(8)), m.Echo)
    while tap.asked == before and time.monotonic() - began < TIMEOUT_LEAST_US / 2e6:
        client.connection.receive(READ_S)
    return tap.asked > before and time.monotonic() - began < TIMEOUT_LEAST_US / 1e6


def _pump(client: Client, seconds: float) -> None:
    """Take in what comes, and send what is due."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        client.receive(left)


class _Hearing:
    """A port that counts the questions that come.

    Attributes:
        asked: how many.
    """

    def __init__(self, port: BytePort) -> None:
        self._port, self._unread = port, b""
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        came = self._port.read(timeout_s)
        *pieces, self._unread = (self._unread + came).split(b"\0")
        for frame in map(decode_frame, pieces):
            self.asked += frame is not None and frame.type == m.Ack.TYPE and bool(frame.flags & ASK)
        return came
