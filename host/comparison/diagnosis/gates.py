"""Hypotheses in which pieces of the samples are muted or turned down by how loud they are: gates and limiters."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .sample_ways import LEVEL, PIECES, scaled
from .samples import worth
from .search import Candidate, Int8, View, largest

LEAST_COLUMNS = 4  # that differ
MOST_HIDDEN = 0.5  # of the right columns that a changed piece reaches
NEAR = 1.25  # times the least level, up to which a plain one is looked for
FADE_STEPS = (1000, 512)  # lengths of a fade are their multiples, or one of the short ones
FADE_SHORT = (32, 64, 128, 256)
FADE_LATER = 16  # columns, by which the last of a fade may look right
ROUND = (1000, 500, 256, 100, 64, 50, 16, 10)

Int64 = NDArray[np.int64]
Measure = Callable[[Int64], Int64]  # of pieces, int64 [pieces, samples]

_MEASURES: tuple[tuple[str, Measure], ...] = (
    ("peak", lambda pieces: np.abs(pieces).max(axis=1)),
    ("mean magnitude", lambda pieces: np.abs(pieces).mean(axis=1).astype(np.int64)),
)
_DONE: tuple[tuple[str, float], ...] = (
    ("come as 0", 0.0),
    ("are halved", 0.5),
    ("come as a quarter", 0.25),
    ("are doubled", 2.0),
)


def gated(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Pieces of the samples are muted or turned down because they are quieter, or louder, than a level."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        if len(largest(views).wrong_rows) < LEAST_COLUMNS:
            return
        for count in PIECES:
            for what, measure in _MEASURES:
                for quiet in (True, False):
                    for level in _levels(front_end, views, count, measure, quiet):
                        side = f"below {level:,}" if quiet else f"of {level:,} and more"
                        for done, factor in _DONE:
                            yield Candidate(
                                f"pieces of {count} by {what}",
                                f"pieces of {count} samples with a {what} {side} {done}",
                                LEVEL,
                                _replay(front_end, count, measure, level, quiet, factor),
                            )

    return hypothesis


def _pieces(view: View, front_end: FrontEnd, count: int) -> tuple[Int64, int]:
    """A view's samples in pieces of the stream, and how many of the first piece were not kept."""
    samples = view.file.piece.samples.astype(np.int64)
    before = view.first * front_end.settings.hop % count
    padded = np.concatenate([np.zeros(before, np.int64), samples])
    padded = np.concatenate([padded, np.zeros(-len(padded) % count, np.int64)])
    return padded.reshape(-1, count), before


def _levels(front_end: FrontEnd, views: list[View], count: int, measure: Measure, quiet: bool) -> list[int]:
    """Levels by which each wrong column has a piece that was changed; a plain one first."""
    settings, sign = front_end.settings, 1 if quiet else -1
    within: list[int] = []
    beyond: list[int] = []
    for view in views:
        pieces, before = _pieces(view, front_end, count)
        sizes = measure(pieces) * sign
        heard = np.abs(pieces).max(axis=1) > 1
        wrong = view.wrong.any(axis=1)
        for row in np.flatnonzero(view.present).tolist():
            begin = row * settings.hop + before
            among = slice(begin // count, (begin + settings.span - 1) // count + 1)
            of_row = sizes[among][heard[among]]
            if len(of_row):
                (within if wrong[row] else beyond).append(int(of_row.min()))
    if not within or not beyond:  # where no column is right no level shows
        return []
    most = max(within)
    # a changed piece beside a loud one, or at the taper's end, does not show: but most do
    if np.mean(np.array(beyond) <= most) > MOST_HIDDEN:
        return []
    if quiet:
        level = most + 1
        return list(dict.fromkeys((_roundest(level, int(level * NEAR)), level)))
    return list(dict.fromkeys((-_roundest(most, int(most * (2 - NEAR))), -most)))


def _roundest(low: int, high: int) -> int:
    """A plain figure from `low` to `high`, the lowest where there is none."""
    for step in ROUND:
        if -(-low // step) * step <= high:
            return -(-low // step) * step
    return low


def _replay(
    front_end: FrontEnd, count: int, measure: Measure, level: int, quiet: bool, factor: float
) -> Callable[[View], Int8 | None]:
    change = scaled(factor, "truncated")

    def replay(view: View) -> Int8 | None:
        pieces, before = _pieces(view, front_end, count)
        sizes = measure(pieces)
        chosen = sizes < level if quiet else sizes >= level
        other: Int16 = pieces.astype(np.int16)
        other[chosen] = change(other[chosen])
        samples = other.ravel()[before:][: len(view.file.piece.samples)]
        return _columns(front_end, view, samples) if worth(front_end, view, samples) else None

    return replay


def faded(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Samples are faded in at a stream's beginning."""
    hop, span = front_end.settings.hop, front_end.settings.span

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        ends = [int(view.wrong_rows[-1]) for view in views if view.wrong.any()]
        if not ends or any(view.first for view in views) or max(ends) < LEAST_COLUMNS:
            return
        low, high = max(ends) * hop, (max(ends) + FADE_LATER) * hop + span
        plain = {count for step in FADE_STEPS for count in range(step, high, step)}.union(FADE_SHORT)
        for count in sorted(count for count in plain if low < count < high):
            yield Candidate(
                f"faded in over {count}",
                f"samples are faded in over a stream's first {count:,}",
                LEVEL,
                lambda view, count=count: _columns(front_end, view, _fade(view.file.piece.samples, count)),  # type: ignore[misc]
            )

    return hypothesis


def _fade(samples: Int16, count: int) -> Int16:
    wide = samples[:count].astype(np.int64)
    begin = (np.sign(wide) * (np.abs(wide) * np.arange(len(wide)) // count)).astype(np.int16)
    return np.concatenate([begin, samples[count:]])


def _columns(front_end: FrontEnd, view: View, samples: Int16) -> Int8 | None:
    columns = front_end.features(samples)[: len(view.expected)]
    return columns if len(columns) == len(view.expected) else None
