"""That wrong windows are those in which something of the sound is beyond a bound, and no others."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from .search import Verified, View

LEAST = 6  # windows on either side of a bound, so that it is no chance

Figures = NDArray[np.int64]


def heard_in(found: Verified, bundle: Bundle) -> str:
    """In words what parts the windows that a cause gives from all others by their sound; empty where nothing does.

    What is the same as before may have been computed or not: such windows may be on either side.
    """
    known = [_figures(view, bundle) for view in found.views]
    sides = [_sides(view, marked) for view, marked in zip(found.views, found.explained, strict=True)]
    for words in known[0] if known else ():
        ours, theirs = (
            np.concatenate([each[words][side[place]] for each, side in zip(known, sides, strict=True)])
            for place in (0, 1)
        )
        if min(len(ours), len(theirs)) < LEAST:
            return ""
        if ours.max() < theirs.min():
            told = f"{ours.max():,} or less and none where it is {theirs.min():,} or more"
            return f"of their windows all where {words} is {told}"
        if ours.min() > theirs.max():
            told = f"{ours.min():,} or more and none where it is {theirs.max():,} or less"
            return f"of their windows all where {words} is {told}"
    return ""


def _sides(view: View, marked: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which windows the cause gives, and which it does not."""
    ours = marked.any(axis=1)
    again = np.zeros(len(ours), np.bool_)
    again[1:] = (view.device[1:] == view.device[:-1]).all(axis=1)
    return ours, view.present & ~ours & ~again


def _figures(view: View, bundle: Bundle) -> dict[str, Figures]:
    """Figures of each window's sound, by what they are of."""
    return {words: np.array(values, np.int64) for words, values in _by_window(view, bundle)}


def _by_window(view: View, bundle: Bundle) -> Iterator[tuple[str, list[int]]]:
    piece, stride, frames = view.file.piece, bundle.stride, bundle.frames
    begins = (view.first + np.arange(len(view.expected))) * stride - piece.first_column
    cells = piece.expected.astype(np.int64)
    hop, fresh = bundle.settings.hop, bundle.settings.samples_for(stride)
    loud = np.abs(piece.samples.astype(np.int64))
    ends = (begins + frames - stride) * hop
    yield "the largest cell of the newest column", [int(cells[at + frames - 1].max()) for at in begins]
    yield "the sum of the newest column's cells", [int(cells[at + frames - 1].sum()) for at in begins]
    yield "the largest cell", [int(cells[at : at + frames].max()) for at in begins]
    yield "the sum of all cells", [int(cells[at : at + frames].sum()) for at in begins]
    yield "the largest cell of the oldest column", [int(cells[at].max()) for at in begins]
    yield (
        f"the loudest sample of the newest {stride} columns",
        [int(loud[at : at + fresh].max()) for at in ends],
    )
    span = bundle.window_samples
    yield "the loudest sample", [int(loud[at * hop : at * hop + span].max()) for at in begins]
