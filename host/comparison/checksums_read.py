"""What a wrong checksum says of the bytes that it was made of."""

import binascii
from collections.abc import Iterator
from dataclasses import replace

from ..bundle.load import Bundle
from ..bundle.settings_block import settings_block

MOST_BYTES = 1 << 17  # of which one may be another one: of more, one would give any checksum by chance
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
