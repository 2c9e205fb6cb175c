"""Columns that each message reads of the ring from a place too early or too late: simulated, message by message."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...printable import counted
from .search import Candidate, Int8, View, differing

FARTHEST = 8  # places that are tried, and no more than half a ring
LEAST_GIVEN = 8  # rows that differ and are given, so that it is no chance
MOST_OUTSIDE = 0.75  # of the rows that differ: what is read outside the ring is not known
CURE = "Look at where in the ring the columns that are sent begin (first_index in stream_features)"

Mask = NDArray[np.bool_]


class Read(NamedTuple):
    """What a file's messages would read.

    Attributes:
        values: int8 [n, bands]; as it came where that is not known.
        outside: rows that are read outside the ring.
        unknown: rows of which it is not known what the ring held.
    """

    values: Int8
    outside: Mask
    unknown: Mask


def sent_in_messages(bundle: Bundle, views: list[View]) -> Iterator[Candidate]:
    """Places from which each message is read that give all columns, the nearest alone."""
    wrong = list(differing(views))
    if any(not view.file.messages for view in wrong):
        return
    most = min(FARTHEST, bundle.frames // 2)
    for shift in sorted((k for k in range(-most, most + 1) if k), key=lambda k: (abs(k), -k)):
        for wraps in (True, False):
            read = [(view, read_of(view, bundle.frames, shift, wraps)) for view in wrong]
            if not _gives(read) or not _turns(wrong, shift):
                continue
            yield Candidate(
                f"messages from {abs(shift)} too {_way(shift)}",
                _told(shift, bundle.frames),
                CURE,
                lambda view, shift=shift, wraps=wraps: read_of(view, bundle.frames, shift, wraps).values,  # type: ignore[misc]
                detail=lambda _, read=read: _detail(read),  # type: ignore[misc]
            )
            return


def _way(shift: int) -> str:
    return "early" if shift == abs(shift) else "late"


def _told(shift: int, frames: int) -> str:
    way = _way(shift)
    side = {"early": "before", "late": "behind"}[way]
    return (
        f"columns are sent from {counted(abs(shift), 'place')} of the ring too {way}: each message begins {side} its "
        "first column's place, and goes on from there; it holds what these places of the ring of "
        f"{frames} held when it was sent"
    )


def _gives(read: list[tuple[View, Read]]) -> bool:
    """Whether every row of which it is known what the ring held is that, and enough of them are others than right."""
    rows = outside = 0
    for view, each in read:
        if (each.values != view.device)[view.present].any():
            return False
        known = ~(each.outside | each.unknown)
        differs = view.wrong.any(axis=1)
        rows += int(np.count_nonzero(differs & known))
        outside += int(np.count_nonzero(differs & ~known))
    return rows >= LEAST_GIVEN and outside <= MOST_OUTSIDE * (rows + outside)


def _turns(views: list[View], shift: int) -> bool:
    """Whether anything shows of the ring: columns that are all late, or early, are so without one."""
    for view in views:
        rows = np.flatnonzero(view.wrong.any(axis=1) & view.present)
        rows = rows[(rows >= shift) & (rows < len(view.expected) + shift)]
        if (view.device[rows] != view.expected[rows - shift]).any():
            return True
    return False


def _detail(read: list[tuple[View, Read]]) -> str:
    outside = [view.device[row] for view, each in read for row in np.flatnonzero(each.outside & view.present)]
    unknown = sum(int((each.unknown & view.present).sum()) for view, each in read)
    parts = []
    if outside:
        parts.append(f"{counted(len(outside), 'column')} that messages read outside the ring")
    if unknown:
        parts.append(f"{counted(unknown, 'column')} of which it is not known what the ring held")
    return f"taken as they came: {' and '.join(parts)}" if parts else ""


def read_of(view: View, frames: int, shift: int, wraps: bool) -> Read:
    """A file's columns, of messages that each begin `shift` places before their own; `wraps`: counted back round it."""
    count = len(view.expected)
    values, outside, unknown = view.device.copy(), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    starts = list(view.file.messages)
    ends = [*starts[1:], view.first + count]
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        first, last = max(start, view.first), min(end, view.first + count)
        if first >= last:
            continue
        rows = slice(first - view.first, last - view.first)
        # a message that ends with the ring is the first of two, before which the columns of both were written
        later = ends[place + 1] if end % frames == 0 and place + 1 < len(ends) else end
        for written in dict.fromkeys((end, later)):
            begin = start % frames - shift
            begin = begin % frames if wraps else begin
            read = begin + np.arange(first - start, last - start)
            beyond = (read < 0) | (read >= frames)
            held = [held_at(view, int(at), written, frames) for at in read]
            known = np.array([column is not None for column in held]) & ~beyond
            as_read = view.device[rows].copy()
            for row in np.flatnonzero(known):
                as_read[row] = held[row]
            values[rows], outside[rows], unknown[rows] = as_read, beyond, ~known & ~beyond
            if np.array_equal(as_read[view.present[rows]], view.device[rows][view.present[rows]]):
                break
    return Read(values, outside, unknown)


def held_at(view: View, place: int, written: int, frames: int) -> Int8 | None:
    """What a place of the ring, or a column's, holds when so many are written; None where that is not known."""
    number = written - 1 - (written - 1 - place) % frames
    row = number - view.first
    if number >= 0:
        return view.expected[row] if 0 <= row < len(view.expected) else None
    before = view.file.before
    if before is None:
        return None
    piece = before.piece
    count = piece.first_column + len(piece.expected)
    last = count - 1 - (count - 1 - place) % frames - piece.first_column
    return piece.expected[last] if 0 <= last < len(piece.expected) else None
