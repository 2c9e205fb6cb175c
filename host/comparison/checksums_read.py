"""What a wrong checksum says of the bytes that it was made of."""

import binascii
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, permutations

from ..bundle.load import Bundle
from ..bundle.settings_block import CLASS_HEAD, HEAD, settings_block
from ..detector.rule import KIND_BYTES

MOST_BYTES = 1 << 17  # of which one may be another one: of more, one would give any checksum by chance
MOST_OF_RUN = 1 << 14  # of which a run may be missing: of more, chance would give one too often
CLASS_NAMES = (
    "upper thresholds",
    "lower thresholds",
    "what is detected",
    "the labels' lengths",
)  # in a byte each
_POLYNOMIAL = 0xEDB88320  # of CRC-32, its lowest power first


def _table() -> tuple[int, ...]:
    """What a byte makes of a checksum of 0."""
    found = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        found.append(value)
    return tuple(found)


_MADE = _table()
_BYTE_OF = {value: byte for byte, value in enumerate(_MADE)}
_BYTE_OF_TOP = {value >> 24: byte for byte, value in enumerate(_MADE)}


def one_byte(part: bytes, told: int, right: int) -> tuple[int, int] | None:
    """The place of the one byte that is another one, and what it is; None: no single byte gives the checksum.

    CRC-32 is linear: the difference of two checksums depends on the difference of the bytes alone, here one byte with
    zeros behind it, which are taken back one after the other.

    Args:
        part: the right bytes.
        told, right: the checksum of the others, and that of the right ones.
    """
    if told == right or len(part) > MOST_BYTES:
        return None
    difference = told ^ right
    for place in reversed(range(len(part))):
        if difference in _BYTE_OF:
            return place, part[place] ^ _BYTE_OF[difference]
        byte = _BYTE_OF_TOP[difference >> 24]
        difference = ((difference ^ _MADE[byte]) << 8 | byte) & 0xFFFFFFFF
    return None


def one_run(part: bytes, start: int, told: int) -> tuple[int, int] | None:
    """Where the right bytes go on elsewhere: after how many, and with which; None: no such place gives the checksum.

    A table of another length leaves bytes out, or covers some twice. What a checksum is before its last bytes is
    computed back from its end, and looked for among those of the first bytes.

    Args:
        part: the right bytes.
        start: the checksum of the nonce.
        told: the checksum.
    """
    if len(part) > MOST_OF_RUN:
        return None
    after = {start: 0}
    for count in range(2, len(part) + 1, 2):
        after.setdefault(binascii.crc32(part[:count], start), count)
    wanted = told ^ 0xFFFFFFFF
    for place in reversed(range(len(part))):
        byte = _BYTE_OF_TOP[wanted >> 24]
        wanted = ((wanted ^ _MADE[byte]) << 8 | byte ^ part[place]) & 0xFFFFFFFF
        before = after.get(wanted ^ 0xFFFFFFFF)
        if place % 2 == 0 and before not in (None, place):
            return before, place
    return None


def settings_otherwise(bundle: Bundle, start: int, told: int) -> str:
    """Which other settings give a checksum, in words; empty where none of those that are tried do.

    Args:
        bundle: with the right ones.
        start: the checksum of the nonce.
        told: the checksum.
    """
    for words, block in _blocks(bundle):
        if block != bundle.settings_block and binascii.crc32(block, start) == told:
            return words
    return ""


