"""Acknowledgements and room that are told only when they are asked for show, and nothing else does."""

from collections.abc import Callable

import pytest

from ..errors import HilError
from ..link import messages as m
from ..link.framing import Frame
from ..link.protocol import ASK
from . import unasked_news as news
from .client import Client
from .limits import Limits
from .scripted import HonestFirmware, ScriptedDevice
from .unasked_news import UnaskedNews, unasked_news

ROOM = 4096


class Board(ScriptedDevice):
    """One that acknowledges what comes only when it may.

    Args:
        acknowledges: whether, by a frame's number.
        room: it lets come before it is asked.
        deaf: it answers no questions.
    """

    def __init__(
        self, acknowledges: Callable[[int], bool] = lambda _: True, room: int = 1 << 20, mute: bool = False
    ) -> None:
        firmware = HonestFirmware(m.Info(), lambda *_: [])
        super().__init__(firmware, sync_ack=m.SyncAck(1, m.PROTOCOL_VERSION, 1024, ROOM))
        self._acknowledges, self._room, self._mute = acknowledges, room, mute
        self.asked = 0
        self.refuses = True
        self.types: list[int] = []

    def _take(self, frame: Frame) -> None:
        if frame.flags & ASK and frame.type == m.Ack.TYPE:
            self.asked += 1
            if self._mute:
                return
            self._room = 1 << 20
        if frame.type >= m.FIRST_SEQUENCED_TYPE:
            self._room -= len(frame.payload)
            self.types.append(frame.type)
        super()._take(frame)

    def _send(self, message_type: int, payload: bytes) -> None:
        if self.refuses or message_type != m.Error.TYPE:
            super()._send(message_type, payload)

    def _link_frame(self, message_type: int, flags: int = 0) -> None:
        late = self._room < 0 or not self._acknowledges(self._expected - 1)
        if message_type != m.Ack.TYPE or not late:
            super()._link_frame(message_type, flags)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "SILENT_S", 0.4)
    monkeypatch.setattr(news, "ANSWERED_S", 60.0)


def _news(board: Board) -> UnaskedNews:
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    try:
        return unasked_news(client)
    finally:
        client.connection.close()


def test_a_board_that_acknowledges_by_itself() -> None:
    board = Board()
    told = _news(board)
    assert (told.waited, told.stopped) == (0, False) and told.tried == 6
    assert (told.room, told.granted) == (ROOM, 0xFFFF)
    assert not board.asked


def test_what_was_refused_is_ended_before_anything_else_is_asked() -> None:
    board = Board()
    client = Client(board, None, 30.0, None, Limits(answer_s=3.0))
    client.connection.connect(2.0)
    unasked_news(client)
    client.ask(m.EchoRequest(data=b"there"), m.Echo)
    client.connection.close()
    assert board.types[-2:] == [m.StreamEnd.TYPE, m.EchoRequest.TYPE]
    assert set(board.types[:-2]) == {m.Audio.TYPE}


def test_a_board_that_does_not_refuse_audio_without_a_stream_is_told() -> None:
    board = Board()
    board.refuses = False
    client = Client(board, None, 30.0, None, Limits(answer_s=0.3))
    client.connection.connect(2.0)
    with pytest.raises(HilError, match="does not refuse audio without a stream"):
        unasked_news(client)
    client.connection.close()


def test_acknowledgements_that_come_only_when_they_are_asked_for() -> None:
    board = Board(lambda number: number == 0)
    told = _news(board)
    assert (told.waited, told.stopped) == (6, False) and board.asked >= 6


def test_every_second_acknowledgement() -> None:
    assert _news(Board(lambda number: number % 2 == 0)).waited == 3


def test_room_that_is_told_only_when_it_is_asked_for() -> None:
    told = _news(Board(room=5000))
    assert (told.waited, told.stopped) == (0, True)


def test_what_was_lost_and_sent_again_is_no_matter_of_room() -> None:
    class Losing(Board):
        lost = False

        def _take(self, frame: Frame) -> None:
            if frame.type == m.Audio.TYPE and len(frame.payload) > 2 and not self.lost:
                self.lost = True
                return
            super()._take(frame)

    told = _news(Losing(room=5000))
    assert (told.waited, told.stopped) == (0, False)


def test_a_board_that_answers_no_question_either_is_not_said_to() -> None:
    with pytest.raises(HilError, match="does not acknowledge audio within 3 s"):
        _news(Board(lambda number: number == 0, mute=True))
