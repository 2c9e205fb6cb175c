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
    assert "nor does a right frame of no connection bring HELLO" in error.cause and "frame.c" in error.cure


def test_a_checksum_that_goes_wrong_by_what_is_in_a_frame_is_told_as_that() -> None:
    def at_times(content: bytes) -> int:
        return zlib.crc32(content) ^ (content[4:8] != b"\7\0\0\0")  # of one nonce alone

    error = _error(_Board(zlib.crc32, at_times))
    assert "takes some frames, and no other ones, though the checksum of all is right" in error.cause
    assert error.cure == "look at what computes it (firmware/core/link/crc32.c)"


def test_answers_alone_are_enough_for_another_checksum_and_more_of_them_tell_which() -> None:
    """A board that says no HELLO, and whose answer to one SYNC is the same each time."""

    class Quiet(_Board):
        def _put(self, content: bytes) -> None:
            if content[0] == SyncAck.TYPE:
                super()._put(content)

    error = _error(Quiet(lambda _: 0x00561B60, zlib.crc32))
    assert "the checksum of its frames (SYNC_ACK) is always 0x00561b60, so it is not made of" in error.cause
    assert "byte_at" in error.cure
    error = _error(Quiet(lambda content: zlib.crc32(content) * 5 & 0xFFFFFFFF, zlib.crc32))
    assert "the checksum of its frames (SYNC_ACK) is another one" in error.cause


class _Strange(_Board):
    """Answers with seq and ack exchanged, or with a byte that is not the one its checksum is of."""

    def __init__(self, spoils: bool) -> None:
        super().__init__(zlib.crc32, zlib.crc32)
        self._spoils = spoils

    def _put(self, content: bytes) -> None:
        if content[0] == SyncAck.TYPE and self._spoils:
            self._out += cobs.encode(content[:-1] + b"\x77" + CRC.pack(zlib.crc32(content))) + b"\0"
        elif content[0] == SyncAck.TYPE:
            super()._put(content[:4] + content[6:8] + content[4:6] + content[8:])
        elif content[0] == Hello.TYPE:
            super()._put(content)


@pytest.mark.parametrize(
    ("spoils", "words"),
    [
        (False, "seq and ack of a frame's head are exchanged"),
        (True, "byte 19 (byte 9 of the payload) comes as 0x77"),
    ],
)
def test_an_answer_that_fits_no_request_is_told_as_one(spoils: bool, words: str) -> None:
    with pytest.raises(LinkError) as caught, Connection(_Strange(spoils)) as connection:
        connection.connect(1.0)
    assert "speaks this link, but" in caught.value.cause and words in caught.value.cause


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
