"""Columns that are right ones of the same stream in other places: which came where is read from the columns."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...printable import counted
from .search import Candidate, Int8, View, differing
from .values import Words

LEAST_VALUES = 8  # in a row; narrower ones are found elsewhere by chance
LEAST_FOUND = 0.9  # of the differing rows
LEAST_ROWS = 4
FARTHEST = 4  # ring lengths
MOST_KINDS = 4  # residues of the ring's length that are told
LEAST_APART = 2  # of a row's values that differ from those of the row which should be there
MOST_SHOWN = 3

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


def other_places(views: list[View], words: Words, ring: int) -> Iterator[Candidate]:
    """Rows are others of the same stream: reversed in pieces, exchanged, or from a wrong place of the ring."""
    if views[0].expected.shape[1] < LEAST_VALUES:
        return
    found = [(view, *_sources(view, ring)) for view in differing(views)]
    wrong = sum(len(view.wrong_rows) for view, *_ in found)
    known = sum(int(mask.sum()) for _, _, mask in found)
    distinct = {view.device[row].tobytes() for view, _, mask in found for row in np.flatnonzero(mask)}
    if len(distinct) < LEAST_ROWS or known < LEAST_FOUND * wrong:
        return
    told = _pattern(found, words, ring)
    yield Candidate(
        f"{words.rows} in other places",
        f"{words.rows} are right ones of the stream, but in other places: {told}",
        words.cures.shift,
        _replay(ring),
        rows_alone=True,
    )


def _replay(ring: int) -> Callable[[View], Int8]:
    def replay(view: View) -> Int8:
        places, mask = _sources(view, ring)
        values = view.expected.copy()
        values[mask] = view.expected[places[mask]]
        return values

    return replay


def _sources(view: View, ring: int) -> tuple[Int64, Mask]:
    """For each row that differs, which right row it is, the nearest; and where one was found."""
    count = len(view.expected)
    places, mask = np.arange(count), np.zeros(count, np.bool_)
    where: dict[bytes, list[int]] = {}
    for place, row in enumerate(view.expected):
        where.setdefault(row.tobytes(), []).append(place)
    usual = 0
    for row in view.wrong_rows.tolist():
        near = [p for p in where.get(view.device[row].tobytes(), ()) if abs(p - row) <= FARTHEST * ring]
        if near and np.count_nonzero(view.device[row] != view.expected[row]) >= LEAST_APART:
            places[row] = min(near, key=lambda p: (row - p != usual, abs(p - row)))  # or the one before
            usual, mask[row] = row - int(places[row]), True
    return places, mask


def _pattern(found: list[tuple[View, Int64, Mask]], words: Words, ring: int) -> str:
    shifts = np.concatenate([np.flatnonzero(mask) - places[mask] for _, places, mask in found])
    rows = np.concatenate([view.first + np.flatnonzero(mask) for view, _, mask in found])
    if turned := [length for view, places, mask in found for length in _turned(view, places, mask)]:
        longest, least = max(turned), min(turned)
        length = f"{longest}" if longest == least else f"{least} to {longest}"
        return f"pieces of {length} {words.rows} come in reverse order"
    kinds = np.unique(shifts)
    where = _in_ring(rows, ring)
    if len(kinds) == 1:
        k = int(kinds[0])
        way = "before" if k > 0 else "behind"
        return f"{len(rows):,} are the one {'' if abs(k) == 1 else f'{abs(k)} '}{way} them{where}"
    view, places, mask = found[0]
    shown = np.flatnonzero(mask)[:MOST_SHOWN].tolist()
    told = ", ".join(f"{view.first + row} is {view.first + int(places[row])}" for row in shown)
    return f"{counted(len(rows), words.row)} of {view.file.name} and others, e.g. {told}{where}"


def _turned(view: View, places: Int64, mask: Mask) -> list[int]:
    """Lengths of the pieces that come in reverse; empty where some rows are no part of such a piece."""
    lengths, row, rows = [], 0, len(mask)
    while row < rows:
        if not mask[row]:
            row += 1
            continue
        last = int(places[row])  # the first of a piece is its last
        piece = np.arange(row, last + 1)
        as_turned = view.device[piece] == view.expected[piece[::-1]]
        if last <= row or not (as_turned.all(axis=1) | ~view.present[piece]).all():
            return []
        lengths.append(len(piece))
        row = last + 1
    return lengths


def _in_ring(rows: Int64, ring: int) -> str:
    """Where in a ring of so many rows they lie, where that is always the same."""
    kinds = np.unique(rows % ring)
    if len(kinds) > MOST_KINDS or len(rows) < 2 * len(kinds) or len(np.unique(rows // ring)) < 2:
        return ""
    numbers = " and ".join(str(int(kind)) for kind in kinds)
    return f", always at place{'s' * (len(kinds) > 1)} {numbers} of the ring of {ring}, from 0"
