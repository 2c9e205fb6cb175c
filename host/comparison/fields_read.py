"""A field of a header with another value than its own, read from a checksum."""

import binascii
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..bundle.settings_block import HEAD as SETTINGS_HEAD
from ..frontend.log_mel.tables import HEADER, HEADER_FIELDS, MAGIC

SETTINGS_FIELDS = ("frames", "stride", "classes", "ends", "scores_output", "logits_output")
TABLES = ("weights", "twiddles", "band_db_q16", "shares_q16", "segment_bins")  # as C calls them
MOST_BYTES = 1 << 15  # behind a header: of more, each of the many tries would take too long
NEAR = {1: "high", -1: "low"}


class Field(NamedTuple):
    """A number in a header.

    Attributes:
        name: of it.
        place: of its first byte.
        layout: as `struct` has it.
    """

    name: str
    place: int
    layout: str

    @property
    def size(self) -> int:
        """In bytes."""
        return struct.calcsize(self.layout)


def log_mel_fields(image: bytes) -> list[Field]:
    """The numbers in the header of a front end's image; empty for kinds of which the image is read as it is."""
    if not image.startswith(MAGIC):
        return []
    behind_magic = [each for each in _single(HEADER.format) if not each.endswith("s")]
    return _named(HEADER_FIELDS, behind_magic, len(MAGIC))


def log_mel_tables(image: bytes) -> list[tuple[str, int, int]]:
    """The tables behind that header: each with the places of its first byte and of the one behind it."""
    fields = log_mel_fields(image)
    if not fields:
        return []
    numbers = {field.name: _value(image, field) for field in fields}
    fft, bands, bins = (numbers[name] for name in ("fft", "bands", "bins"))
    sizes = [4 * bands, 2 * bins, 2 * (bands + 1)]
    left = len(image) - HEADER.size - 4 * fft - sum(sizes)
    twiddles = left - left % 4
    found, place = [], HEADER.size
    for name, size in zip(TABLES, (4 * fft, twiddles, *sizes), strict=True):
        found.append((name, place, place + size))
        place += size
    return found


def table_otherwise(image: bytes, start: int, told: int) -> str:
    """Which table is taken for another one so that a checksum comes, in words; empty: none is.

    What is behind a shorter one is read, too, as it lies in the image.
    """
    tables = log_mel_tables(image)
    if len(image) > MOST_BYTES:
        return ""
    for one, begin, end in tables:
        for other, place, _ in tables:
            there = image[place : place + end - begin]
            data = image[:begin] + there + image[end:]
            if other != one and len(there) == end - begin and binascii.crc32(data, start) == told:
                return f"{other} in the place of {one}"
    return ""


def settings_fields() -> list[Field]:
    """The numbers that the settings block begins with."""
    return _named(SETTINGS_FIELDS, _single(SETTINGS_HEAD.format), 0)


def _named(names: Iterable[str], layouts: Iterable[str], place: int) -> list[Field]:
    found = []
    for name, layout in zip(names, layouts, strict=True):
        found.append(Field(name, place, layout))
        place += struct.calcsize(layout)
    return found


def _single(layout: str) -> Iterator[str]:
    """Each value of a layout by itself."""
    count = ""
    for letter in layout[1:]:
        if letter.isdigit():
            count += letter
        elif letter == "s":
            yield f"<{count}s"
            count = ""
        else:
            yield from [f"<{letter}"] * int(count or 1)
            count = ""


def field_otherwise(part: bytes, fields: list[Field], start: int, told: int) -> str:
    """Which field has another field's value, or one next to its own, so that a checksum comes; empty: none does so.

    Args:
        part: the right bytes.
        fields: the numbers in them.
        start: the checksum of the nonce.
        told: the checksum.
    """
    if len(part) > MOST_BYTES:
        return ""
    numbers = {field.name: _value(part, field) for field in fields}
    for field in fields:
        for value, words in _values(field, numbers):
            data = _fitting(field, value)
            other = part[: field.place] + data + part[field.place + field.size :]
            if other != part and binascii.crc32(other, start) == told:
                shown = _value(other, field)
                return f"{field.name} {shown:,} instead of {numbers[field.name]:,}, {words}"
    return _exchanged(part, fields, start, told)


def _value(part: bytes, field: Field) -> int:
    number: int = struct.unpack_from(field.layout, part, field.place)[0]
    return number


def _values(field: Field, numbers: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """Values that a field has by a slip, the likeliest first, each with what it is."""
    own = numbers[field.name]
    others = {name: number for name, number in numbers.items() if name != field.name and number}
    for number in dict.fromkeys(others.values()):
        yield number, "which is " + " and ".join(name for name, other in others.items() if other == number)
    yield 0, "as if it were never set"
    for by, way in NEAR.items():
        yield own + by, f"which is {abs(by)} too {way}"
    for name, number in others.items():
        yield own + number, f"which is it and {name} together"
        yield own - number, f"which is it without {name}"
    yield 2 * own, "which is twice as much"
    yield own // 2, "which is half as much"
    yield -own, "which has the other sign"
    yield own & 0xFF, "which is its lowest 8 bits alone"
    yield own & 0xFFFF, "which is its lowest 16 bits alone"
    yield int.from_bytes(_fitting(field, own), "big"), "which has its bytes in the other order"


def _fitting(field: Field, value: int) -> bytes:
    """A number in the bytes of a field, as C cuts it off."""
    return (value & (1 << 8 * field.size) - 1).to_bytes(field.size, "little")


def _exchanged(part: bytes, fields: list[Field], start: int, told: int) -> str:
    """Two fields of which each has the other's value."""
    for at, one in enumerate(fields):
        for two in fields[at + 1 :]:
            other = bytearray(part)
            for field, source in ((one, two), (two, one)):
                other[field.place : field.place + field.size] = _fitting(field, _value(part, source))
            if other != part and binascii.crc32(other, start) == told:
                return f"{one.name} and {two.name} exchanged"
    return ""
