"""Which SHA-256 a board computes that refuses what is right: read from the digest with which it takes an image."""

import binascii
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator

from ...core.altered_digest import AlteredDigest
from ...core.changed_process import NONE
from ...errors import HilError
from ..diagnosis.altered import change_told
from ..diagnosis.figures import OR_ELSE
from .other_sha256 import digests, mistyped, slips

MOST_S = 90.0  # of asking: a board that is wrong is worth that, and asked a thousand times
BLOCK = 64  # bytes that SHA-256 takes at once
MOST_LINES = 3
LOOK_AT = "image_intact in firmware/core/bundle/slot.c"
Takes = Callable[[int, bytes], bool]


def short_image(image: bytes) -> bytes:
    """The end of an image, of two blocks of SHA-256 at most, with as many bytes in the last one."""
    return image[-(BLOCK + len(image) % BLOCK) :]


def digest_told(image: bytes, takes: Takes) -> str:
    """What is wrong with the checksums that a board computes, in words behind a colon; empty: that was not found.

    Args:
        image: that is refused as one that is not what was announced.
        takes: sends it, announced with a CRC-32 and a SHA-256; whether it is not refused for that.
    """
    crc32, sha256 = binascii.crc32(image), hashlib.sha256(image).digest()
    damaged = bytes([sha256[0] ^ 1]) + sha256[1:]
    for crc, sha, which in ((crc32 ^ 1, sha256, "CRC-32"), (crc32, damaged, "SHA-256")):
        if takes(crc, sha):
            return f": an image is taken that is announced with a wrong {which}; look at what compares it ({LOOK_AT})"
    ends = time.monotonic() + MOST_S
    for sha, words in itertools.chain(_plain(image), _slips(image), _changed(image), _mistyped(image)):
        if time.monotonic() > ends:
            break
        if sha != sha256 and takes(crc32, sha):
            return f": an image of {len(image)} bytes is taken that is announced with {words}"
    return ""


def _plain(image: bytes) -> Iterator[tuple[bytes, str]]:
    """Digests of another length of it, or put otherwise."""
    right = hashlib.sha256(image).digest()
    words = [right[at : at + 4] for at in range(0, len(right), 4)]
    for less in (1, 2, 4, 8):
        its_last = "its last byte" if less == 1 else f"its last {less} bytes"
        yield (
            hashlib.sha256(image[:-less]).digest(),
            f"the SHA-256 of all of it but {its_last}; look at the length that is given to sha256_of "
            f"({LOOK_AT})",
        )
    yield (
        b"".join(word[::-1] for word in words),
        "a SHA-256 whose words have their lowest byte first (sha256_of in firmware/core/bundle/sha256.c)",
    )
    yield right[::-1], "a SHA-256 in the reverse order (sha256_of in firmware/core/bundle/sha256.c)"


def _slips(image: bytes) -> Iterator[tuple[bytes, str]]:
    """Digests of slips in typing the standard."""
    return ((sha, f"the SHA-256 with {words}") for sha, words in digests(image, slips()))


def _mistyped(image: bytes) -> Iterator[tuple[bytes, str]]:
    """Digests with one constant mistyped: these are many."""
    return ((sha, f"the SHA-256 with {words}") for sha, words in digests(image, mistyped()))


def _changed(image: bytes) -> Iterator[tuple[bytes, str]]:
    """Digests that come of one change of the code, built for this; of those that give the same a few are told."""
    try:
        digest = AlteredDigest()
    except HilError:
        return  # nothing is tried here
    try:
        found = digest.digests(image)
    finally:
        digest.close()
    for sha, lines in reversed(found.items()):  # the padding first: it has more to be got wrong
        told = OR_ELSE.join(change_told(each, NONE, "sha256_of")[1] for each in lines[:MOST_LINES])
        yield sha, f"another SHA-256: {told}"
