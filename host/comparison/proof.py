"""Proof, not word: what a board must answer when it is asked for a checksum of the bytes it really uses.

The host gives a nonce that it has never used before. For each of its model, front-end image and settings block the
board computes CRC-32 (that of zlib) over the nonce's four bytes, little-endian, followed by the bytes as they lie in
flash, reading every one of them each time. The nonce keeps a board from answering with stored numbers.
`firmware/core/session/proof.c` is the other side, and says what is read where a table is a C array and no image.
"""

import binascii
import struct
from typing import Protocol, runtime_checkable

from ..bundle.load import Bundle
from ..link.messages import Proof


@runtime_checkable
class Proving(Protocol):
    """A device whose firmware can be asked for a proof."""

    def prove(self, nonce: int) -> Proof | None:
        """The board's answer for a nonce of 32 bits; None: its firmware does not know the request.

        Raises:
            HilError: the board failed.
        """
        ...


def expected_proof(bundle: Bundle, nonce: int) -> Proof:
    """What a board that runs `bundle` answers."""
    start = binascii.crc32(struct.pack("<I", nonce))
    return Proof(
        nonce,
        binascii.crc32(bundle.model_bytes, start),
        binascii.crc32(bundle.frontend_image, start),
        binascii.crc32(bundle.settings_block, start),
    )