def _blocks(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    t, labels = bundle.thresholds, bundle.labels
    off = tuple(not on for on in t.detect)
    rules = {
        "the upper thresholds twice, and not the lower ones": replace(t, off=t.on),
        "the lower thresholds twice, and not the upper ones": replace(t, on=t.off),
        "the upper and the lower thresholds exchanged": replace(t, on=t.off, off=t.on),
        "no upper thresholds (0)": replace(t, on=(0,) * len(labels)),
        "no lower thresholds (0)": replace(t, off=(0,) * len(labels)),
        "all classes as detected": replace(t, detect=(True,) * len(labels)),
        "no class as detected": replace(t, detect=(False,) * len(labels)),
        "detected classes as others, and others as detected": replace(t, detect=off),
        "the thresholds of the first class for all": replace(
            t, on=t.on[:1] * len(labels), off=t.off[:1] * len(labels)
        ),
    }
    for words, rule in rules.items():
        yield words, settings_block(bundle.frames, bundle.stride, labels, rule, bundle.model)
    for words, frames, stride in (
        ("frames and stride exchanged", bundle.stride, bundle.frames),
        ("frames twice, and not the stride", bundle.frames, bundle.frames),
        ("the stride twice, and not the frames", bundle.stride, bundle.stride),
    ):
        yield words, settings_block(frames, stride, labels, t, bundle.model)
    yield "no labels", settings_block(bundle.frames, bundle.stride, ("",) * len(labels), t, bundle.model)
    yield from _fields_otherwise(_fields(bundle))


def _fields(bundle: Bundle) -> list[tuple[str, bytes]]:
    """The settings block's fields, each with what it is in words."""
    block, at = bundle.settings_block, HEAD.size
    found = [("frames", block[:2]), ("the stride", block[2:4]), ("the count of classes", block[4:5])]
    found += [("the ends", block[5:6]), ("the outputs' numbers", block[6:at])]
    for _ in bundle.labels:
        end = at + CLASS_HEAD.size + block[at + CLASS_HEAD.size - 1]
        found += [(name, block[at + place : at + place + 1]) for place, name in enumerate(CLASS_NAMES)]
        found.append(("the labels' letters", block[at + CLASS_HEAD.size : end]))
        at = end
    rest = block[at:]
    return [
        *found,
        *(
            [("the detector's kind", rest[:KIND_BYTES]), ("its parameters", rest[KIND_BYTES:])]
            if rest
            else []
        ),
    ]


def _fields_otherwise(fields: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """One kind of field left out, twice, zero, with its bytes in the other order, or exchanged with the next one."""
    changes: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        ("all but {}", lambda _: b""),
        ("{} twice each", lambda data: data * 2),
        ("zeros instead of {}", lambda data: bytes(len(data))),
        ("the bytes of {} in the other order", lambda data: data[::-1]),
        ("{} with a zero behind each", lambda data: data + b"\0"),
    )
    for name in dict.fromkeys(name for name, _ in fields):
        for words, changed in changes:
            yield words.format(name), b"".join(changed(data) if name == of else data for of, data in fields)
    yield from _bytes_otherwise(fields)
    names = [name for name, _ in fields]
    for one, other in dict.fromkeys(pair for pair in pairwise(names) if pair[0] != pair[1]):
        order = list(fields)
        for place in range(len(order) - 1):
            if (order[place][0], order[place + 1][0]) == (one, other):
                order[place], order[place + 1] = order[place + 1], order[place]
        yield f"{one} and {other} exchanged", b"".join(data for _, data in order)


def settings_field(bundle: Bundle, place: int) -> str:
    """Of which field of the settings block a byte is, in words."""
    end = 0
    for name, data in _fields(bundle):
        end += len(data)
        if place < end:
            return name
    return ""


def _bytes_otherwise(fields: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """One kind of field that each class has in a byte: off by one, or another kind's in its place."""
    kinds = CLASS_NAMES
    for name in kinds:
        for by, how in ((1, "high"), (-1, "low")):
            yield (
                f"{name} one too {how}",
                b"".join(bytes(((data[0] + by) & 0xFF,)) if of == name else data for of, data in fields),
            )
    for one, other in permutations(kinds, 2):
        theirs = iter([data for of, data in fields if of == other])
        yield (
            f"{other} in the place of {one}",
            b"".join(next(theirs) if of == one else data for of, data in fields),
        )
