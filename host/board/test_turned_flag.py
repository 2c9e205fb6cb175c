"""A board that says that a frame is missing where none is; an honest one is asked nothing."""

import pytest

from ..link import messages as m
from ..link.protocol import GAP
from .client import Client, DeviceError
from .limits import Limits
from .scripted import HonestFirmware, ScriptedDevice
from .turned_flag import raise_turned_flag


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
