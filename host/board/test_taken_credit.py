"""Why a board asks again and again: by connections of which it knows the numbers."""

import pytest

from ..line.connection import Connection
from ..link import messages as m
from ..link.framing import Frame
from ..link.protocol import ASK
from .scripted import HonestFirmware, ScriptedDevice
from .taken_credit import why_it_asks

LONG = 0x200  # bytes of an answer that must go beyond a little credit


class Board(ScriptedDevice):
    """One that takes something else for its credit, or no acknowledgement.

    Args:
        place: which number of SYNC it takes for its credit; None: none.
        forgets: whether it takes no acknowledgement of its newest frame, and asks for it.
        wraps: whether fewer bytes than none are under way behind its first answer.
    """

    def __init__(self, place: int | None, forgets: bool = False, wraps: bool = False) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._place, self._forgets, self._credit = place, forgets, 1 << 16
        self._left = 0  # questions that it still asks
        self._wraps, self._kept = wraps, False

    def _take(self, frame: Frame) -> None:
        self._kept &= frame.type != m.Sync.TYPE
        if frame.type == m.Sync.TYPE and self._place is not None:
            self._credit = (frame.connection, frame.seq, frame.ack)[self._place]
        super()._take(frame)

    def _send(self, message_type: int, payload: bytes) -> None:
        if len(payload) <= (self._credit if not (self._wraps and self._kept) else 7):
            self._kept = True
            super()._send(message_type, payload)
            self._left = 6

    def read(self, timeout_s: float) -> bytes:
        if self._forgets and not self._out and self._left:
            self._left -= 1
            self._link_frame(m.Ack.TYPE, ASK)
        return super().read(timeout_s)


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (Board(2), "it sends no more than our SYNC has for its ack, as if that were the credit"),
        (Board(1), "it sends no more than our SYNC has for its seq, as if that were the credit"),
        (Board(0), "it sends no more than our SYNC has for its connection, as if that were the credit"),
        (Board(None, forgets=True), "it does not take the acknowledgement of its newest frame; look at"),
        (
            Board(None, wraps=True),
            "as if fewer bytes than none were under way, counted in 16 bits (in_flight)",
        ),
        (Board(None), ""),
    ],
)
def test_why_a_board_asks(board: Board, words: str) -> None:
    with Connection(board) as connection:
        connection.connect(2.0)
        told = why_it_asks(connection, 0.5)
    assert words in told and bool(words) == bool(told)


def test_a_board_that_is_gone_is_not_blamed() -> None:
    board = Board(2)
    with Connection(board, dead_after_s=0.3) as connection:
        connection.connect(2.0)
        board.deaf = True
        assert why_it_asks(connection, 0.3) == ""
