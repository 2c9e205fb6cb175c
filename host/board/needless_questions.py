"""Whether a board asks how far the host is before its time or with nothing under way, or tells what it has told."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
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
# Two questions lie in it, where each waits twice as long as the one before; three that come in half of their time.
GROWING_S = 4.9 * TIMEOUT_LEAST_US / 1e6
NEWS = 8  # acknowledgements, and more, with nothing under way; a board sends one behind what came last
QUICK = 24  # echoes, behind which a board knows again how quick they are
BY_CLOCKS = 0.75  # of a time, which another clock may take for all of it
QUIET_S = 1.5 * TIMEOUT_LEAST_US / 1e6  # in which a board that waits for something asks
LONG_S = 1.5 * TIMEOUT_FIRST_US / 1e6  # the same of a board that has not measured how long an answer takes
READ_S = 0.005


@dataclass(frozen=True)
class NeedlessQuestions:
    """How often in a row, of `TRIED` times, a board asked what it need not; what follows from one is not looked at.

    Attributes:
        at_rest: though all that it sent was acknowledged.
        bare: frames that came meanwhile and tell nothing but an acknowledgement, the last time; each time so many.
        behind_many: the same behind several answers at once, and not behind a single one.
        too_early: behind a request, before the least time for a question can have passed.
        soon_s: when questions came while answers waited for their acknowledgement, in seconds behind the requests,
            where so many take far longer: of the last time, up to the last one too soon. Empty: not each time.
    """

    at_rest: int = 0
    behind_many: int = 0
    too_early: int = 0
    soon_s: tuple[float, ...] = ()
    bare: int = 0


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
        if _in_a_row(lambda: _tells_on(client, tap)) == TRIED:
            return NeedlessQuestions(bare=tap.bare)
        many = _in_a_row(lambda: _asks_behind_many(client, tap))
        if many == TRIED:
            connection.connect(client.limits.answer_s)  # what is left of those is asked for no more
            at_rest = _in_a_row(lambda: _asks_behind_one(client, tap))
            return NeedlessQuestions(at_rest) if at_rest == TRIED else NeedlessQuestions(behind_many=many)
        if many:
            return NeedlessQuestions(behind_many=many)
        if _in_a_row(lambda: bool(_too_soon(client, tap))) == TRIED:
            return NeedlessQuestions(soon_s=tuple(_too_soon_of(tap.questions_s)))
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


def _tells_on(client: Client, tap: "_Hearing") -> bool:
    """Whether acknowledgements go on to come though nothing is under way."""
    _pump(client, TOLD_S)
    tap.bare = 0
    _pump(client, QUIET_S)
    return tap.bare > NEWS


def _asks_behind_one(client: Client, tap: "_Hearing") -> bool:
    client.ask(m.EchoRequest(data=secrets.token_bytes(8)), m.Echo)
    return _asks_at_rest(client, tap)


def _asks_behind_many(client: Client, tap: "_Hearing") -> bool:
    """Of answers that come together, so that one acknowledgement tells of all."""
    _let_wait(client, tap, TOGETHER_S)
    return _asks_at_rest(client, tap)


def _too_soon(client: Client, tap: "_Hearing") -> list[float]:
    """See `_too_soon_of`, of a board that has just seen how quick the line is."""
    for _ in range(QUICK):
        client.ask(m.EchoRequest(data=secrets.token_bytes(8)), m.Echo)
    _let_wait(client, tap, GROWING_S)
    _pump(client, TOLD_S)
    return _too_soon_of(tap.questions_s)


def _too_soon_of(times_s: list[float]) -> list[float]:
    """When questions came while answers waited, up to the last one that came far too soon; empty: none did."""
    soon = [at for at, time_s in enumerate(times_s, 1) if least_time_s(at) * BY_CLOCKS > time_s]
    return times_s[: max(soon, default=0)]


def _let_wait(client: Client, tap: "_Hearing", wait_s: float) -> None:
    """Ask for some answers, and take in nothing, and so acknowledge nothing, for so long."""
    _pump(client, TOLD_S)  # so that nothing of before is asked for
    tap.hold_back()
    for _ in range(BURST):
        client.send(m.EchoRequest(data=secrets.token_bytes(8)))
    client.receive(0.0)  # now they are on their way
    tap.read_for(wait_s)
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
        bare: acknowledgements that ask nothing, and bring nothing.
        questions_s: when they came since it was told to hold back, in seconds.
    """

    def __init__(self, port: BytePort) -> None:
        self._port, self._unread = port, b""
        self._held, self._holds, self._began_s = b"", False, 0.0
        self.asked = self.bare = 0
        self.questions_s: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def hold_back(self) -> None:
        """Pass nothing on that comes, until `read_for` has ended."""
        self._holds, self._began_s, self.questions_s = True, time.monotonic(), []

    def read_for(self, seconds: float) -> None:
        """Keep what comes for so long since it was told to hold back; the next read has it."""
        while (left := self._began_s + seconds - time.monotonic()) > 0:
            self._held += self._read(min(left, READ_S))
        self._holds = False

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        if self._holds:
            return b""
        held, self._held = self._held, b""
        return held or self._read(timeout_s)

    def _read(self, timeout_s: float) -> bytes:
        came = self._port.read(timeout_s)
        *pieces, self._unread = (self._unread + came).split(b"\0")
        for frame in map(decode_frame, pieces):
            if frame is None or frame.type != m.Ack.TYPE:
                continue
            self.bare += not frame.flags & ASK
            if frame.flags & ASK:
                self.asked += 1
                self.questions_s.append(time.monotonic() - self._began_s)
        return came
