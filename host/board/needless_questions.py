"""Whether a board asks how far the host is before its time, or when nothing is under way."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import decode_frame
from ..link.protocol import ASK, BACKED_OFF_US, TIMEOUT_FIRST_US, TIMEOUT_LEAST_US
from .client import Client

TRIED = 3  # at most, so that a board is not taken for what a busy computer does once
TOLD_S = 0.01  # for an acknowledgement to reach the board
BURST = 4  # answers at once, of which one acknowledgement may tell
TOGETHER_S = 0.6 * TIMEOUT_LEAST_US / 1e6  # for these to come; less than a board waits before it asks
# Two questions lie in it, where each waits twice as long as the one before.
GROWING_S = 6.25 * TIMEOUT_LEAST_US / 1e6
BY_CLOCKS = 0.75  # of a time, which another clock may take for all of it
QUIET_S = 1.5 * TIMEOUT_LEAST_US / 1e6  # in which a board that waits for something asks
LONG_S = 1.5 * TIMEOUT_FIRST_US / 1e6  # the same of a board that has not measured how long an answer takes
READ_S = 0.005


@dataclass(frozen=True)
class NeedlessQuestions:
    """How often in a row, of `TRIED` times, a board asked what it need not; what follows from one is not looked at.

    Attributes:
        at_rest: though all that it sent was acknowledged.
        behind_many: the same behind several answers at once, and not behind a single one.
        too_early: behind a request, before the least time for a question can have passed.
        flood: questions while answers waited for their acknowledgement, where so many take far longer; each time.
        waited_s: how long those waited, the last time.
    """

    at_rest: int = 0
    behind_many: int = 0
    too_early: int = 0
    flood: int = 0
    waited_s: float = 0.0


def least_time_s(questions: int) -> float:
    """How long so many questions take at least that nobody answers: each waits twice as long as the one before it."""
    most = max(TIMEOUT_LEAST_US, BACKED_OFF_US)
    return sum(min(TIMEOUT_LEAST_US << min(each, 16), most) for each in range(questions)) / 1e6


def needless_questions(client: Client) -> NeedlessQuestions:
    """Let the board alone, ask for echoes, and see what it asks: once, or again and again if it does.

    Args:
        client: idle; of a line that loses nothing.

    Raises:
        HilError: the board failed.
    """
    connection, port = client.connection, client.connection.port
    connection.port = tap = _Hearing(port)
    try:
        many = _in_a_row(lambda: _asks_behind_many(client, tap))
        if many == TRIED:
            connection.connect(client.limits.answer_s)  # what is left of those is asked for no more
            at_rest = _in_a_row(lambda: _asks_behind_one(client, tap))
            return NeedlessQuestions(at_rest) if at_rest == TRIED else NeedlessQuestions(behind_many=many)
        if many:
            return NeedlessQuestions(behind_many=many)
        for wait_s in (TOGETHER_S, GROWING_S):
            if _in_a_row(partial(_asks_too_often, client, tap, wait_s)) == TRIED:
                return NeedlessQuestions(flood=tap.most, waited_s=tap.waited_s)
        return NeedlessQuestions(too_early=_in_a_row(lambda: _asks_early(client, tap)))
    finally:
        connection.port = port


def _in_a_row(asks: Callable[[], bool]) -> int:
    """How often it does, up to where it does not."""
    return next((times for times in range(TRIED) if not asks()), TRIED)


def _asks_at_rest(client: Client, tap: "_Hearing") -> bool:
    """Whether a question comes though nothing is under way."""
    _pump(client, TOLD_S)
    before = tap.asked
    _pump(client, QUIET_S)
    return tap.asked > before


def _asks_behind_one(client: Client, tap: "_Hearing") -> bool:
    client.ask(m.EchoRequest(data=secrets.token_bytes(8)), m.Echo)
    return _asks_at_rest(client, tap)


def _asks_behind_many(client: Client, tap: "_Hearing") -> bool:
    """Of answers that come together, so that one acknowledgement tells of all."""
    _let_wait(client, tap, TOGETHER_S)
    return _asks_at_rest(client, tap)


def _asks_too_often(client: Client, tap: "_Hearing", wait_s: float) -> bool:
    """Whether more questions come while answers wait for their acknowledgement than can come in that time."""
    before, began = tap.asked, time.monotonic()
    _let_wait(client, tap, wait_s)
    tap.most, tap.waited_s = tap.asked - before, time.monotonic() - began
    _pump(client, TOLD_S)
    return least_time_s(tap.most) * BY_CLOCKS > tap.waited_s


def _let_wait(client: Client, tap: "_Hearing", wait_s: float) -> None:
    """Ask for some answers, and take in nothing, and so acknowledge nothing, for so long."""
    for _ in range(BURST):
        client.send(m.EchoRequest(data=secrets.token_bytes(8)))
    tap.deaf = True
    client.receive(0.0)  # now they are on their way
    time.sleep(wait_s)
    tap.deaf = False
    for _ in range(BURST):
        client.wait_for(m.Echo)


def _asks_early(client: Client, tap: "_Hearing") -> bool:
    """Whether a question comes before so much time has passed since a request as the board must wait at least."""
    before, began = tap.asked, time.monotonic()
    client.ask(m.EchoRequest(data=secrets.token_bytes(8)), m.Echo)
    while tap.asked == before and time.monotonic() - began < TIMEOUT_LEAST_US / 2e6:
        client.connection.receive(READ_S)
    early = tap.asked > before and time.monotonic() - began < TIMEOUT_LEAST_US / 1e6
    if early:
        _pump(client, LONG_S)  # so that one that goes on from before is over
    return early


def _pump(client: Client, seconds: float) -> None:
    """Take in what comes, and send what is due."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        client.receive(left)


class _Hearing:
    """A port that counts the questions that come.

    Attributes:
        asked: how many.
        most: of them while answers waited, the last time; `waited_s`: how long they did.
        deaf: take in nothing.
    """

    def __init__(self, port: BytePort) -> None:
        self._port, self._unread = port, b""
        self.asked = self.most = 0
        self.waited_s, self.deaf = 0.0, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        if self.deaf:
            return b""
        came = self._port.read(timeout_s)
        *pieces, self._unread = (self._unread + came).split(b"\0")
        for frame in map(decode_frame, pieces):
            self.asked += frame is not None and frame.type == m.Ack.TYPE and bool(frame.flags & ASK)
        return came
