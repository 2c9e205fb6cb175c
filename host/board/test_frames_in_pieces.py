"""Frames sent together and cut up, to a board that is made up."""

from typing import Any

import pytest

from ..link import messages as m
from ..link.framing import Frame, decode_frame
from . import frames_in_pieces as module
from .bytes_in_pieces import BytesInPieces
from .frames_in_pieces import InPieces, frames_in_pieces

NOBODYS = Frame(m.Ack.TYPE, 0, 0, 0, 0, 0, b"")


class Board:
    """Counts frames, or pieces; a client and its port in one."""

    name = "made up"

    def __init__(self, pieces: bool) -> None:
        self._pieces = pieces
        self.connection = self
        self.port = self
        self.waiting = 0
        self.received = self.sent = (1 << 32) - 40
        self.line = b""
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        self.written.append(data)
        *frames, self.line = (self.line + data).split(b"\0")
        assert {decode_frame(frame) for frame in frames} <= {NOBODYS}
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
        assert not getattr(request, "clear", 0), "counts are told and kept"
        self.received += 1
        self.sent += 1
        return (
            m.Status(rx_frames=self.received % (1 << 32), tx_frames=self.sent % (1 << 32))
            if kind is m.Status
            else kind()
        )


OF_BYTES = BytesInPieces(1, 2, 3, 4)


@pytest.mark.parametrize("each_piece", [True, False])
def test_frames_and_pieces_are_told_apart(monkeypatch: pytest.MonkeyPatch, each_piece: bool) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module, "bytes_in_pieces", lambda _: OF_BYTES)
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    board: Any = Board(each_piece)
    found = frames_in_pieces(board)
    together, *rest = board.written
    cut, halves = rest[:-32], rest[-32:]
    assert together == b"".join(cut) * 32 and {len(piece) for piece in cut} == {1}
    assert b"".join(halves) == together[: len(together) // 2] and max(map(len, halves)) < len(cut)
    assert pauses == [0.005] * len(rest) and len(cut) == found.pieces
    # besides these each STATUS that tells it is counted
    counted = (1, len(cut), 1, 32) if each_piece else (32, 1, 24, 16)
    together_, cut_, at_once, halves_ = (each + 1 for each in counted)
    assert found == InPieces(
        together_,
        cut_,
        at_once,
        25,
        len(cut),
        sent=32,
        answers=24,
        of_bytes=OF_BYTES,
        halves=halves_,
        halved=16,
    )
