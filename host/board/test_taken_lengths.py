"""Lengths that never come through are found, with the direction and the counter; a line is not taken for that."""

import zlib
from collections.abc import Callable, Iterator

import pytest
from cobs import cobs

from ..errors import HilError
from ..link import messages as m
from ..link.framing import CRC, HEADER, Frame
from ..link.protocol import ASK, GAP
from .client import Client
from .exchanging import exchange
from .limits import Limits
from .scripted import HonestFirmware, ScriptedDevice
from .taken_lengths import Why, why_no_answer

PATIENT = Limits(answer_s=0.5)
SYNCS = 4  # before a length of 1,000 that never comes is found: two, and one more for each that does not come
AGAIN = 6  # times that a frame is sent which never comes whole

Takes = Callable[[bytes], bool]
Sends = Callable[[Frame], bytes | None]


class Board(ScriptedDevice):
    """One that does not take, or spoils, some frames of a connection.

    Args:
        takes: which payloads it takes.
        counter: of STATUS that the others are counted as.
        sends: what stands in the place of a frame; None: that frame.
        answers: which echoes it answers.
    """

    def __init__(
        self,
        takes: Takes = lambda _: True,
        counter: str = "framing_errors",
        sends: Sends = lambda _: None,
        answers: Takes = lambda _: True,
    ) -> None:
        firmware = HonestFirmware(m.Info(), lambda *_: [])
        honest = firmware.answers
        firmware.answers = lambda request: (  # type: ignore[method-assign]
            [] if isinstance(request, m.EchoRequest) and not answers(request.data) else honest(request)
        )
        super().__init__(firmware)
        self.connections = 0
        self._takes, self._counter, self._sends = takes, counter, sends

    def _take(self, frame: Frame) -> None:
        self.connections += frame.type == m.Sync.TYPE
        if frame.type >= m.FIRST_SEQUENCED_TYPE and not self._takes(frame.payload):
            self._counted[self._counter] += 1
        elif frame.flags & ASK and 0 < (frame.seq - self._expected) & 0xFFFF < 0x8000:
            self._link_frame(m.Ack.TYPE, GAP)
        else:
            super()._take(frame)

    def _put(self, frame: Frame) -> None:
        spoilt = self._sends(frame)
        if spoilt is None:
            super()._put(frame)
        else:
            self._out += spoilt * AGAIN


@pytest.fixture
def client() -> Iterator[Callable[[ScriptedDevice], Client]]:
    made: list[Client] = []

    def make(board: ScriptedDevice) -> Client:
        made.append(Client(board, None, 2.0, None, PATIENT))
        made[-1].connection.connect(2.0)
        return made[-1]

    yield make
    for one in made:
        one.connection.close()


def _why(client: Client) -> Why | None:
    return why_no_answer(client.connection, client.limits.answer_s)


def _spoilt(frame: Frame) -> bytes | None:
    """A longer echo with a checksum of its first bytes alone."""
    if len(frame.payload) < 700:
        return None
    content = HEADER.pack(*frame[:6]) + frame.payload
    return bytes(cobs.encode(content + CRC.pack(zlib.crc32(content[:512])))) + b"\0"


@pytest.mark.parametrize(
    ("board", "told"),
    [
        (
            Board(lambda data: len(data) < 1024),
            "a request of 1,024 bytes, the longest, is never taken in, however often it is sent, and one of 1,023 "
            "always is; it counts them as no frames (framing_errors)",
        ),
        (
            Board(lambda data: len(data) < 700, "crc_errors"),
            "a request of 700 bytes is never taken in, however often it is sent, and one of 699 always is; it counts "
            "them as frames with a wrong checksum (crc_errors)",
        ),
        (Board(lambda data: len(data) < 300, "overruns"), "beyond the credit that it told (overruns)"),
        (
            Board(lambda data: len(data) > 0),
            "a request without a payload is never taken in, however often it is sent, and one of one byte always is",
        ),
        (
            Board(lambda data: len(data) < 254 or 0 in data),
            "a request of 254 bytes without a zero among them is never taken in, however often it is sent, and one of "
            "253",
        ),
        (
            Board(answers=lambda data: len(data) < 1024),
            "a request of 1,024 bytes, the longest, is acknowledged and never answered, one of 1,023 always is",
        ),
        (
            Board(sends=_spoilt),
            "an answer of 700 bytes never comes whole, one of 699 always does: its frame number",
        ),
    ],
)
def test_a_length_that_never_comes(
    client: Callable[[ScriptedDevice], Client], board: Board, told: str
) -> None:
    why = _why(client(board))
    assert why is not None and told in why.told, why


def test_an_answer_that_is_spoilt_otherwise_each_time_is_not_said_to_be_dropped(
    client: Callable[[ScriptedDevice], Client],
) -> None:
    times = iter(range(1, 1000))

    def spoilt(frame: Frame) -> bytes | None:
        whole = _spoilt(frame)
        return None if whole is None else whole[:-90] + bytes([next(times) % 255 + 1]) * 89 + b"\0"

    why = _why(client(Board(sends=spoilt)))
    assert why is not None and "an answer of 700 bytes never comes whole, one of 699 always does" in why.told


def test_a_board_that_takes_all_is_not_blamed(client: Callable[[ScriptedDevice], Client]) -> None:
    assert _why(client(Board())) is None


def test_a_board_that_answers_no_echo_is_not_blamed_for_lengths(
    client: Callable[[ScriptedDevice], Client],
) -> None:
    assert _why(client(Board(answers=lambda _: False))) is None


def test_a_length_that_came_through_after_all_is_not_told(
    client: Callable[[ScriptedDevice], Client],
) -> None:
    """As on a line that damages: what is sent again and again comes at last."""
    board: Board = Board(lambda data: len(data) < 1000 or board.connections > SYNCS)
    assert _why(client(board)) is None
    assert board.connections > SYNCS, "it was tried once more"


def test_what_is_asked_and_never_taken_in_says_so(
    client: Callable[[ScriptedDevice], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = client(Board(lambda data: len(data) < 1024))
    with pytest.raises(HilError, match=r"sent no ECHO within 0\.5 s: a request of 1,024 bytes, the longest,"):
        asking.ask(m.EchoRequest(data=bytes(1024)), m.Echo)
    asking = client(Board(answers=lambda _: False))
    monkeypatch.setattr(asking, "looked_into", lambda: Why("it is so", "look there"))
    with pytest.raises(HilError, match=r"end of 1 requests \(INFO_REQUEST\): it is so"):
        exchange(asking, [(m.InfoRequest.TYPE, b"")])


def test_where_it_may_not_be_looked_into_nothing_is_sent(
    client: Callable[[ScriptedDevice], Client],
) -> None:
    board = Board(lambda data: len(data) < 1024)
    asking = client(board)
    with asking.unexplained(), pytest.raises(HilError, match="did not take in a request for ECHO"):
        asking.ask(m.EchoRequest(data=bytes(1024)), m.Echo)
    assert not board.payloads
