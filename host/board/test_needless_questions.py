"""Questions that nothing calls for are counted; those of a busy moment are not."""

import math

import pytest

from ..link import messages as m
from ..link.framing import Frame
from ..link.protocol import ASK
from .client import Client
from .limits import Limits
from .needless_questions import BURST, QUICK, NeedlessQuestions, least_time_s, needless_questions
from .scripted import HonestFirmware, ScriptedDevice

STEP_S = 0.004  # of the clock, for a read that brings nothing


class Clock:
    """What takes the place of `time` where it is looked how long a board waits.

    It goes on where the host sleeps, and where it reads and nothing comes: not where a busy computer is late.
    """

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("host.board.needless_questions.time", made)
    return made


class Board(ScriptedDevice):
    """One that asks how far the host is.

    Args:
        clock: that goes on with its reads.
        at_rest: each time that nothing was written for so long behind a first request, in seconds; None: never.
        at_once: behind each echo.
        times: how often it does so at most.
    """

    def __init__(
        self, clock: Clock, at_rest: float | None = None, at_once: bool = False, times: int = 99
    ) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._at_rest, self._at_once, self._times = at_rest, at_once, times
        self._clock, self._written_s = clock, clock.now

    def write(self, data: bytes) -> None:
        super().write(data)
        self._written_s = self._clock.now

    def read(self, timeout_s: float) -> bytes:
        quiet_s = self._clock.now - self._written_s
        if self._at_rest is not None and quiet_s > self._at_rest and self._times and self.payloads:
            self._times -= 1
            self._written_s = self._clock.now
            self._link_frame(m.Ack.TYPE, ASK)
        self._last_s = math.inf  # it asks nothing of its own, by another clock
        came = super().read(timeout_s)
        self._clock.now += 0.0 if came else STEP_S
        return came

    def _send(self, message_type: int, payload: bytes) -> None:
        super()._send(message_type, payload)
        if self._at_once and self._times:
            self._times -= 1
            self._link_frame(m.Ack.TYPE, ASK)


def _asked(board: Board) -> NeedlessQuestions:
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    try:
        return needless_questions(client)
    finally:
        client.connection.close()


def test_a_board_that_asks_nothing_is_looked_at_once(clock: Clock) -> None:
    assert _asked(Board(clock)) == NeedlessQuestions(0, 0, 0)


@pytest.mark.parametrize("times", [99, 1])
def test_a_board_that_asks_though_nothing_is_under_way(times: int, clock: Clock) -> None:
    found = _asked(Board(clock, at_rest=0.035, times=times))
    assert found == (NeedlessQuestions(at_rest=3) if times > 1 else NeedlessQuestions(behind_many=1))


@pytest.mark.parametrize(("each", "flood"), [(16, 64), (1, 4), (0, 0)])
def test_a_board_that_asks_all_the_time_while_answers_wait(each: int, flood: int, clock: Clock) -> None:
    class Flooding(Board):
        def _send(self, message_type: int, payload: bytes) -> None:
            super()._send(message_type, payload)
            for _ in range(each):
                self._link_frame(m.Ack.TYPE, ASK)

    assert len(_asked(Flooding(clock)).soon_s) == flood


def test_a_board_that_takes_one_of_several_frames_for_acknowledged(clock: Clock) -> None:
    class Late(Board):
        """It asks where the newest acknowledgement came when several answers were under way."""

        def _send_again(self, frame: Frame) -> None:
            if len(self._sent) > 1 and (frame.ack - self._sent[0][0]) & 0xFFFF > 1:
                self._at_rest, self._times = 0.03, 1
            super()._send_again(frame)

    assert _asked(Late(clock)) == NeedlessQuestions(behind_many=3)


@pytest.mark.parametrize(("period", "told"), [(1, True), (3, False)])
def test_a_board_that_goes_on_acknowledging(period: int, told: bool, clock: Clock) -> None:
    """In each, or each third, of the reads in which it is left alone."""

    class Telling(Board):
        _reads = 0

        def read(self, timeout_s: float) -> bytes:
            self._reads += 1
            if self._reads % period == 0:
                self._link_frame(m.Ack.TYPE)
            came = super().read(timeout_s)
            self._clock.now += STEP_S if came else 0.0
            return came

    found = _asked(Telling(clock))
    assert (found.bare > 8) is told and not found.at_rest and not found.soon_s


def test_the_port_is_the_one_before_afterwards(clock: Clock) -> None:
    board = Board(clock)
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    needless_questions(client)
    assert client.connection.port is board


def test_a_board_that_asks_before_its_time(clock: Clock) -> None:
    class Once(Board):
        """It asks behind a request that comes by itself, behind all those of which some come together."""

        def _send(self, message_type: int, payload: bytes) -> None:
            self._at_once = len(self.payloads) > 2 * BURST + QUICK
            super()._send(message_type, payload)

    assert _asked(Once(clock, at_once=True)) == NeedlessQuestions(too_early=3)


def test_a_board_whose_time_does_not_grow(clock: Clock) -> None:
    class Even(Board):
        """It asks each 40 ms that an answer waits."""

        _due_s = 0.0

        def _send(self, message_type: int, payload: bytes) -> None:
            super()._send(message_type, payload)
            self._due_s = self._clock.now + 0.04

        def read(self, timeout_s: float) -> bytes:
            while self._sent and self._due_s < self._clock.now:
                self._due_s += 0.04
                self._link_frame(m.Ack.TYPE, ASK)
            return super().read(timeout_s)

    found = _asked(Even(clock))
    assert found.soon_s == pytest.approx([0.04, 0.08, 0.12, 0.16], abs=0.01) and not found.at_rest


@pytest.mark.parametrize(("part", "flood"), [(1.0, 0), (0.8, 0), (0.72, 2), (0.5, 3)])
def test_a_board_that_asks_in_a_part_of_the_time(part: float, flood: int, clock: Clock) -> None:
    class Hasty(Board):
        """It waits twice as long each time, but only for a part of each time."""

        _began_s, _questions = 0.0, 0

        def _send(self, message_type: int, payload: bytes) -> None:
            super()._send(message_type, payload)
            self._began_s, self._questions = self._clock.now, 0

        def read(self, timeout_s: float) -> bytes:
            if self._sent and self._clock.now - self._began_s >= part * least_time_s(self._questions + 1):
                self._questions += 1
                self._link_frame(m.Ack.TYPE, ASK)
            return super().read(timeout_s)

    found = _asked(Hasty(clock))
    right = [part * least_time_s(at) for at in range(1, flood + 1)]
    assert found.soon_s == pytest.approx(right, abs=0.01) and not found.at_rest


@pytest.mark.parametrize(
    ("questions", "ms"), [(0, 0), (1, 40), (2, 120), (3, 280), (4, 600), (5, 920), (95, 29_720)]
)
def test_how_long_questions_take_at_least(questions: int, ms: int) -> None:
    assert round(least_time_s(questions) * 1e3) == ms
