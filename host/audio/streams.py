"""FLAC and Ogg files as pieces: joined files taken apart, announced lengths read to be held against what arrives."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .mapped import Mapped
from .mpeg import tag_length
from .view import Piece, slice_piece

FLAC_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
STREAMINFO_END = 26  # of the fields that are read here, from the start of the stream
MOST_PIECES = 1000
PAGE_HEADER = 27
FIRST_PAGE = 2
LAST_PAGE = 4


@dataclass(frozen=True)
class Stream:
    """One of the files that were joined.

    Attributes:
        piece: its bytes.
        samples: of a channel, as its header announces; None where it does not.
        cut: whether its last page is missing.
    """

    piece: Piece
    samples: int | None
    cut: bool = False


def flac_streams(data: Mapped) -> list[Stream]:
    """The FLAC streams of a file; empty when its first is not at the start (behind tags).

    The announced length is taken out of the piece: libsndfile would read no further.
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
    streams = []
    for start, end in zip(starts, [*starts[1:], size], strict=True):
        head = bytearray(data[start : min(start + STREAMINFO_END, end)])
        if len(head) < STREAMINFO_END:
            continue
        samples = (head[21] & 15) << 32 | int.from_bytes(head[22:26], "big")
        head[21] &= 0xF0
        head[22:26] = bytes(4)
        streams.append(Stream(slice_piece(start + STREAMINFO_END, end, bytes(head)), samples or None))
    return streams


def ogg_streams(data: Mapped) -> list[Stream]:
    """The links of a chained Ogg file: each begins with first pages and ends with last ones."""
    size = len(data)
    place = 0
    starts: list[int] = []
    finished: list[bool] = []
    open_streams: set[int] = set()
    in_start = False
    while place + PAGE_HEADER <= size:
        if data[place : place + 4] != b"OggS":
            place = data.find(b"OggS", place + 1)
            if place < 0:
                break
            continue
        flags, _, serial, _, _, segments = struct.unpack("<BqIIIB", data[place + 5 : place + PAGE_HEADER])
        if flags & FIRST_PAGE:
            if not in_start:
                if starts:
                    finished.append(not open_streams)
                if len(starts) >= MOST_PIECES:
                    break
                starts.append(place)
                open_streams.clear()
            open_streams.add(serial)
        in_start = bool(flags & FIRST_PAGE)
        if flags & LAST_PAGE:
            open_streams.discard(serial)
        lacing = data[place + PAGE_HEADER : place + PAGE_HEADER + segments]
        behind = place + PAGE_HEADER + segments + sum(lacing)
        if behind > size:
            open_streams.add(serial)
        place = behind
    finished += [not open_streams] * (len(starts) - len(finished))
    return [
        Stream(slice_piece(start, end), None, not whole)
        for start, end, whole in zip(starts, [*starts[1:], size], finished, strict=True)
    ]
