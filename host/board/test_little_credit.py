"""A board that keeps a part of each frame as under way stops where little may be."""

from typing import Any

import pytest

from ..line.connection import Connection
from ..link import messages as m
from ..link.events import Message
from ..link.framing import Frame, decode_frame, encode_frame
from . import little_credit as module
from .little_credit import CREDIT, ECHO_BYTES, ECHOES, LittleCredit, little_credit
from .scripted import HonestFirmware, ScriptedDevice

WHOLE = 16  # of an echo in the buffer: 4 of a head, 9, and 3 that fill it up


class Board:
    """A connection and its board in one, which keeps some bytes of each frame that is acknowledged."""

    def __init__(self, keeps: int, needs: int = WHOLE, tells: bool = False) -> None:
        self._keeps, self._needs, self._tells = keeps, needs, tells
        self.port: Any = object()
        self.stingy: list[bool] = []
        self._kept = 0
        self._waiting: list[Message] = []

    def connect(self) -> None:
        """Nothing is under way."""
        self.stingy.append(isinstance(self.port, module._Stingy))
        self._kept = 0
        self._waiting = [Message(m.Log.TYPE, b"")] * self._tells

    def send(self, kind: int, payload: bytes) -> None:
        """Answered as long as it fits."""
        assert kind == m.EchoRequest.TYPE and len(payload) == ECHO_BYTES
        if self._kept + self._needs <= CREDIT:
            self._kept += self._keeps
            self._waiting.append(Message(m.Echo.TYPE, payload))

    def receive(self, timeout_s: float) -> Message | None:
        """The next one."""
        assert timeout_s > 0
        return self._waiting.pop(0) if self._waiting else None


@pytest.mark.parametrize(
    ("keeps", "needs", "came", "told"),
    [
        (0, 16, (64,), []),
        (7, 9, (22, 22), ["its head in the buffer and what fills it up take"]),
        (4, 16, (37, 37), ["its head in the buffer takes"]),
        (4, 12, (38, 38), ["its head in the buffer takes"]),
        (3, 13, (50, 50), ["what fills it up to whole words takes"]),
        (16, 16, (10, 10), ["it takes in the buffer"]),
        (5, 16, (29, 29), []),
    ],
)
def test_how_much_is_kept(
    monkeypatch: pytest.MonkeyPatch, keeps: int, needs: int, came: tuple[int, ...], told: list[str]
) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.01)
    board: Any = Board(keeps, needs)
    port = board.port
    done = little_credit(board)
    assert done.came == came and done.stops == bool(keeps)
    assert [words for _, words in done.keeps] == told
    assert board.port is port and board.stingy == [True] * len(came) + [False]


def test_other_messages_are_counted_and_nothing_is_read_from_when_it_stops() -> None:
    board: Any = Board(0, tells=True)
    assert little_credit(board) == LittleCredit((64,), others=1)
    assert LittleCredit((22, 22), others=1).keeps == () and LittleCredit((22, 22), others=1).stops


@pytest.mark.parametrize("came", [(), (64,), (22, 23), (0, 0), (22, 64)])
def test_what_does_not_stop_each_time_alike_is_none(came: tuple[int, ...]) -> None:
    assert not LittleCredit(came).stops and LittleCredit(came).keeps == ()


def test_every_frame_that_is_written_lets_little_come() -> None:
    written: list[bytes] = []

    class Port:
        def write(self, data: bytes) -> None:
            written.append(data)

    port: Any = Port()
    stingy = module._Stingy(port)
    frame = Frame(m.Ack.TYPE, 0, 7, 1, 2, 0xFFFF, b"")
    stingy.write(b"\0" + encode_frame(frame) + encode_frame(frame._replace(seq=2)))
    first, *pieces, last = written[0].split(b"\0")
    assert first == last == b""
    little = frame._replace(credit=CREDIT)
    assert [decode_frame(each) for each in pieces] == [little, little._replace(seq=2)]


def test_a_board_that_is_right_goes_on() -> None:
    with Connection(ScriptedDevice(HonestFirmware(m.Info(), lambda *_: []))) as connection:
        connection.connect()
        assert little_credit(connection) == LittleCredit((ECHOES,))
        assert connection.boot_id is not None
