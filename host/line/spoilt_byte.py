"""A byte that a board sends otherwise than it was when the checksum was made, read from frames that all come so."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..link.framing import HEADER, Unsigned, unsigned
from ..link.messages import FIRST_SEQUENCED_TYPE, name_of

LEAST = 3  # frames of which the same is spoilt, so that it is not the line's doing
LONGEST = 64  # bytes of a frame of the link's own, which begins a connection
FIELDS = ("type", "flags", *("connection",) * 2, *("seq",) * 2, *("ack",) * 2, *("credit",) * 2)
ENCODER = "cobs_encode in firmware/core/link/cobs.c"


class Spoilt(NamedTuple):
    """One byte of a frame.

    Attributes:
        kind: the message's number.
        at: its place in head and payload.
        came, right: what it is, and what the checksum is of.
    """

    kind: int
    at: int
    came: int
    right: int


def spoilt_byte(pieces: Iterable[bytes]) -> str:
    """Which byte of a board's frames is another one than its checksum is of, in a sentence; empty: none is, throughout.

    Args:
        pieces: between zeros, that were no valid frames.
    """
    frames = [frame for piece in pieces if (frame := unsigned(piece)) is not None and _of_link(frame)]
    found = Counter(spoilt for frame in frames for spoilt in _spoilt(frame))
    values = Counter((each.came, each.right) for each in found.elements())
    if not found or sum(found.values()) < LEAST:
        return ""
    (came, right), times = max(values.items(), key=lambda item: item[1])
    if times < sum(found.values()):
        return ""
    kinds = ", ".join(sorted({name_of(each.kind) for each in found}))
    places = sorted({(each.at, each.kind) for each in found})
    where = f"byte {places[0][0]} ({_field(places[0][0])})" if len(places) == 1 else "a byte"
    return (
        f"of its frames ({kinds}, {times} in all) {where} comes as {came:#04x}, and the checksum behind it is that of "
        f"{right:#04x} in its place: it is changed behind the computing of the checksum ({ENCODER}), or set behind it "
        "(begin_frame in firmware/core/link/send.c)"
    )


def _of_link(frame: Unsigned) -> bool:
    return len(frame.content) <= LONGEST and frame.content[0] < FIRST_SEQUENCED_TYPE


def _field(at: int) -> str:
    return FIELDS[at] if at < HEADER.size else f"byte {at - HEADER.size} of the payload"


def _spoilt(frame: Unsigned) -> Iterator[Spoilt]:
    """Each one byte that, put right, makes the checksum right."""
    body = bytearray(frame.content)
    for at, came in enumerate(frame.content):
        for right in range(256):
            body[at] = right
            if right != came and zlib.crc32(body) == frame.checksum:
                yield Spoilt(frame.content[0], at, came, right)
        body[at] = came
