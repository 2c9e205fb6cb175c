"""FLAC and Ogg files as pieces: joined files taken apart, announced lengths read, cut ends and damage found."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from .extent import TAGS
from .mapped import Mapped
from .mpeg import tag_length
from .straight import sound_file
from .view import Piece, slice_piece

FLAC_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
STREAMINFO_END = 26  # of the fields that are read here, from the start of the stream
MOST_PIECES = 1000
MOST_FLAC_FRAME = 1 << 20  # bytes searched for the last frame's header
MOST_HEADERS = 200  # tried there
MOST_BLOCK = 65_536  # samples of a frame
MOST_ENDS = 20  # of a frame, decoded to see which is the right one
LEAST_FILLER = 16  # zeros at the end that are no frame's checksum
PAGE_HEADER = 27
FIRST_PAGE = 2
LAST_PAGE = 4


@dataclass(frozen=True)
class Stream:
    """One of the files that were joined.

    Attributes:
        piece: its bytes.
        samples: of a channel, as its header announces; None where it does not.
        cut: whether its end is missing.
        behind: bytes behind it that are neither sound nor tags.
        damage: place of its first damaged byte or page; None when there is none.
    """

    piece: Piece
    samples: int | None
    cut: bool = False
    behind: int = 0
    damage: int | None = None


# ---- FLAC


def flac_streams(data: Mapped) -> list[Stream]:
    """The FLAC streams of a file; empty when none is at its start (behind tags).

    The announced length is taken out of the piece, since libsndfile would read no further; so is a last frame that is
    not whole, at which it would give the file up.
    """
    size = len(data)
    place = 0
    while (length := tag_length(data, place, size)) > 0:
        place += length
    if data[place : place + 8] not in FLAC_STARTS:
        return []
    starts = [place]
    while len(starts) < MOST_PIECES:
        begin = starts[-1] + 8
        found = [at for start in FLAC_STARTS if (at := data.find(start, begin)) >= 0]
        if not found:
            break
        starts.append(min(found))
    pairs = zip(starts, [*starts[1:], size], strict=True)
    return [_flac_stream(data, start, end) for start, end in pairs if end - start > STREAMINFO_END]


def _flac_stream(data: Mapped, start: int, end: int) -> Stream:
    head = bytearray(data[start : start + STREAMINFO_END])
    samples = (head[21] & 15) << 32 | int.from_bytes(head[22:26], "big")
    head[21] &= 0xF0
    head[22:26] = bytes(4)
    if end - start > 128 and data[end - 128 : end - 125] == b"TAG":
        end -= 128
    info = b"fLaC\x80\0\0\x22" + bytes(head[8:]) + bytes(16)
    whole, cut = _whole_frames(data, start + STREAMINFO_END, end, info)
    piece = slice_piece(start + STREAMINFO_END, whole, bytes(head))
    behind = 0 if cut or data[whole : whole + 12].startswith(TAGS) else end - whole
    return Stream(piece, samples or None, cut, behind)


def _whole_frames(data: Mapped, start: int, end: int, info: bytes) -> tuple[int, bool]:
    """Where the last whole frame ends, and whether another begins there that is cut off.

    Args:
        data: the file.
        start, end: of the stream's frames and what may stand behind them.
        info: a beginning that a frame can be decoded with.

    Returns:
        `end` when no frame is found; what stands behind the last frame is no sound.
    """
    least = max(start, end - MOST_FLAC_FRAME)
    place = end
    for _ in range(MOST_HEADERS):
        place = max(data.rfind(b"\xff\xf8", least, place), data.rfind(b"\xff\xf9", least, place))
        if place < 0:
            return end, False
        if _flac_header(data[place : place + 16]):
            break
    else:
        return end, False
    frame = data[place:end]
    ends = _checked_ends(frame)
    filler = len(frame) - len(frame.rstrip(b"\0"))
    if ends and ends[-1] == len(frame) and filler < LEAST_FILLER:
        return end, False
    for each in ends[:MOST_ENDS]:
        if _is_flac_frame(info + frame[:each]):
            return place + each, False
    return place, True


def _is_flac_frame(stream: bytes) -> bool:
    """Whether a stream of one frame can be decoded."""
    try:
        with sound_file()(io.BytesIO(stream)) as file:
            return len(file.read(MOST_BLOCK, dtype="int16")) > 0
    except (OSError, RuntimeError, ValueError, TypeError, AssertionError):
        return False


def _flac_header(start: bytes) -> int:
    """Bytes of the frame header that begins here, 0 when none does."""
    if len(start) < 6 or start[2] >> 4 == 0 or start[2] & 15 == 15 or start[3] >> 4 > 10 or start[3] & 1:
        return 0
    first = start[4]
    more = 0 if first < 0x80 else 8 - (first ^ 0xFF).bit_length() - 1
    if first >= 0x80 and not 1 <= more <= 6:
        return 0
    length = 5 + more
    length += {6: 1, 7: 2}.get(start[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(start[2] & 15, 0)
    if len(start) <= length:
        return 0
    crc = 0
    for byte in start[: length + 1]:  # its own checksum included, so that a right one leaves nothing
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return length + 1 if crc == 0 else 0


@lru_cache(maxsize=1)
def _crc16_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005 if crc & 0x8000 else crc << 1) & 0xFFFF
        table.append(crc)
    return table


def _checked_ends(frame: bytes) -> list[int]:
    """The places up to which the checksum is right, as it is at a frame's end: there, and rarely by chance."""
    table = _crc16_table()
    crc = 0
    ends = []
    for place, byte in enumerate(frame, start=1):
        crc = (crc << 8 & 0xFF00) ^ table[crc >> 8 ^ byte]
        if not crc:
            ends.append(place)
    return ends


