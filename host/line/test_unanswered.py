"""Which frames a board takes that answers no SYNC, and what it takes for one."""

from collections.abc import Callable

import pytest

from ..link.framing import Frame, Splitter, decode_frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Ack, Hello, Sync, SyncAck
from . import unanswered
from .unanswered import why_unanswered

NUMBER = 0x1234
RIGHT = Sync(protocol=PROTOCOL_VERSION).encode()
Takes = Callable[[Frame], bool]


class Board:
    """Answers what it takes for a SYNC, and says HELLO to other frames that it takes.

    Args:
        is_sync: what it takes for one.
        takes: which frames it takes at all, by their bytes.
    """

    def __init__(self, is_sync: Takes, takes: Callable[[bytes], bool] = lambda _: True) -> None:
        self._is_sync, self._takes = is_sync, takes
        self._splitter, self._out = Splitter(), b""
        self.written = 0

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        for piece in self._splitter.feed(data)[0]:
            frame = decode_frame(piece)
            assert frame is not None
            self.written += 1
            if not self._takes(piece):
                continue
            if self._is_sync(frame):
                answer = Frame(SyncAck.TYPE, 0, frame.connection, frame.seq, frame.ack, 0, bytes(10))
                self._out += encode_frame(answer)
            elif frame.type != Sync.TYPE:
                self._out += encode_frame(
                    Frame(Hello.TYPE, 0, 0, 0, 0, 0, Hello(7, PROTOCOL_VERSION).encode())
                )

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        assert timeout_s > 0
        came, self._out = self._out, b""
        return came


def never(_: Frame) -> bool:
    return False


def without_zero(piece: bytes) -> bool:
    return len(piece) == piece[0]


@pytest.mark.parametrize(
    ("board", "words", "look_at"),
    [
        (
            Board(lambda frame: frame.type == Sync.TYPE and len(frame.payload) == 1),
            "; it answers one whose payload has a byte less, so it counts a byte too many",
            "payload_length",
        ),
        (
            Board(lambda frame: frame.type == Sync.TYPE and len(frame.payload) == 4),
            "; it answers one whose payload has two bytes more, so it counts two bytes too few",
            "payload_length",
        ),
        (
            Board(lambda frame: frame.type == Sync.TYPE and frame.connection == 0),
            "; it answers one with number 0, which is none, and no other",
            "take_sync",
        ),
        (
            Board(lambda frame: frame.type == SyncAck.TYPE),
            "; it answers a frame of type 0x02 that has what a SYNC has, which is 0x01",
            "take_frame",
        ),
        (Board(never), "brings HELLO, as it must, so frames are taken, and a SYNC is not", "take_sync"),
        (
            Board(never, without_zero),
            "without a byte of 0 in it brings HELLO, and one with zeros",
            "cobs_decode",
        ),
        (
            Board(never, lambda _: False),
            "; nor does a right frame of no connection bring HELLO",
            "link_input",
        ),
    ],
)
def test_what_a_board_takes(monkeypatch: pytest.MonkeyPatch, board: Board, words: str, look_at: str) -> None:
    for name in ("HELLO_S", "ANSWER_S"):
        monkeypatch.setattr(unanswered, name, 0.05)
    why = why_unanswered(board, NUMBER)  # type: ignore[arg-type]
    assert words in why.told and look_at in why.look_at and why.told.startswith("; ")
    assert board.written > 0


def test_each_of_the_others_is_told_from_all_others() -> None:
    others = unanswered._others(NUMBER)
    assert [other.frame.seq for other in others] == list(range(len(others)))
    assert len({other.words for other in others}) == len(others)
    right = Frame(Sync.TYPE, 0, NUMBER, 0, 0, unanswered.CREDIT, RIGHT)
    assert all(other.frame._replace(seq=0) != right for other in others)
    assert Ack.TYPE in {other.frame.type for other in others}
