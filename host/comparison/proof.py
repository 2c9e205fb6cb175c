"""Proof, not word: what a board must answer when it is asked for a checksum of the bytes it really uses.

The host gives a nonce that it has never used before. For each of its model, front-end image and settings block the
board computes CRC-32 (that of zlib) over the nonce's four bytes, little-endian, followed by the bytes as they lie in
flash, reading every one of them each time. The nonce keeps a board from answering with stored numbers.
"""

import binascii
import struct
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..bundle.load import Bundle


@dataclass(frozen=True)
class ProofValues:
    """CRC-32 over the nonce and the bytes of each part.

    Attributes:
        model: the model file.
        frontend: the front end's image: settings, tables, quantiser.
        settings: the settings block: window, outputs, thresholds, labels.
    """

    model: int
    frontend: int
    settings: int


@runtime_checkable
class Proving(Protocol):
    """A device whose firmware can be asked for a proof."""

    def prove(self, nonce: int) -> ProofValues | None:
        """The board's answer for a nonce of 32 bits; None: its firmware does not know the request.

        Raises:
            HilError: the board failed.
        """
        ...


def expected_proof(bundle: Bundle, nonce: int) -> ProofValues:
    """What a board that runs `bundle` answers."""
    start = binascii.crc32(struct.pack("<I", nonce))
    return ProofValues(
        binascii.crc32(bundle.model_bytes, start),
        binascii.crc32(bundle.frontend_image, start),
        binascii.crc32(bundle.settings_block, start),
    )
