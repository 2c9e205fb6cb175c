"""What of an image is lost in flash, read from images that are no bundles: which of them arrive whole."""

import binascii
import hashlib
import itertools
from collections.abc import Callable, Sequence

from ...link import messages as m
from ...link.codec import Payload
from .flash_contents import contents_told

SECTOR, SECTORS = 4096, 3
PIECE = 512  # bytes that come in one message
ALL, POLYNOMIAL = 0xFFFFFFFF, 0xEDB88320  # of CRC-32
NOT_WRITTEN = (
    ": nor is an image of a few zeros kept, for which nothing needs to be erased; look at what writes a piece "
    "(slot_write in firmware/core/bundle/slot.c), at what compares what was written (image_intact), and at what is "
    "kept of the checksums that are announced (slot_begin)"
)
CRC_NOT_KEPT = (
    ": an image is kept of which the CRC-32 is 0, and no other one: the CRC-32 that is announced is not kept for the "
    "comparison (crc32, slot_begin in firmware/core/bundle/slot.c)"
)
SPOILT = (
    f": an image of {PIECE} zeros is kept, and one of {SECTORS} sectors of them is not, so pieces spoil each other: "
    "what is written is erased again, as where erasing does not keep ahead of the pieces (erase_up_to in "
    "firmware/core/bundle/slot.c), or written to another place (slot_write)"
)
ERASED_ONCE = (
    ": behind a restart the first image's sectors are erased before they are written, and those of no image that "
    f"follows (tried with images of {SECTORS} sectors of {SECTOR:,} bytes): how far it has erased is not set back when "
    "another image begins (erased, slot_begin in firmware/core/bundle/slot.c)"
)
# By which sectors of an image of three are lost, while none is of one of zeros.
ERASED = {
    (True, True, True): "no sector of an image is",
    (False, False, True): "all sectors of an image but the last one are",
    (True, False, False): "all sectors of an image but the first one are",
    (False, True, True): "only the first sector of an image is",
}


def refused_text(answers: Sequence[Payload]) -> bytes:
    """A board's reason where the last of its answers refuses an image; empty: it does not."""
    last = answers[-1] if answers else None
    return last.text if isinstance(last, m.DeployStatus) and last.state == m.DeployState.REFUSED else b""


def state_told(answer: Payload, plain: bool) -> str:
    """An answer's state, and why where it is refused."""
    if not isinstance(answer, m.DeployStatus):
        return answer.NAME
    known = {entry.value: entry.name for entry in m.DeployState}
    gives = answer.state == m.DeployState.REFUSED and answer.text and not plain
    return known.get(answer.state, str(answer.state)) + (
        f" ({answer.text.decode(errors='replace')!r})" if gives else ""
    )


def why_lost(
    send: Callable[..., Sequence[Payload]],
    image: bytes,
    reason: bytes,
    piece: int,
    restart: Callable[[], None] | None = None,
) -> str:
    """Why an image that is right is refused as one that is not what was announced, in words behind a colon.

    Args:
        send: sends an image, a request to end with, and a CRC-32 and a SHA-256 to announce it with, None for its own.
        image: the one that was refused.
        reason: what the board says then.
        piece: bytes that come in one message.
        restart: restarts the board; None: not now.
    """
    from .digests import digest_told, short_image

    def is_lost(sent: bytes, crc32: int | None = None, sha256: bytes | None = None) -> bool:
        return refused_text(send(sent, m.DeployCommit(), crc32, sha256)) == reason

    def other_digest(sent: bytes) -> str:
        return digest_told(sent, lambda crc32, sha256: not is_lost(sent, crc32, sha256))

    def takes(sent: bytes, content: bytes) -> bool:
        return not is_lost(sent, binascii.crc32(content), hashlib.sha256(content).digest())

    def contents() -> str:
        return contents_told(piece, takes)

    return where_lost(is_lost, short_image(image), other_digest, contents, restart)


def where_lost(
    is_lost: Callable[[bytes], bool],
    end: bytes,
    other_digest: Callable[[bytes], str],
    contents: Callable[[], str] = lambda: "",
    restart: Callable[[], None] | None = None,
) -> str:
    """Which part of an image is lost, in words behind a colon; empty: none is, or nothing plain.

    Args:
        is_lost: sends an image that is no bundle; whether it is refused as one that is not what was announced.
        end: of the image that was refused, as long in its last block of a checksum.
        other_digest: what is wrong with the checksum that the board computes of an image; empty: that was not found.
        contents: what lies in flash in the place of an image.
        restart: see `why_lost`.
    """
    if told := contents():
        return told
    all_lost = is_lost(bytes(PIECE))
    if (all_lost or is_lost(end)) and (told := other_digest(end)):
        return told
    if all_lost:
        return NOT_WRITTEN if is_lost(with_crc32_of_0(bytes(PIECE))) else CRC_NOT_KEPT
    if is_lost(bytes(SECTOR * SECTORS)):
        return SPOILT
    return not_erased(is_lost, restart)


def with_crc32_of_0(data: bytes) -> bytes:
    """Bytes with four more behind them, so that the CRC-32 of all is 0."""
    register, wanted = binascii.crc32(data) ^ ALL, ALL
    for _ in range(4):  # backwards, from the register that is inverted to 0
        entry = next(byte for byte in itertools.count() if _entry(byte) >> 24 == wanted >> 24)
        wanted = (wanted ^ _entry(entry)) << 8 & ALL | entry
    return data + (wanted ^ register).to_bytes(4, "little")


def _entry(byte: int) -> int:
    """What CRC-32 makes of a register that holds a byte alone."""
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


def not_erased(is_lost: Callable[[bytes], bool], restart: Callable[[], None] | None = None) -> str:
    """Which sectors of an image are not erased, in words behind a colon; empty: all are, or zeros are lost, too.

    Args:
        is_lost: see `where_lost`.
        restart: see `why_lost`.
    """
    zeros, ones = bytes(SECTOR), b"\xff" * SECTOR
    if is_lost(zeros * SECTORS):
        return ""
    lost = []
    for place in range(SECTORS):
        lost.append(is_lost(b"".join(ones if at == place else zeros for at in range(SECTORS))))
    if all(lost) and restart is not None:
        restart()
        if not is_lost(ones + zeros * (SECTORS - 1)):  # it lies over zeros
            return ERASED_ONCE
    return _not_erased(lost)


def _not_erased(lost: Sequence[bool]) -> str:
    """What is not erased, by which sectors of an image are lost, in words behind a colon; empty: nothing plain."""
    words = next((words for places, words in ERASED.items() if list(places) == list(lost)), "")
    return words and (
        f": {words} erased before it is written, for what is 0 there stays 0 (tried with images of {SECTORS} sectors "
        f"of {SECTOR:,} bytes); look at erase_up_to in firmware/core/bundle/slot.c"
    )
