"""Bytes of frames sent together and cut up, to a board that is made up."""

from typing import Any

import pytest

from ..link import messages as m
from ..link.framing import decode_frame
from . import bytes_in_pieces as module
from .bytes_in_pieces import PIECE, TOGETHER, bytes_in_pieces

REQUEST = 20  # bytes of a request, all together


class Board:
    """Counts bytes, each piece with what is left of it at each of its frames' ends where `rests`."""

    def __init__(self, rests: bool) -> None:
        self._rests = rests
        self.connection = self
        self.port = self
        self.counters = {"tx_bytes": 700}
        self.written: list[bytes] = []
        self.counted = 0

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        self.written.append(data)
        ends = [at for at, byte in enumerate(data) if not byte] if self._rests else []
        lasts = [0, *(at + 1 for at in ends if at + 1 < len(data))]
        self.counted += sum(len(data) - at for at in lasts)

    def ask(self, _: m.StatusRequest, kind: Any) -> Any:
        """Told as it is when the request has come."""
        self.counted += REQUEST
        self.counters["tx_bytes"] += REQUEST
        return kind(rx_bytes=self.counted)


@pytest.mark.parametrize("rests", [True, False])
def test_what_is_left_of_a_piece_is_seen_to_be_counted_again(
    monkeypatch: pytest.MonkeyPatch, rests: bool
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    board: Any = Board(rests)
    found = bytes_in_pieces(board)
    together, *cut = board.written
    frames = together.split(b"\0")[:-1]
    assert len(frames) == TOGETHER == found.frames and all(decode_frame(each) for each in frames)
    assert decode_frame(b"".join(cut)[:-1]) and {len(each) for each in cut[:-1]} == {PIECE}
    assert len(pauses) == len(cut) == found.pieces
    assert found.together_right == len(together) + REQUEST
    assert found.cut == found.cut_right == len(b"".join(cut)) + REQUEST
    more = found.together - found.together_right
    assert more == (len(frames[0]) + 1) * TOGETHER * (TOGETHER - 1) // 2 * rests
