"""In which other way a checksum of frames was computed, read from frames that came whole but for it."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

from .framing import CRC, HEADER, Unsigned

ALL = 0xFFFFFFFF
POLYNOMIAL, REVERSED = 0xEDB88320, 0x04C11DB7  # least bit first, and highest bit first
CASTAGNOLI = 0x82F63B78
FIRST_BYTES = (8, 16, 32, 64, 128, 255, 256, 512)  # what a loop may end at
ENDS = range(1, 5)  # bytes that may be left out behind
ENTRIES = 16  # of a table that takes half a byte at a time
SHORT_ONES = 3  # frames that are looked at, and the longest
LEAST_CONSTANT = 2  # unlike frames of which one checksum is by no chance

Number = Callable[[bytes], int]
Part = Callable[[bytes], bytes]


class Way(NamedTuple):
    """A checksum.

    Attributes:
        words: what it is, behind "its checksum ".
        number: of head and payload.
    """

    words: str
    number: Number


def ways_of(frames: Sequence[Unsigned]) -> list[Way]:
    """Each way that gives the checksums of all frames, of none of which the right one does; empty: none does."""
    unlike = sorted({frame.content: frame for frame in frames}.values(), key=lambda frame: len(frame.content))
    if not unlike or any(zlib.crc32(frame.content) == frame.checksum for frame in unlike):
        return []
    looked_at = [*unlike[:SHORT_ONES], unlike[-1]]
    found = [way for way in _all_ways() if all(way.number(one.content) == one.checksum for one in looked_at)]
    numbers = {frame.checksum for frame in unlike}
    if len(numbers) == 1 and len(unlike) >= LEAST_CONSTANT:
        number = numbers.pop()
        told = "not made of what is in a frame, or not what is sent behind it"
        found.append(Way(f"is always {number:#010x}, so it is {told}", lambda _: number))
    return found


def plain_ways() -> list[Way]:
    """Those that are not a single wrong entry of a table: few enough to be tried on a board."""
    return [*_of_parts(), *_of_kinds(), *_of_pieces()]


@cache
def _all_ways() -> tuple[Way, ...]:
    return (*plain_ways(), *_of_entries())


def _kinds() -> Iterator[Way]:
    """Checksums of the right bytes."""
    yield Way("begins with 0 instead of 0xffffffff", _crc(POLYNOMIAL, begins=0))
    yield Way("is not inverted at its end", _crc(POLYNOMIAL, inverts=0))
    yield Way("begins with 0 and is not inverted at its end", _crc(POLYNOMIAL, begins=0, inverts=0))
    yield Way("has CRC-32C's polynomial (0x82f63b78) instead of 0xedb88320", _crc(CASTAGNOLI))
    yield Way("takes 0x04c11db7 for its polynomial without turning it round", _crc(REVERSED))
    yield Way("takes each byte's highest bit first (CRC-32/BZIP2)", _crc_from_above(REVERSED, ALL))
    yield Way(
        "takes each byte's highest bit first, and is not inverted (CRC-32/MPEG-2)",
        _crc_from_above(REVERSED, 0),
    )
    yield Way("is the sum of the bytes", sum)
    yield Way("is Adler-32", zlib.adler32)
    yield Way("has its low 16 bits alone", lambda content: zlib.crc32(content) & 0xFFFF)
    yield Way("has its high 16 bits alone", lambda content: zlib.crc32(content) >> 16)


def _of_pieces() -> Iterator[Way]:
    """Inverted wrongly where more is added: head and payload as a frame is sent, byte by byte as one comes."""
    for end, begins, inverts in (("beginning", 0, ALL), ("end", ALL, 0)):
        for cut in (_head_and_payload, _single_bytes):
            yield Way(
                f"is not inverted at the {end} of each piece that it is made of (crc32_continue)",
                partial(_of_each, cut, begins, inverts),
            )


def _head_and_payload(content: bytes) -> list[bytes]:
    return [content[: HEADER.size], content[HEADER.size :]]


def _single_bytes(content: bytes) -> list[bytes]:
    return [content[at : at + 1] for at in range(len(content))]


def _of_each(cut: Callable[[bytes], list[bytes]], begins: int, inverts: int, content: bytes) -> int:
    value = 0
    for piece in cut(content):
        value = zlib.crc32(piece, value ^ begins ^ ALL) ^ ALL ^ inverts
    return value


def _of_kinds() -> Iterator[Way]:
    yield Way("has its bytes in the other order", partial(_turned_of, zlib.crc32))
    for kind in _kinds():
        yield kind
        yield Way(
            f"{kind.words}, and has its bytes in the other order",
            partial(_turned_of, kind.number),
        )


def _of_parts() -> Iterator[Way]:
    """The right checksum of other bytes."""
    for words, part in _parts():
        yield Way(words, partial(_crc_of, part))


def _parts() -> Iterator[tuple[str, Part]]:
    head = HEADER.size
    yield "leaves out a frame's head", lambda content: content[head:]
    yield "leaves out the payload", lambda content: content[:head]
    yield "takes the payload before the head", lambda content: content[head:] + content[:head]
    yield "counts its own place in, as 4 bytes of 0", lambda content: content + bytes(CRC.size)
    yield (
        "takes the payload's length in 8 bits",
        lambda content: content[: head + (len(content) - head) % 256],
    )
    yield "takes its length with the head in 8 bits", lambda content: content[: len(content) % 256]
    for count in range(1, head):
        yield f"leaves out the first {_bytes(count)} of a frame", partial(_without, 0, count)
        yield f"leaves out the last {_bytes(count)} of a frame's head", partial(_without, head - count, head)
    for count in ENDS:
        yield f"leaves out the last {_bytes(count)} of a frame", partial(_first, -count)
        yield f"leaves out the first {_bytes(count)} of the payload", partial(_without, head, head + count)
    for count in FIRST_BYTES:
        yield f"takes the first {count} bytes of a frame alone", partial(_first, count)
        yield f"takes the first {count} bytes of the payload alone", partial(_first, head + count)


def _without(first: int, end: int, content: bytes) -> bytes:
    return content[:first] + content[end:]


def _first(count: int, content: bytes) -> bytes:
    return content[:count]


def _crc_of(part: Part, content: bytes) -> int:
    return zlib.crc32(part(content))


def _turned_of(number: Number, content: bytes) -> int:
    return int.from_bytes(number(content).to_bytes(4, "little"), "big")


def _bytes(count: int) -> str:
    return "byte" if count == 1 else f"{count} bytes"


def _of_entries() -> Iterator[Way]:
    """One entry of the table that takes half a byte at a time: a bit, or as somebody mistypes it."""
    table = [_entry(value, POLYNOMIAL, 4) for value in range(ENTRIES)]
    for place in range(1, ENTRIES):
        for value in dict.fromkeys((*_mistyped(table[place]), *table)):
            if value != table[place]:
                wrong = [*table[:place], value, *table[place + 1 :]]
                yield Way(
                    f"is computed with {value:#010x} instead of {table[place]:#010x} in its table",
                    partial(_by_halves, wrong),
                )


def _mistyped(entry: int) -> Iterator[int]:
    """The entry with one other bit, one other digit, or two digits exchanged."""
    for bit in range(32):
        yield entry ^ 1 << bit
    for at in range(0, 32, 4):
        for digit in range(1, 16):
            yield entry ^ digit << at
        for other in range(0, at, 4):
            apart = (entry >> at ^ entry >> other) & 15
            yield entry ^ apart << at ^ apart << other


def _by_halves(table: Sequence[int], content: bytes) -> int:
    number = ALL
    for byte in content:
        number ^= byte
        number = number >> 4 ^ table[number & 15]
        number = number >> 4 ^ table[number & 15]
    return number ^ ALL


def _entry(value: int, polynomial: int, bits: int) -> int:
    for _ in range(bits):
        value = value >> 1 ^ (polynomial if value & 1 else 0)
    return value


def _crc(polynomial: int, begins: int = ALL, inverts: int = ALL) -> Number:
    """A CRC-32, least bit first."""
    table = [_entry(value, polynomial, 8) for value in range(256)]

    def number(content: bytes) -> int:
        value = begins
        for byte in content:
            value = value >> 8 ^ table[(value ^ byte) & 0xFF]
        return value ^ inverts

    return number


def _crc_from_above(polynomial: int, inverts: int) -> Number:
    """A CRC-32, highest bit first."""

    def number(content: bytes) -> int:
        value = ALL
        for byte in content:
            value ^= byte << 24
            for _ in range(8):
                value = (value << 1 ^ (polynomial if value >> 31 else 0)) & ALL
        return value ^ inverts

    return number
