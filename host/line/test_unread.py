"""A board whose checksums are other ones is told from what is no board, and the checksum is named."""

import zlib
from collections.abc import Callable

import pytest
from cobs import cobs

from ..link.framing import CRC, HEADER, Splitter
from ..link.messages import PROTOCOL_VERSION, Ack, Echo, Hello, Sync, SyncAck
from .connection import Connection, LinkError

Number = Callable[[bytes], int]
BOOT = 0x1234ABCD


def _headless(content: bytes) -> int:
    return zlib.crc32(content[HEADER.size :])


def _inverted(content: bytes) -> int:
    return zlib.crc32(content) ^ 0xFFFFFFFF


class _Board:
    """Says HELLO, and answers each SYNC that it takes.

    Args:
        sends: the checksum of what it sends.
        takes: that of what it takes.
        answers: whether it answers at all.
    """

    name, has_rate, advice = "scripted", False, "look at the script"

    def __init__(self, sends: Number, takes: Number, answers: bool = True) -> None:
        self._sends, self._takes, self._answers = sends, takes, answers
        self._splitter = Splitter()
        self._out = bytearray(b"booting\r\n\0")
        self._put(HEADER.pack(Hello.TYPE, 0, 0, 0, 0, 0) + Hello(BOOT, PROTOCOL_VERSION).encode())

    def _put(self, content: bytes) -> None:
        self._out += cobs.encode(content + CRC.pack(self._sends(content))) + b"\0"

    def read(self, timeout_s: float) -> bytes:
        assert timeout_s >= 0
        data = bytes(self._out)
        self._out.clear()
        return data

    def write(self, data: bytes) -> None:
        pieces, _ = self._splitter.feed(data)
        for body in map(cobs.decode, pieces):
            content, checksum = body[:-4], CRC.unpack(body[-4:])[0]
            if content[0] == Sync.TYPE and self._takes(content) == checksum and self._answers:
                _, _, number, seq, ack, credit = HEADER.unpack_from(content)
                answer = SyncAck(BOOT, PROTOCOL_VERSION, 1024, 5632)
                self._put(HEADER.pack(SyncAck.TYPE, 0, number, seq, ack, credit) + answer.encode())
                frame = HEADER.pack(Ack.TYPE, 0, number, 0, 0, credit)
                self._put(frame)

    def set_baud(self, rate: int) -> None:
        raise AssertionError(rate)

    def close(self) -> None:
        pass


def _error(board: _Board) -> LinkError:
    with pytest.raises(LinkError) as caught, Connection(board) as connection:
        connection.connect(0.2)
    return caught.value


def test_the_checksum_of_what_a_board_sends_is_named() -> None:
    error = _error(_Board(_headless, zlib.crc32))
    assert (
        "the checksum of its frames (ACK, HELLO, SYNC_ACK) leaves out a frame's head: it must be"
        in error.cause
    )
    assert "begin_frame" in error.cure and "take_byte" not in error.cure


def test_the_checksum_that_a_board_takes_is_named() -> None:
    error = _error(_Board(zlib.crc32, _headless))
    assert (
        "takes no frame with the right checksum, and one of which the checksum leaves out a frame's head"
        in error.cause
    )
    assert "take_byte" in error.cure and "begin_frame" not in error.cure


def test_a_checksum_that_is_another_one_in_both_directions_is_told_once() -> None:
    error = _error(_Board(_inverted, _inverted))
    assert "is not inverted at its end" in error.cause
    assert "so does what it takes in" in error.cause
    assert error.cure == "look at what computes it (firmware/core/link/crc32.c)"


def test_an_unknown_checksum_is_told_as_another_one() -> None:
    error = _error(_Board(lambda content: zlib.crc32(content) * 5 & 0xFFFFFFFF, zlib.crc32))
    assert "the checksum of its frames (ACK, HELLO, SYNC_ACK) is another one: it must be" in error.cause


def test_a_board_that_answers_no_request_is_no_stranger() -> None:
    error = _error(_Board(zlib.crc32, zlib.crc32, answers=False))
    assert "speaks this link (1 frame of it came whole), and answers no SYNC" in error.cause
    assert "take_sync" in error.cure


def test_a_checksum_that_goes_wrong_by_what_is_in_a_frame_is_told_as_that() -> None:
    def at_times(content: bytes) -> int:
        return zlib.crc32(content) ^ (content[4:8] != b"\7\0\0\0")  # of one nonce alone

    error = _error(_Board(zlib.crc32, at_times))
    assert "takes some frames, and no other ones, though the checksum of all is right" in error.cause
    assert error.cure == "look at what computes it (firmware/core/link/crc32.c)"


class _Restless(_Board):
    """Sends frames of the connection behind one that never comes whole."""

    def __init__(self, spoilt: bool) -> None:
        super().__init__(zlib.crc32, zlib.crc32)
        self.spoilt = spoilt

    def send_on(self, number: int) -> None:
        for seq in range(5):
            content = HEADER.pack(Echo.TYPE, 0, number, seq, 0, 5000) + bytes(8)
            if seq:
                self._put(content)
            elif self.spoilt:
                self._out += cobs.encode(content + bytes(4)) + b"\0"


@pytest.mark.parametrize("spoilt", [True, False])
def test_a_frame_that_comes_damaged_has_no_other_number(spoilt: bool) -> None:
    board = _Restless(spoilt)
    with Connection(board) as connection:
        connection.connect(2.0)
        board.send_on(connection.number)
        connection.receive(0.1)
        assert ("frames have another number than their own" in connection.stands_still) != spoilt