# ---- Ogg


@dataclass(frozen=True)
class _Page:
    start: int
    end: int
    flags: int
    serial: int


def ogg_streams(data: Mapped) -> list[Stream]:
    """The links of a chained Ogg file: each begins with first pages and ends with last ones."""
    streams: list[Stream] = []
    start: int | None = None
    end = 0
    unfinished: set[int] = set()
    heading = False
    damage: int | None = None
    place = 0
    while True:
        page = _page(data, place)
        if page is None:
            following = _next_page(data, place + 1)
            if following is None:
                break
            damage = place if damage is None and start is not None else damage
            place = following
            continue
        if page.flags & FIRST_PAGE and not heading:
            if start is not None:
                streams.append(Stream(slice_piece(start, end), None, bool(unfinished), damage=damage))
            if len(streams) >= MOST_PIECES:
                return [*streams, Stream(Piece(), None, damage=page.start)]
            start, unfinished, damage = page.start, set(), None
        heading = bool(page.flags & FIRST_PAGE)
        if heading:
            unfinished.add(page.serial)
        if page.flags & LAST_PAGE:
            unfinished.discard(page.serial)
        place = end = page.end
    if start is not None:
        streams.append(Stream(slice_piece(start, end), None, bool(unfinished), damage=damage))
    return streams


def _next_page(data: Mapped, place: int) -> int | None:
    while (place := data.find(b"OggS", place)) >= 0:
        if _page(data, place):
            return place
        place += 4
    return None


def _page(data: Mapped, place: int) -> _Page | None:
    """The page that begins here; None when there is none, or it is cut off or damaged."""
    header = data[place : place + PAGE_HEADER]
    if len(header) < PAGE_HEADER or header[:5] != b"OggS\0":
        return None
    flags, _, serial, _, crc, segments = struct.unpack("<BqIIIB", header[5:])
    lacing = data[place + PAGE_HEADER : place + PAGE_HEADER + segments]
    end = place + PAGE_HEADER + segments + sum(lacing)
    if len(lacing) < segments or end > len(data):
        return None
    body = header[:22] + bytes(4) + data[place + 26 : end]
    return _Page(place, end, flags, serial) if _ogg_crc(body) == crc else None


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(page: bytes) -> int:
    """Ogg's checksum: the polynomial of zlib's, but with the bits the other way round and nothing inverted."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
