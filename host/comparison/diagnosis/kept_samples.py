"""The hypothesis that the front end keeps other samples from column to column than it must: its buffer is filled here.

A column's samples that are needed for the next one are copied to the beginning, and new ones are put behind them. What
is copied, from where, and behind how many of them new ones begin, may each be a few samples off.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .search import Candidate, Int8, View

Int64 = NDArray[np.int64]

PROBED = 4  # columns, on which every way is tried
LEAST_PROBED = 2
FARTHEST = 64  # columns from the beginning, in which they are looked for
NEAR = 16  # samples by which a start or a count may be off; of what is copied any number may be left out
UNKNOWN = -1  # what lay in the buffer before the stream
_CURE = "Look at how many samples fe_push keeps for the next column, from where it copies them, and where it goes on"


@dataclass(frozen=True)
class Kept:
    """How samples are kept, each the number by which it is off.

    Attributes:
        less: samples that are not copied.
        earlier: samples further back, from which they are copied; further on lies what nobody knows.
        filled: samples that count as kept, and are not.
    """

    less: int = 0
    earlier: int = 0
    filled: int = 0

    def told(self, kept: int) -> str:
        """In words."""
        if self.less == kept:
            return (
                f"none of the {kept} samples that are kept for the next column is copied: at places 0 to {kept - 1} of "
                "each column lies what lay there in the stream's first one"
            )
        if self.less:
            which = f"places {kept - self.less} to {kept - 1}" if self.less > 1 else f"place {kept - 1}"
            return (
                f"of the {kept} samples that are kept for the next column the last {_count(self.less, 'is', 'are')} "
                f"not copied: at {which} of each column lies what lay there in the stream's first one"
            )
        if self.earlier:
            return f"the samples that are kept for the next column are copied from {self.earlier} too early"
        if self.filled > 0:
            return (
                f"{_count(self.filled, 'is', 'are')} counted as kept for the next column beyond the {kept} that are: "
                f"new ones come so much later in it, and before them lies what lay there"
            )
        return (
            f"{kept + self.filled} samples count as kept for the next column instead of {kept}: new ones are put over "
            f"the last {-self.filled} of them, and columns are so much further apart"
        )


def _count(count: int, one: str, many: str) -> str:
    return f"one sample {one}" if count == 1 else f"{count} samples {many}"


def kept_samples(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Of the samples that a column leaves to the next one some are not copied, or too few or too many are counted."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        settings = front_end.settings
        kept = settings.span - settings.hop
        view = max(
            (view for view in views if not view.first), key=lambda view: int(view.wrong.sum()), default=None
        )
        rows = [] if view is None else _probed(view)
        if (
            kept <= 0
            or settings.lead
            or view is None
            or len(rows) < LEAST_PROBED
            or not _alone(front_end, view, rows)
        ):
            return
        for way in _ways(kept, settings.hop):
            sources = _sources(way, settings.span, settings.hop, rows[-1] + 1)
            if all(_is_column(front_end, view, sources[row], row) for row in rows):
                yield Candidate(
                    "kept samples",
                    way.told(kept),
                    _CURE,
                    lambda view, way=way: _replay(front_end, view, way),  # type: ignore[misc]
                )

    return hypothesis


def _probed(view: View) -> list[int]:
    """The first wrong columns, near enough to the beginning."""
    rows = view.wrong_rows[:PROBED].tolist()
    return [row for row in rows if row < FARTHEST]


def _ways(kept: int, hop: int) -> Iterator[Kept]:
    yield Kept(less=kept)  # where a column's first samples weigh nothing, the plainest way that gives all
    yield from (Kept(less=less) for less in range(1, kept))
    for by in range(1, NEAR + 1):
        if by <= kept:
            yield Kept(filled=-by)
        yield Kept(filled=by)
        if by <= hop:
            yield Kept(earlier=by)


def _sources(way: Kept, span: int, hop: int, count: int) -> Int64:
    """Which of the stream's samples lie in the buffer when each column is computed, int64 [count, span]."""
    kept = span - hop
    columns, buffer = np.empty((count, span), np.int64), np.full(span + NEAR, UNKNOWN)
    filled = taken = 0
    for row in range(count):
        new = span - filled
        buffer[filled:span] = np.arange(taken, taken + new)
        taken += new
        columns[row] = buffer[:span]
        begin, size = hop - way.earlier, kept - way.less
        buffer[:size] = buffer[begin : begin + size].copy()
        filled = max(0, kept + way.filled)
    return columns


def _samples_of(samples: Int16, sources: Int64) -> Int16 | None:
    """A column's samples; None where they are not known."""
    if sources.min() < 0 or sources.max() >= len(samples):
        return None
    return samples[sources]


def _is_column(front_end: FrontEnd, view: View, sources: Int64, row: int) -> bool:
    samples = _samples_of(view.file.piece.samples, sources)
    return samples is not None and np.array_equal(front_end.features(samples)[0], view.device[row])


def _alone(front_end: FrontEnd, view: View, rows: list[int]) -> bool:
    """Whether a column is that of its own samples: nothing else is kept from column to column."""
    hop, span = front_end.settings.hop, front_end.settings.span
    pieces = (view.file.piece.samples[row * hop : row * hop + span] for row in rows)
    return all(
        len(piece) == span and np.array_equal(front_end.features(piece)[0], view.expected[row])
        for row, piece in zip(rows, pieces, strict=True)
    )


def _replay(front_end: FrontEnd, view: View, way: Kept) -> Int8 | None:
    if view.first:
        return None
    settings, columns = front_end.settings, view.expected.copy()
    for row, sources in enumerate(_sources(way, settings.span, settings.hop, len(columns))):
        samples = _samples_of(view.file.piece.samples, sources)
        if samples is not None:
            columns[row] = front_end.features(samples)[0]
    return columns
