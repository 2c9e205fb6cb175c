"""Room that is told by itself, and room that is kept back, of small messages that were worked off together."""

import pytest

from ..line.connection import Connection
from ..link import messages as m
from ..link.framing import Frame
from ..link.protocol import record_cost
from . import room_of_small_ones as module
from .room_of_small_ones import RoomOfSmallOnes, room_of_small_ones
from .scripted import HonestFirmware, ScriptedDevice

ROOM, SENDS = 5632, 2816
WHOLE = record_cost(m.MAX_PAYLOAD)


class Board(ScriptedDevice):
    """One that keeps what comes while an answer waits, and frees it behind that.

    Args:
        adds_up: what is freed; otherwise the last message's room alone is held against what is worth telling.
        room: of its receive buffer.
        keeps: bytes of that for ever.
        sends: bytes of its send buffer.
        refuses: audio without a stream.
    """

    def __init__(
        self, adds_up: bool = True, room: int = ROOM, keeps: int = 0, sends: int = SENDS, refuses: bool = True
    ) -> None:
        firmware = HonestFirmware(
            m.Info(), lambda *_: [], status=lambda: m.Status(rx_size=room, tx_size=sends)
        )
        super().__init__(firmware, sync_ack=m.SyncAck(1, m.PROTOCOL_VERSION, m.MAX_PAYLOAD, room))
        self._adds_up, self._free, self._sends, self._refuses = adds_up, room - keeps, sends, refuses
        self._held: list[int] = []
        self.connections = 0

    def _take(self, frame: Frame) -> None:
        if frame.type == m.Sync.TYPE:
            self._free, self._held = self._free + sum(self._held), []
            self.connections += 1
        super()._take(frame)

    def _answer(self, frame: Frame) -> None:
        waiting = sum(record_cost(len(payload)) for _, payload in self._waiting)
        if self._held or waiting + record_cost(len(frame.payload)) > self._sends:
            self._held.append(record_cost(len(frame.payload)))
            self._free -= self._held[-1]
        if self._refuses or frame.type != m.Audio.TYPE:
            super()._answer(frame)

    def read(self, timeout_s: float) -> bytes:
        freed = 0
        while self._held and not self._waiting:
            freed = freed * self._adds_up + self._held[-1]
            self._free += self._held.pop()
            if freed >= WHOLE:
                self._link_frame(m.Ack.TYPE)
                freed = 0
        return super().read(timeout_s)

    def _put(self, frame: Frame) -> None:
        super()._put(frame if frame.type == m.SyncAck.TYPE else frame._replace(credit=self._free))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.1)


def _told(board: Board) -> RoomOfSmallOnes | None:
    with Connection(board) as connection:
        connection.connect()
        port = connection.port
        try:
            return room_of_small_ones(connection)
        finally:
            assert connection.port is port and connection.boot_id is not None


def test_a_board_that_tells_its_room_is_looked_at_once() -> None:
    board = Board()
    told = _told(board)
    assert told == RoomOfSmallOnes(300, 2400, ROOM) and not told.untold
    assert board.connections == 3, "the one before, the one that is looked at, and the one behind it"


def test_room_that_is_not_added_up() -> None:
    # a computer that stands still makes the host's end ask, and what is asked for is told
    tries = (_told(Board(adds_up=False)) for _ in range(5))
    told = next(each for each in tries if each is not None and each.untold)
    assert told.told[0] < ROOM - WHOLE and told.told[1] < ROOM - WHOLE and told.asked == ROOM


def test_room_that_is_never_told_is_another_matter() -> None:
    told = _told(Board(keeps=2000))
    assert told == RoomOfSmallOnes(300, 2400, ROOM, (ROOM - 2000,) * 2, ROOM - 2000) and not told.untold


def test_room_for_less_than_a_longest_payload_need_not_be_told() -> None:
    assert not RoomOfSmallOnes(300, 2400, ROOM, (ROOM - WHOLE + 1,) * 2, ROOM).untold
    assert RoomOfSmallOnes(300, 2400, ROOM, (ROOM - WHOLE,) * 2, ROOM).untold
    assert not RoomOfSmallOnes(300, 2400, ROOM, (ROOM - WHOLE, ROOM - WHOLE + 1), ROOM).untold
    assert not RoomOfSmallOnes(300, 2400, ROOM, (ROOM - WHOLE,) * 2, ROOM - WHOLE).untold
    assert not RoomOfSmallOnes(300, 2400, ROOM, (ROOM - WHOLE,), ROOM).untold


@pytest.mark.parametrize("board", [Board(room=4407), Board(refuses=False)])
def test_where_it_cannot_be_seen(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    monkeypatch.setattr(module, "ANSWERED_S", 0.3)
    assert _told(board) is None


def test_the_least_buffer_in_which_it_can_be_seen() -> None:
    assert _told(Board(room=4408)) is not None
