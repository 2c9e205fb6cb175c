"""Questions that nothing calls for are counted; those of a busy moment are not."""

import time

import pytest

from ..link import messages as m
from ..link.framing import Frame
from ..link.protocol import ASK
from .client import Client
from .limits import Limits
from .needless_questions import NeedlessQuestions, least_time_s, needless_questions
from .scripted import HonestFirmware, ScriptedDevice


class Board(ScriptedDevice):
    """One that asks how far the host is.

    Args:
        at_rest: each time that nothing was written for so long, in seconds; None: never.
        at_once: behind each echo.
        times: how often it does so at most.
    """

    def __init__(self, at_rest: float | None = None, at_once: bool = False, times: int = 99) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._at_rest, self._at_once, self._times = at_rest, at_once, times
        self._written_s = time.monotonic()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._written_s = time.monotonic()

    def read(self, timeout_s: float) -> bytes:
        quiet_s = time.monotonic() - self._written_s
        if self._at_rest is not None and quiet_s > self._at_rest and self._times:
            self._times -= 1
            self._written_s = time.monotonic()
            self._link_frame(m.Ack.TYPE, ASK)
        return super().read(timeout_s)

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


def test_a_board_that_asks_nothing_is_looked_at_once() -> None:
    assert _asked(Board()) == NeedlessQuestions(0, 0, 0)


@pytest.mark.parametrize("times", [99, 1])
def test_a_board_that_asks_though_nothing_is_under_way(times: int) -> None:
    found = _asked(Board(at_rest=0.05, times=times))
    assert found == (NeedlessQuestions(at_rest=3) if times > 1 else NeedlessQuestions(behind_many=1))


@pytest.mark.parametrize(("each", "flood"), [(16, 64), (1, 4), (0, 0)])
def test_a_board_that_asks_all_the_time_while_answers_wait(each: int, flood: int) -> None:
    class Flooding(Board):
        def _send(self, message_type: int, payload: bytes) -> None:
            super()._send(message_type, payload)
            for _ in range(each):
                self._link_frame(m.Ack.TYPE, ASK)

    assert _asked(Flooding()).flood == flood


def test_a_board_that_takes_one_of_several_frames_for_acknowledged() -> None:
    class Late(Board):
        """It asks where the newest acknowledgement came when several answers were under way."""

        def _send_again(self, frame: Frame) -> None:
            if len(self._sent) > 1 and (frame.ack - self._sent[0][0]) & 0xFFFF > 1:
                self._at_rest, self._times = 0.03, 1
            super()._send_again(frame)

    assert _asked(Late()) == NeedlessQuestions(behind_many=3)


def test_the_port_is_the_one_before_afterwards() -> None:
    board = Board()
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    needless_questions(client)
    assert client.connection.port is board


def test_a_board_that_asks_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is made long here, so that a busy computer is in time for it."""
    monkeypatch.setattr("host.board.needless_questions.TIMEOUT_LEAST_US", 4_000_000)
    monkeypatch.setattr("host.board.needless_questions.QUIET_S", 0.05)

    class Once(Board):
        """It asks behind a request that comes by itself, which is so behind three times four together."""

        def _send(self, message_type: int, payload: bytes) -> None:
            self._at_once = len(self.payloads) > 12
            super()._send(message_type, payload)

    assert _asked(Once(at_once=True)) == NeedlessQuestions(too_early=3)


def test_a_board_whose_time_does_not_grow() -> None:
    class Even(Board):
        """It asks each 40 ms that an answer waits."""

        _due_s = 0.0

        def _send(self, message_type: int, payload: bytes) -> None:
            super()._send(message_type, payload)
            self._due_s = time.monotonic() + 0.04

        def read(self, timeout_s: float) -> bytes:
            while self._sent and self._due_s < time.monotonic():
                self._due_s += 0.04
                self._link_frame(m.Ack.TYPE, ASK)
            return super().read(timeout_s)

    found = _asked(Even())
    assert found.flood >= 6 and found.waited_s >= 0.25 and not found.at_rest


@pytest.mark.parametrize(
    ("questions", "ms"), [(0, 0), (1, 40), (2, 120), (3, 280), (4, 600), (5, 920), (95, 29_720)]
)
def test_how_long_questions_take_at_least(questions: int, ms: int) -> None:
    assert round(least_time_s(questions) * 1e3) == ms
