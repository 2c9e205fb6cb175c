"""Frames sent together and cut up, to a board that is made up."""

from typing import Any

import pytest

from ..link import messages as m
from ..link.framing import decode_frame
from . import frames_in_pieces as module
from .frames_in_pieces import ANSWERS, TOGETHER, InPieces, frames_in_pieces


class Board:
    """Counts frames, or pieces; a client and its port in one."""

    name = "made up"

    def __init__(self, pieces: bool) -> None:
        self._pieces = pieces
        self.connection = self
        self.port = self
        self.received = self.sent = self.waiting = 0
        self.line = b""
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        self.written.append(data)
        *frames, self.line = (self.line + data).split(b"\0")
        assert all(decode_frame(frame) is not None for frame in frames)
        self.received += 1 if self._pieces else len(frames)

    def send(self, _: m.EchoRequest) -> None:
        """Asked for, and answered with what is asked for next."""
        self.received += 1
        self.waiting += 1

    def wait_for(self, kind: Any) -> Any:
        """What was asked for leaves in one piece."""
        self.sent += bool(self.waiting) if self._pieces else self.waiting
        self.waiting = 0
        return kind()

    def ask(self, request: Any, kind: Any) -> Any:
        """One by one each is a piece."""
        del request
        self.received += 1
        self.sent += 1
        return m.Status(rx_frames=self.received, tx_frames=self.sent) if kind is m.Status else kind()


@pytest.mark.parametrize("pieces", [True, False])
def test_frames_and_pieces_are_told_apart(monkeypatch: pytest.MonkeyPatch, pieces: bool) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    board: Any = Board(pieces)
    found = frames_in_pieces(board)
    together, *cut = board.written
    assert together == b"".join(cut) * TOGETHER and {len(piece) for piece in cut} == {1}
    assert len(pauses) == len(cut) == found.pieces
    # besides these each STATUS that tells it is counted
    counted = (1, len(cut), 1) if pieces else (TOGETHER, 1, ANSWERS)
    together_, cut_, at_once = (each + 1 for each in counted)
    assert found == InPieces(together_, cut_, at_once, ANSWERS + 1, pieces=len(cut))
