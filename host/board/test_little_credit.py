"""A board that keeps a part of each frame as under way stops where little may be."""

from typing import Any

import pytest

from ..line.connection import Connection
from ..link import messages as m
from ..link.events import Message
from ..link.framing import Frame, decode_frame, encode_frame
from ..link.protocol import ECHO_SHIFT, GAP, PASS_SHIFT, record_cost
from . import little_credit as module
from .little_credit import CREDIT, ECHO_BYTES, ECHOES, LittleCredit, little_credit
from .scripted import HonestFirmware, ScriptedDevice

WHOLE = 16  # of an echo in the buffer: 4 of a head, 9, and 3 that fill it up


class Wrong(ScriptedDevice):
    """A board that is wrong about what may be under way.

    Args:
        how: `again`: what it sends again counts twice; `anew`: what was under way counts on the next connection;
            `beyond`: what is acknowledged is not taken off; `at_once`: it looks at nothing.
    """

    def __init__(self, how: str) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._how, self._kept = how, 0

    def _under_way(self) -> int:
        return sum(record_cost(len(payload)) for _, (_, payload) in self._sent)

    def _take(self, frame: Frame) -> None:
        if frame.type == m.Sync.TYPE:
            self._kept = self._kept + self._under_way() if self._how == "anew" else 0
        super()._take(frame)

    def _send_again(self, frame: Frame) -> None:
        before = self._granted
        if frame.flags & GAP and self._how == "again":
            self._kept += self._under_way()
        super()._send_again(frame)
        if self._how == "beyond":
            self._granted = max(before, self._granted)

    def _send_waiting(self) -> None:
        real = self._granted
        self._granted = 0xFFFF if self._how == "at_once" else real - self._kept
        super()._send_waiting()
        self._granted = real


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("", {}),
        ("again", {"stops_again": True}),
        ("anew", {"stops_anew": True}),
        ("beyond", {"beyond": True}),
        ("at_once", {"beyond": True, "at_once": True}),
    ],
)
def test_what_is_wrong_with_longer_answers(
    monkeypatch: pytest.MonkeyPatch, how: str, found: dict[str, bool]
) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.1)
    with Connection(Wrong(how)) as connection:
        connection.connect()
        port = connection.port
        assert little_credit(connection) == LittleCredit((ECHOES,), **found)
        assert connection.port is port and connection.boot_id is not None


def test_a_frame_is_lost_once_and_the_board_told() -> None:
    written: list[bytes] = []
    echo = Frame(m.Echo.TYPE, 3 << PASS_SHIFT, 7, 5, 2, 9, b"a")
    ack = echo._replace(type=m.Ack.TYPE, payload=b"")
    data = encode_frame(ack) + encode_frame(echo)

    came = [data[:7], data[7:] + encode_frame(echo) + b"\x05", b""]

    class Port:
        def write(self, data: bytes) -> None:
            written.append(data)

        def read(self, _: float) -> bytes:
            return came.pop(0)

    port: Any = Port()
    stingy = module.Stingy(port)
    stingy.lose = stingy.tells_gap = True
    assert stingy.read(0.0) == b"" and stingy.lose
    assert stingy.read(0.0) == encode_frame(ack) + encode_frame(echo) and not stingy.lose
    told = Frame(m.Ack.TYPE, GAP | 3 << ECHO_SHIFT, 7, 2, 5, CREDIT, b"")
    assert [decode_frame(each[:-1]) for each in written] == [told]
    assert stingy.read(0.0) == b"\x05"


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
        self.stingy.append(isinstance(self.port, module.Stingy))
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
    monkeypatch.setattr(module, "_long_ones", lambda _, __, done: done)
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
    stingy = module.Stingy(port)
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
