"""From a window's levels to its cells, bit for bit as on the device.

There firmware/core/frontend/normalised/window.c computes them, and of coefficients firmware/core/frontend/mfcc_top.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .normaliser import PEAK, SHIFT, TOP, TOP_DCT, Normaliser

Int8 = NDArray[np.int8]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Figures(NamedTuple):
    """What all cells of a window are related to.

    Attributes:
        least, largest: of its levels.
        size, total, squares: how many these are, their sum, and that of their squares.
    """

    least: int
    largest: int
    size: int
    total: int
    squares: int


def figures_of(normaliser: Normaliser, columns: Int8) -> list[Figures]:
    """Return those of windows; `columns` as `cells_of` takes them."""
    return [_figures(window) for window in _levels(normaliser, columns)]


def cells_of(normaliser: Normaliser, columns: Int8, figures: Sequence[Figures] | None = None) -> Int8:
    """Return the cells of windows, int8 [n, frames, bands].

    Args:
        normaliser: of the bundle's front end.
        columns: int8 [n, frames, 2 * levels]: upper bytes of the levels, then lower ones.
        figures: others than the windows' own, for each of them.
    """
    shift = _shift(normaliser)
    return np.array(
        [np.clip(cells >> shift, -128, 127) for cells in _fine(normaliser, columns, figures)], np.int8
    ).reshape(len(columns), -1, normaliser.bands)


def unclamped(normaliser: Normaliser, columns: Int8) -> Float64:
    """Return the cells of windows, not rounded, as they are before they are held within int8; shapes as `cells_of`."""
    shift = _shift(normaliser)
    half = 1 << shift - 1
    fine = [(cells - half) / (1 << shift) for cells in _fine(normaliser, columns)]
    return np.array(fine, np.float64).reshape(len(columns), -1, normaliser.bands)


def _shift(normaliser: Normaliser) -> int:
    return normaliser.shift if normaliser.rule == TOP_DCT else SHIFT


def _levels(normaliser: Normaliser, columns: Int8) -> Int64:
    halves = columns.reshape(len(columns), -1, 2, normaliser.levels).astype(np.int64) + 128
    return halves[:, :, 0] << 8 | halves[:, :, 1]


def _figures(window: Int64) -> Figures:
    squares = int(np.square(window).sum())
    return Figures(int(window.min()), int(window.max()), window.size, int(window.sum()), squares)


def _fine(normaliser: Normaliser, columns: Int8, figures: Sequence[Figures] | None = None) -> Iterator[Int64]:
    """Each window's cells, a half added for rounding, times 2 ** `_shift`."""
    levels = _levels(normaliser, columns)
    known = [_figures(window) for window in levels] if figures is None else figures
    if normaliser.rule == TOP_DCT:
        yield from _transformed(normaliser, levels, known)
        return
    for window, of in zip(levels, known, strict=True):
        per_level, zero, factor = normaliser.measured(*of)
        lowest = {PEAK: -normaliser.top, TOP: of.largest - normaliser.top}.get(normaliser.rule, -(1 << 32))
        x = np.maximum(window * per_level - zero, lowest)
        yield x * factor + normaliser.bias


def _transformed(normaliser: Normaliser, levels: Int64, known: Sequence[Figures]) -> Iterator[Int64]:
    """As `_fine`, of coefficients whose log-mel is limited."""
    weights = _whole_rows(np.array(normaliser.weights, np.int64), normaliser.before)
    for window, of in zip(levels, known, strict=True):
        limited = np.maximum(window, of.largest - normaliser.top)
        yield (((limited * normaliser.gain) >> 16) + normaliser.base) @ weights.T + normaliser.bias


def _whole_rows(folded: Int64, bands: int) -> Int64:
    """The DCT's weights of every band, int64 [coefficients, bands], from those of pairs of opposite bands.

    The first pair of even rows is the outermost one, of odd rows the innermost one, and there the upper band's weight
    is the lower one's negative.
    """
    pairs = bands // 2
    rows = np.zeros((len(folded), bands), np.int64)
    even, odd = folded[0::2], folded[1::2, :pairs][:, ::-1]
    rows[0::2, : even.shape[1]] = even
    rows[0::2, bands - pairs :] = even[:, :pairs][:, ::-1]
    rows[1::2, :pairs] = odd
    rows[1::2, bands - pairs :] = -odd[:, ::-1]
    return rows
