"""A board that says that a frame is missing where none is; an honest one is asked nothing."""

import pytest

from ..link import messages as m
from ..link.framing import Frame, encode_frame
from ..link.protocol import ASK, GAP
from .client import Client, DeviceError
from .limits import Limits
from .line_tap import LineTap
from .scripted import HonestFirmware, ScriptedDevice
from .turned_flag import raise_told_on, raise_turned_flag


class Board(ScriptedDevice):
    """One of which the flag is inverted, or always set.

    Args:
        flip: bits of flags that are turned over.
        stands: bits that are always set.
    """

    def __init__(self, flip: int = 0, stands: int = 0) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._flip, self._stands = flip, stands

    def _put_connected(self, message_type: int, payload: bytes, seq: int, flags: int = 0) -> None:
        super()._put_connected(message_type, payload, seq, (flags ^ self._flip) | self._stands)


def _raises(board: Board) -> str:
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    client.ask(m.EchoRequest(data=b"x"), m.Echo)
    before = len(board.payloads)
    try:
        raise_turned_flag(client)
    except DeviceError as error:
        assert client.connection.port is board
        return error.cause
    else:
        assert len(board.payloads) == before
        return ""
    finally:
        client.connection.close()


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (Board(), ""),
        (Board(flip=GAP), "none of 3 answers to the question how far it is did: the condition is inverted"),
        (Board(stands=GAP), "say that a frame is missing (LINK_GAP)"),
    ],
)
def test_what_a_board_says_of_frames_that_are_missing(board: Board, words: str) -> None:
    told = _raises(board)
    assert told.endswith(words) and bool(told) == bool(words)


@pytest.mark.parametrize(
    ("told", "early", "questions", "words"),
    [
        (20, 1, 1, ""),  # at most 2 of each, and 16 of what a line loses
        (21, 1, 1, "21 frames say so (LINK_GAP) where 1 came too early and 1 questions were asked"),
        (16, 0, 0, ""),
        (17, 0, 0, "17 frames say so (LINK_GAP) where 0 came too early"),
    ],
)
def test_a_board_that_goes_on_saying_so(told: int, early: int, questions: int, words: str) -> None:
    class Port:
        """Brings what tells of it."""

        def read(self, _: float) -> bytes:
            return b"".join(encode_frame(Frame(m.Ack.TYPE, GAP, 1, seq, 0, 0, b"")) for seq in range(told))

        def write(self, _: bytes) -> None:
            """Ends here."""

    tap = LineTap(Port())  # type: ignore[arg-type]
    for seq in (1, *range(3, 3 + early)):
        tap.write(encode_frame(Frame(m.Echo.TYPE, 0, 1, seq, 0, 0, b"")))
    for _ in range(questions):
        tap.write(encode_frame(Frame(m.Ack.TYPE, ASK, 1, 1, 0, 0, b"")))
    tap.read(0)
    cause = ""
    try:
        raise_told_on("the board", tap)
    except DeviceError as error:
        cause = error.cause
    assert words in cause and bool(words) == cause.startswith("the board goes on telling")
