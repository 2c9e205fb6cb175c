"""Proof, not word: what a board must answer when it is asked for a checksum of the bytes it really uses.

The host gives a nonce that it has never used before. For each of its model, front-end image and settings block the
board computes CRC-32 (that of zlib) over the nonce's four bytes, little-endian, followed by the bytes as they lie in
flash, reading every one of them each time. The nonce keeps a board from answering with stored numbers.
`firmware/core/session/proof.c` is the other side, and says what is read where a table is a C array and no image.
"""

import binascii
import struct
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from ..bundle.load import Bundle
from ..link.messages import Proof

MOST_LEFT_OUT = 65  # at the beginning: a header


@runtime_checkable
class Proving(Protocol):
    """A device whose firmware can be asked for a proof."""

    def prove(self, nonce: int) -> Proof | None:
        """The board's answer for a nonce of 32 bits; None: its firmware does not know the request.

        Raises:
            HilError: the board failed.
        """
        ...


def nonce_checksum(nonce: int) -> int:
    """What a checksum goes on from."""
    return binascii.crc32(struct.pack("<I", nonce))


def expected_proof(bundle: Bundle, nonce: int) -> Proof:
    """What a board that runs `bundle` answers."""
    start = nonce_checksum(nonce)
    return Proof(
        nonce,
        binascii.crc32(bundle.model_bytes, start),
        binascii.crc32(bundle.frontend_image, start),
        binascii.crc32(bundle.settings_block, start),
    )


def proofs_otherwise(bundle: Bundle, nonce: int) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """What a board answers that computes its checksums otherwise: how, in words, and those of the three parts."""
    parts = (bundle.model_bytes, bundle.frontend_image, bundle.settings_block)
    begun = {
        "the nonce is not used": b"",
        "the nonce is taken for 0": bytes(4),
        "only 16 bits of the nonce are used": struct.pack("<H", nonce & 0xFFFF),
        "only 16 bits of the nonce are used, the upper ones 0": struct.pack("<I", nonce & 0xFFFF),
        "only 8 bits of the nonce are used": struct.pack("<B", nonce & 0xFF),
        "only 8 bits of the nonce are used, the others 0": struct.pack("<I", nonce & 0xFF),
        "the nonce's bytes are taken in the other order": struct.pack(">I", nonce),
    }
    for words, head in begun.items():
        start = binascii.crc32(head)
        yield words, _of_each(parts, lambda part, start=start: binascii.crc32(part, start))  # type: ignore[misc]
    whole, start = struct.pack("<I", nonce), nonce_checksum(nonce)
    yield (
        "the checksum is begun with the nonce itself",
        _of_each(parts, lambda part: binascii.crc32(part, nonce)),
    )
    yield (
        "the nonce comes behind the bytes instead of before them",
        _of_each(parts, lambda part: binascii.crc32(whole, binascii.crc32(part))),
    )
    yield (
        "the checksum's bits are not inverted at its end",
        _of_each(parts, lambda part: binascii.crc32(part, start) ^ 0xFFFFFFFF),
    )
    yield (
        "the last byte of each is left out",
        _of_each(parts, lambda part: binascii.crc32(part[:-1], start)),
    )


def part_otherwise(bundle: Bundle, nonce: int, part: bytes, told: int) -> str:
    """How a board computes the checksum of one part of the bundle, in words; empty where none of the ways gives it."""
    parts = (bundle.model_bytes, bundle.frontend_image, bundle.settings_block)
    place = parts.index(part)
    return next((words for words, three in proofs_otherwise(bundle, nonce) if three[place] == told), "")


def _of_each(parts: tuple[bytes, bytes, bytes], checksum: Callable[[bytes], int]) -> tuple[int, int, int]:
    model, front_end, settings = map(checksum, parts)
    return model, front_end, settings


def covered(part: bytes, start: int, told: int) -> str:
    """Which bytes of a part give a checksum, in words; empty where neither its first ones nor its last ones do.

    Args:
        part: the right bytes.
        start: the checksum of the nonce.
        told: the checksum.
    """
    checksum = start
    for count, byte in enumerate(part):
        if checksum == told:
            return f"its first {count:,} of {len(part):,} bytes alone"
        checksum = binascii.crc32(bytes((byte,)), checksum)
    for left_out in range(1, min(len(part), MOST_LEFT_OUT)):
        if binascii.crc32(part[left_out:], start) == told:
            return f"all of its bytes but the first {left_out:,}"
    return ""
