"""Columns that lie elsewhere in the model's input than they must: at which step, and what of it is never written."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...printable import counted
from .layouts import wrong_strides

Int64 = NDArray[np.int64]

LEAST_WRITTEN, LEAST_VALUES, LEAST_WRONG = (
    16,
    8,
    8,
)  # cells, unlike ones, and wrong ones, which no chance puts there
NEAR = 2  # cells


class Placing(NamedTuple):
    """Where each column's cells are written.

    Attributes:
        step: cells from a column to the next one.
        origin: of the first one.
        cells: how many are written of each.
    """

    step: int
    origin: int
    cells: int


class Placed(NamedTuple):
    """A placing, and what comes of it.

    Attributes:
        told: in words.
        held: for each place of the tensor, the cell (column after column) that is written there; -1: none is.
        strides: whether it is one of `wrong_strides`.
    """

    told: str
    held: Int64
    strides: bool = False


def placed_columns(
    right: NDArray[Any], given: NDArray[Any], bands: int, bands_first: bool = False
) -> Placed | None:
    """How columns are placed so that all of a model's input comes but for what is never written; None: in no such way.

    Args:
        right, given: the model's input as it must be, and as it is.
        bands: cells of a column.
        bands_first: whether the model wants band after band.
    """
    ours, theirs = right.ravel(), given.ravel()
    if len(ours) != len(theirs) or len(ours) % bands or len(ours) <= bands:
        return None
    frames = len(ours) // bands
    cells = ours.reshape(bands, frames).T.ravel() if bands_first else ours
    best: Placed | None = None
    for way in _ways(frames, bands, bands_first):
        held = way.held
        there = np.flatnonzero(held >= 0)
        if not np.array_equal(cells[held[there]], theirs[there]) or not _is_sure(ours, theirs, held):
            continue
        if best is None or len(there) > np.count_nonzero(best.held >= 0):
            best = way
    return best


def _ways(frames: int, bands: int, bands_first: bool) -> Iterator[Placed]:
    for placing in _placings(frames, bands):
        held = written(placing, frames, bands, bands_first)
        yield Placed(_told(placing, frames, bands, int(np.count_nonzero(held < 0))), held)
    cell = np.arange(frames * bands)
    place = cell % bands * frames + cell // bands if bands_first else cell
    for strides in wrong_strides(frames, bands, bands_first):
        held = np.empty_like(strides.written)
        held[place] = strides.written
        yield Placed(strides.told, held, strides=True)


def _is_sure(ours: NDArray[Any], theirs: NDArray[Any], held: Int64) -> bool:
    """Whether what comes of a placing is plain: wrong cells among those written, or most of the others."""
    wrong, there = ours != theirs, held >= 0
    if there.sum() < LEAST_WRITTEN or len(np.unique(theirs[there])) < LEAST_VALUES:
        return False
    others = int(np.count_nonzero(~there))
    return bool(wrong[there].sum() >= LEAST_WRONG or 2 * wrong[~there].sum() > max(others, LEAST_WRONG))


def written(placing: Placing, frames: int, bands: int, bands_first: bool) -> Int64:
    """`Placed.held` of a placing."""
    column, band = np.arange(frames)[:, None], np.arange(placing.cells)
    cell = placing.origin + placing.step * column + band
    place = cell % bands * frames + cell // bands if bands_first else cell
    inside = (cell >= 0) & (place < frames * bands)
    held = np.full(frames * bands, -1)
    held[place[inside]] = (column * bands + band)[inside]  # of several in one place the last one stays
    return held


def _placings(frames: int, bands: int) -> Iterator[Placing]:
    near = range(-NEAR, NEAR + 1)
    steps = dict.fromkeys((0, 1, 2, bands // 2, *(bands + by for by in near), 2 * bands, frames))
    for step in (step for step in steps if step >= 0):
        for origin in dict.fromkeys((*near, bands, -bands, step, -step)):
            yield Placing(step, origin, bands)
    for count in dict.fromkeys((1, bands // 2, *(bands - by for by in range(1, NEAR + 1)))):
        for step in (bands, count):
            if 0 < count < bands:
                yield Placing(step, 0, count)


def _told(placing: Placing, frames: int, bands: int, never: int) -> str:
    step, origin, count = placing
    told = ""
    if (step, origin) != (bands, 0):
        place = {0: "", 1: "column"}.get(step, f"column * {step}")
        sign = "-" if origin < 0 else "+"
        place = f"{place} {sign} {abs(origin)}".removeprefix(" + ").strip() if origin or not place else place
        many = " (as many as there are columns)" if step == frames != bands else ""
        told = f"each column is written from cell `{place}` on{many}, and must be from `column * {bands}` on"
    if not told:
        first = f"the first {counted(count, 'cell')} of {bands}"
        return f"of each column {first} alone are right: what is behind is not written"
    if count < bands:
        told += f", {count} of its {bands} cells alone"
    return f"{told}, so that {never:,} of {frames * bands:,} cells are never written" if never else told
