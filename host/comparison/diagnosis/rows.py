"""Hypotheses about single rows: blanked, off by a figure, cut short; wherever they are, and how far apart."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .search import Candidate, Int8, View, differing
from .values import Words

LEAST_ALIKE = 0.3  # of the differing rows that must be spoilt the same way
LEAST_ROWS = 2
LEAST_STREAMS = 3  # that begin with what the one before ended with; fewer do so by chance


def first_row(views: list[View], words: Words) -> Iterator[Candidate]:
    """The first row of each stream is the last one of the file before."""

    def replay(view: View) -> Int8 | None:
        if view.first or not len(view.before) or not len(view.expected):
            return None
        return np.concatenate([view.before[-1:], view.expected[1:]])

    yield Candidate(
        f"first {words.row} of the file before",
        f"the first {words.row} of a stream is the last one of the file before",
        words.cures.stale,
        replay,
        rows_alone=True,
    )
    yield from _first_row_in_part(views, words)


def _first_row_in_part(views: list[View], words: Words) -> Iterator[Candidate]:
    """Some values of each stream's first row, the same in all files, are those of the file before."""
    firsts = [view for view in views if not view.first and len(view.expected) and view.wrong[0].any()]
    known = [view for view in firsts if len(view.before)]
    # of the first file alone it is not known what came before it; its row is taken for the device's then
    if len(known) < LEAST_STREAMS or len(firsts) > len(known) + 1:
        return
    places = np.any([view.wrong[0] for view in firsts], axis=0)
    if places.all() or any((view.before[-1] != view.device[0])[places].any() for view in known):
        return

    def replay(view: View) -> Int8 | None:
        if view.first or not len(view.expected):
            return None
        row = np.where(places, view.before[-1] if len(view.before) else view.device[0], view.expected[0])
        return np.concatenate([row[None], view.expected[1:]])

    which = words.named(np.flatnonzero(places))
    yield Candidate(
        f"first {which} of the file before",
        f"{which}: in the first {words.row} of a stream what the last one of the file before had, the others are right",
        words.cures.stale,
        replay,
        rows_alone=True,
        sure=LEAST_STREAMS,
    )


def single_rows(views: list[View], words: Words) -> Iterator[Candidate]:
    """Whole rows hold one value, or are off by one figure."""
    rows = [(view.device[r], view.expected[r]) for view in differing(views) for r in view.wrong_rows]
    if len(rows) < LEAST_ROWS or views[0].expected.shape[1] < 2:
        return
    device = np.array([theirs for theirs, _ in rows])
    right = np.array([ours for _, ours in rows])
    yield from _blank(device, words)
    yield from _off(device, right, words)
    yield from _cut(device, right, words)
    yield from _begun(device, right, words)


def _blank(device: Int8, words: Words) -> Iterator[Candidate]:
    most = device.max(axis=1)
    flat = most[most == device.min(axis=1)]
    for value in _usual(flat.astype(np.int64), len(device)):
        yield Candidate(
            f"blank {words.rows}",
            f"single {words.rows} hold {value} throughout",
            words.cures.stale,
            lambda view, value=value: np.full_like(view.expected, value),  # type: ignore[misc]
            rows_alone=True,
        )


def _off(device: Int8, right: Int8, words: Words) -> Iterator[Candidate]:
    step = device.astype(np.int64) - right
    inner = (device != 127) & (device != -128)
    low = np.where(inner, step, np.inf).min(axis=1)
    high = np.where(inner, step, -np.inf).max(axis=1)
    found = high[low == high].astype(np.int64)
    for by in _usual(found[found != 0], len(device)):
        yield Candidate(
            f"{words.rows} off by {by:+d}",
            f"single {words.rows} are {by:+d} throughout",
            words.cures.offset,
            lambda view, by=by: (view.expected.astype(np.int16) + by).clip(-128, 127).astype(np.int8),  # type: ignore[misc]
            rows_alone=True,
        )


def _cut(device: Int8, right: Int8, words: Words) -> Iterator[Candidate]:
    """From some place on a row holds one value."""
    same = device == right
    places = np.argmin(same, axis=1)
    for place in _usual(places[places > 0], len(device)):
        values = device[places == place, place]
        value = int(np.bincount(values.astype(np.int64) + 128).argmax()) - 128
        yield Candidate(
            f"{words.rows} cut short",
            f"single {words.rows} hold {value} from {words.value(place)} on",
            words.cures.stale,
            lambda view, place=place, value=value: _filled(view.expected, place, value),  # type: ignore[misc]
            rows_alone=True,
        )


def _begun(device: Int8, right: Int8, words: Words) -> Iterator[Candidate]:
    """Up to some place a row holds one value."""
    count = device.shape[1]
    places = count - np.argmin((device == right)[:, ::-1], axis=1)  # behind the last that differs
    for place in _usual(places[places < count], len(device)):
        values = device[places == place, place - 1]
        value = int(np.bincount(values.astype(np.int64) + 128).argmax()) - 128
        yield Candidate(
            f"{words.rows} begun late",
            f"single {words.rows} hold {value} up to {words.value(place - 1)}",
            words.cures.stale,
            lambda view, place=place, value=value: _filled_before(view.expected, place, value),  # type: ignore[misc]
            rows_alone=True,
        )


def _filled_before(rows: Int8, place: int, value: int) -> Int8:
    rows = rows.copy()
    rows[:, :place] = value
    return rows


def _filled(rows: Int8, place: int, value: int) -> Int8:
    rows = rows.copy()
    rows[:, place:] = value
    return rows


def _usual(figures: NDArray[np.int64], rows: int) -> list[int]:
    """The most frequent figure, where it is that of enough rows."""
    if not len(figures):
        return []
    values, counts = np.unique(figures, return_counts=True)
    best = int(counts.argmax())
    return [int(values[best])] if counts[best] >= max(LEAST_ROWS, LEAST_ALIKE * rows) else []
