"""Which checksum frames had instead of the right one, read from a few of them."""

import zlib

import pytest
from cobs import cobs

from .checksum_ways import plain_ways, ways_of
from .framing import CRC, HEADER, Unsigned, unsigned
from .messages import Hello, SyncAck

HEAD = HEADER.pack(SyncAck.TYPE, 0, 0x1234, 7, 9, 0x1600)
ALL = 0xFFFFFFFF
FRAMES = (
    HEADER.pack(Hello.TYPE, 0, 0, 0, 0, 0) + Hello(boot_id=0x87654321, protocol=1).encode(),
    HEAD + SyncAck(boot_id=0x87654321, protocol=1, max_payload=1024, rx_bytes=5632).encode(),
    HEAD + bytes(range(256)) + bytes(range(40)),
)


def _told(number: object) -> list[str]:
    """What is told of those frames that are not valid."""
    assert callable(number)
    frames = [Unsigned(content, number(content)) for content in FRAMES]
    return [way.words for way in ways_of([f for f in frames if f.checksum != zlib.crc32(f.content)])]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (lambda content: zlib.crc32(content[10:]), "leaves out a frame's head"),
        (lambda content: zlib.crc32(content[:10]), "leaves out the payload"),
        (lambda content: zlib.crc32(content[:-1]), "leaves out the last byte of a frame"),
        (lambda content: zlib.crc32(content[1:]), "leaves out the first byte of a frame"),
        (
            lambda content: zlib.crc32(content[:8] + content[10:]),
            "leaves out the last 2 bytes of a frame's head",
        ),
        (lambda content: zlib.crc32(content) ^ 0xFFFFFFFF, "is not inverted at its end"),
        (
            lambda content: zlib.crc32(content, 0xFFFFFFFF),
            "begins with 0 instead of 0xffffffff",
        ),
        (
            lambda content: int.from_bytes(zlib.crc32(content).to_bytes(4, "little"), "big"),
            "has its bytes in the other order",
        ),
        (lambda content: zlib.crc32(content) & 0xFFFF, "has its low 16 bits alone"),
        (
            lambda content: zlib.crc32(content[:10] + content[10 : 10 + (len(content) - 10) % 256]),
            "takes the payload's length in 8 bits",
        ),
        (lambda content: zlib.crc32(content[: len(content) % 256 + 1]), ""),
        (
            lambda _: 0,
            "is always 0x00000000, so it is not made of what is in a frame, or not what is sent behind it",
        ),
    ],
)
def test_another_checksum_is_named(number: object, words: str) -> None:
    assert _told(number)[:1] == ([words] if words else [])


def test_the_right_one_and_an_unknown_one_are_no_way() -> None:
    assert _told(zlib.crc32) == []
    assert _told(lambda content: zlib.crc32(content) * 3 & 0xFFFFFFFF) == []
    assert ways_of([]) == []


def test_one_frame_of_which_it_is_not_so_is_enough_against_a_way() -> None:
    frames = [Unsigned(content, zlib.crc32(content[10:])) for content in FRAMES[:2]]
    assert [way.words for way in ways_of(frames)] == ["leaves out a frame's head"]
    assert ways_of([*frames, Unsigned(FRAMES[2], 5)]) == []


def test_known_checksums_of_other_polynomials() -> None:
    """Of the nine digits that every catalogue has."""
    known = {way.words: way.number(b"123456789") for way in plain_ways()}
    assert known["has CRC-32C's polynomial (0x82f63b78) instead of 0xedb88320"] == 0xE3069283
    assert known["takes each byte's highest bit first (CRC-32/BZIP2)"] == 0xFC891918
    assert known["takes each byte's highest bit first, and is not inverted (CRC-32/MPEG-2)"] == 0x0376E6E7


@pytest.mark.parametrize(
    "typed",
    [
        0x3B6E20C9,  # a bit
        0x3B6E2C08,  # two digits exchanged
        0x386E20CB,  # two that stand apart
        0x3B6F20C8,  # another digit
        0x1DB71064,  # the entry before
    ],
)
def test_a_wrong_entry_of_the_table_is_named(typed: int) -> None:
    # what a table of 16 entries gives with another one in the place of 0x3b6e20c8
    table = [0] * 16
    for value in range(16):
        number = value
        for _ in range(4):
            number = number >> 1 ^ (0xEDB88320 if number & 1 else 0)
        table[value] = number
    assert table[2] == 0x3B6E20C8
    table[2] = typed

    def wrong(content: bytes) -> int:
        number = 0xFFFFFFFF
        for byte in content:
            for half in (byte & 15, byte >> 4):
                number = number >> 4 ^ table[(number ^ half) & 15]
        return number ^ 0xFFFFFFFF

    assert _told(wrong) == [f"is computed with {typed:#010x} instead of 0x3b6e20c8 in its table"]


def test_a_frame_is_read_whatever_its_checksum() -> None:
    encoded = cobs.encode(HEAD + b"abc" + CRC.pack(77))
    assert unsigned(encoded) == Unsigned(HEAD + b"abc", 77)
    assert (
        unsigned(encoded[:8]) is None and unsigned(b"\xff" * 40) is None and unsigned(b"$GPGGA,1,2") is None
    )


def test_ways_have_words_of_their_own() -> None:
    words = [way.words for way in plain_ways()]
    assert len(set(words)) == len(words) - 2, "whichever pieces a checksum is made of"


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize(("end", "begins", "inverts"), [("beginning", 0, ALL), ("end", ALL, 0)])
def test_a_checksum_that_is_inverted_wrongly_piece_by_piece(
    end: str, begins: int, inverts: int, single: bool
) -> None:
    """As crc32_continue in the firmware goes on with a checksum, one of both inversions left out."""

    def continued(number: int, piece: bytes) -> int:
        number ^= begins
        for byte in piece:
            number ^= byte
            for _ in range(8):
                number = number >> 1 ^ (0xEDB88320 if number & 1 else 0)
        return number ^ inverts

    def number(content: bytes) -> int:
        pieces = [bytes([byte]) for byte in content] if single else [content[:10], content[10:]]
        value = 0
        for piece in pieces:
            value = continued(value, piece)
        return value

    assert _told(number) == [
        f"is not inverted at the {end} of each piece that it is made of (crc32_continue)"
    ]
