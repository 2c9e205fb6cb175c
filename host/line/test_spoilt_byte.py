"""A byte that is changed behind its checksum is told; what a line damages is not."""

import random
import zlib
from collections.abc import Callable

from cobs import cobs

from ..link.framing import CRC, HEADER
from ..link.messages import Echo, Hello, SyncAck
from .spoilt_byte import spoilt_byte

BODY = SyncAck(0x11223344, 1, 1024, 5632).encode()


def piece(spoil: Callable[[bytearray], None], nonce: int = 7, kind: int = SyncAck.TYPE) -> bytes:
    content = bytearray(HEADER.pack(kind, 0, 0x1234, nonce, 0, 5632) + BODY)
    checksum = CRC.pack(zlib.crc32(content))
    spoil(content)
    return bytes(cobs.encode(bytes(content) + checksum))


def connection(content: bytearray) -> None:
    content[2] = 0x35


def test_a_byte_of_the_head_is_named() -> None:
    told = spoilt_byte([piece(connection, nonce) for nonce in range(3)])
    assert told.startswith(
        "of its frames (SYNC_ACK, 3 in all) byte 2 (connection) comes as 0x35, and the checksum"
    )
    assert "is that of 0x34 in its place" in told


def test_a_byte_of_the_payload_is_named() -> None:
    def spoil(content: bytearray) -> None:
        content[10] = 0

    assert "byte 10 (byte 0 of the payload) comes as 0x00" in spoilt_byte([piece(spoil)] * 3)


def test_a_value_that_is_another_one_wherever_it_stands() -> None:
    def spoilt(place: int) -> bytes:
        content = bytearray(HEADER.pack(SyncAck.TYPE, 0, 0x1234, 7, 0, 5632) + b"\x34" + BODY[1:])
        checksum = CRC.pack(zlib.crc32(content))
        content[place] = 0x35
        return bytes(cobs.encode(bytes(content) + checksum))

    told = spoilt_byte([spoilt(2), spoilt(10), spoilt(2)])
    assert told.startswith("of its frames (SYNC_ACK, 3 in all) a byte comes as 0x35")


def test_what_a_line_damages_is_no_boards_doing() -> None:
    rng = random.Random(5)

    def anywhere(content: bytearray) -> None:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)

    assert spoilt_byte([piece(anywhere) for _ in range(20)]) == ""
    assert spoilt_byte([piece(connection)] * 2) == "", "twice is chance"
    assert spoilt_byte([piece(connection, kind=Echo.TYPE)] * 5) == "", "of no beginning of a connection"
    assert spoilt_byte([b"booting", b"\1\2\3"]) == ""
    assert spoilt_byte([piece(lambda _: None, kind=Hello.TYPE)] * 5) == ""
