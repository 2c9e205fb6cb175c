"""Frames that do not come whole, though the line carries others: what in a sender makes them so."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import NamedTuple

from .checksum_ways import ways_of
from .framing import CRC, HEADER, LONGEST_ENCODED, SHORTEST, Unsigned, unsigned
from .messages import FIRST_SEQUENCED_TYPE, name_of

LEAST_TIMES = 4  # that a frame comes damaged alike, for it to be no chance
LEAST_EXPLAINED = 2  # unlike frames that one way makes whole, likewise
FULL = 0xFF  # the code of a block that no zero follows
MOST_LOST = 2  # bytes that are tried out, all values of each
MOST_NAMED = 2
ENCODER = "cobs_encode and begin_block in firmware/core/link/cobs.c"
MOST_LOOKED_AT = 12  # pieces, so that no time is lost over a bad line
LEAST_MASKED = 3  # bytes of a value that come as another one


class Loose(NamedTuple):
    """A frame as far as it can be read.

    Attributes:
        head: type, flags, connection, seq, ack, credit.
        payload: with what came of the checksum behind it.
    """

    head: tuple[int, ...]
    payload: bytes


def loosely(piece: bytes, full: int = FULL, zero_behind: bool = False) -> bytes:
    """What COBS gives for a piece, cut off or not.

    Args:
        piece: between two zeros.
        full: the code of a block that no zero follows.
        zero_behind: a zero follows that one, too.
    """
    out, at = bytearray(), 0
    while at < len(piece):
        code = piece[at]
        out += piece[at + 1 : at + code]
        at += code
        if at < len(piece) and (code != full or zero_behind):
            out.append(0)
    return bytes(out)


def read_loosely(pieces: Iterable[bytes], number: int) -> list[Loose]:
    """Those of some pieces that begin as a frame with a number of its own does, of a connection."""
    found = []
    for piece in pieces:
        body = loosely(piece)
        if len(body) < HEADER.size:
            continue
        head = HEADER.unpack_from(body)
        if head[2] == number and head[0] >= FIRST_SEQUENCED_TYPE:
            found.append(Loose(head, body[HEADER.size :]))
    return found


def always_damaged(pieces: Sequence[bytes], number: int, others: Sequence[bytes] = ()) -> str:
    """That a frame comes damaged in the same bytes whenever it is sent, in a sentence; empty: none does.

    Args:
        pieces: that were no valid frames, in the order in which they came.
        number: of the connection.
        others: of other connections, which may tell what is done to them.
    """
    counts: dict[tuple[int, int, bytes], int] = {}
    for frame in read_loosely(pieces, number):
        same = frame.head[0], frame.head[3], frame.payload[: -CRC.size]
        counts[same] = counts.get(same, 0) + 1
    most = max(counts, key=counts.__getitem__, default=None)
    if most is None or counts[most] < LEAST_TIMES:
        return ""
    told = (
        f"its frame number {most[1]} ({name_of(most[0])}) came {counts[most]} times, each time damaged in the same "
        "bytes: it is sent so, which is not the line's doing"
    )
    ways = how_damaged([*others, *pieces])
    return f"{told}; {ways}" if ways else told


def how_damaged(pieces: Iterable[bytes]) -> str:
    """What a sender does wrongly that damages frames, which put right makes them whole; empty: unclear."""
    of_a_length = [piece for piece in dict.fromkeys(pieces) if SHORTEST <= len(piece) <= LONGEST_ENCODED + 1]
    looked_at = [piece for piece in of_a_length[-MOST_LOOKED_AT:] if not _noise_alone(piece)]
    frames = [frame for piece in looked_at if (frame := unsigned(piece)) is not None]
    # frames that come damaged by chance are among them, so no way needs to explain all
    best: dict[str, int] = {}
    for piece in looked_at:
        for words in islice(_ways(piece), MOST_NAMED):
            best[words] = best.get(words, 0) + 1
    most = max(best, key=best.__getitem__, default=None)
    return _checksum(frames) if most is None or best[most] < LEAST_EXPLAINED else most


def _noise_alone(piece: bytes) -> bool:
    """Whether it is a right frame but for one byte that the line altered, doubled or made of the zero beside it.

    Its last code may say more than came. A doubled byte may be a code, and say a zero more.
    """
    doubled = (
        at
        for at in range(1, len(piece))
        if piece[at - 1] == piece[at] and piece[at - 2 : at - 1] != piece[at : at + 1]
    )
    others = (piece[:-1], piece[1:], *(piece[:at] + piece[at + 1 :] for at in doubled))
    return any(_is_whole(loosely(part)) for part in (piece, *others))


def _checksum(frames: Sequence[Unsigned]) -> str:
    found = ways_of(frames) if len(frames) >= LEAST_EXPLAINED else []
    if not found:
        return ""
    words = " or ".join(way.words for way in found[:MOST_NAMED])
    return f"its checksum {words} (begin_frame in firmware/core/link/send.c)"


def _is_whole(body: bytes | bytearray) -> bool:
    return len(body) >= SHORTEST and zlib.crc32(body[: -CRC.size]) == CRC.unpack(body[-CRC.size :])[0]


def _ways(piece: bytes) -> Iterator[str]:
    """What was done wrongly as COBS encoded a piece, each of which put right gives a whole frame."""
    plain = loosely(piece)
    for end, whole in (("end", plain + b"\0"), ("beginning", b"\0" + plain)):
        if _is_whole(whole):
            yield f"a zero at a frame's {end} is lost ({ENCODER})"
    if FULL in piece and _is_whole(loosely(piece, zero_behind=True)):
        yield f"a zero behind a full block of {FULL - 1} bytes is said by its code, which says none ({ENCODER})"
    codes = Counter(_codes(piece))
    for code in sorted(set(codes) - {FULL}, reverse=True):
        # No block is longer than a full one. A single block that no zero follows may be the line's doing.
        if (code == max(codes) or codes[code] > 1) and _is_whole(loosely(piece, full=code)):
            yield (
                f"blocks of {code - 1} bytes are taken for full ones, behind which there is no zero; those are of "
                f"{FULL - 1} ({ENCODER})"
            )
    if _ends_full(piece):
        yield f"it ends behind a full block of {FULL - 1} bytes, as if nothing followed that ({ENCODER})"
    if _lacks_byte(piece):
        yield f"the byte behind a full block of {FULL - 1} bytes is lost, as if it were a zero ({ENCODER})"


def _codes(piece: bytes) -> Iterator[int]:
    """The codes of its blocks."""
    at = 0
    while at < len(piece):
        yield piece[at]
        at += piece[at]


def _ends_full(piece: bytes) -> bool:
    """Whether the last block is a full one, and all of it came."""
    codes = list(_codes(piece))
    return sum(codes) == len(piece) and codes[-1] == FULL


def _lacks_byte(piece: bytes) -> bool:
    """Whether a byte put in behind each full block makes a frame whole."""
    places, body, at = [], bytearray(), 0
    while at < len(piece):
        code = piece[at]
        body += piece[at + 1 : at + code]
        at += code
        if at < len(piece):
            if code == FULL:
                places.append(len(body))
            body.append(0)  # the byte that is lost, or the zero that a code says
    if len(places) > MOST_LOST:
        return False
    for values in product(range(256), repeat=len(places)):
        for place, value in zip(places, values, strict=True):
            body[place] = value
        if _is_whole(body):
            return True
    return False


def how_sent(frames: Iterable[Loose], right: bytes) -> str:
    """What became of the bytes of an answer that always comes damaged, in words; empty: nothing plain."""
    for frame in frames:
        told = frame.payload[: len(right)]
        pairs = [pair for pair in zip(told, right, strict=False) if pair[0] != pair[1]]
        if len(pairs) >= LEAST_MASKED and len(set(pairs)) == 1 and len(told) == len(right):
            ((theirs, ours),) = set(pairs)
            if sum(byte == ours for byte in right) == len(pairs):
                return f"each byte {ours:#04x} comes as {theirs:#04x}"
    return ""
