"""From a window's levels to its cells: what firmware/core/frontend/normalised/window.c computes, bit for bit."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .normaliser import PEAK, SHIFT, TOP, Normaliser

Int8 = NDArray[np.int8]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


def cells_of(normaliser: Normaliser, columns: Int8) -> Int8:
    """Return the cells of windows, int8 [n, frames, bands].

    Args:
        normaliser: of the bundle's front end.
        columns: int8 [n, frames, 2 * bands]: upper bytes of the levels, then lower ones.
    """
    return np.array(
        [np.clip(cells >> SHIFT, -128, 127) for cells in _fine(normaliser, columns)], np.int8
    ).reshape(len(columns), -1, normaliser.bands)


def unclamped(normaliser: Normaliser, columns: Int8) -> Float64:
    """Return the cells of windows, not rounded, as they are before they are held within int8; shapes as `cells_of`."""
    half = 1 << SHIFT - 1
    fine = [(cells - half) / (1 << SHIFT) for cells in _fine(normaliser, columns)]
    return np.array(fine, np.float64).reshape(len(columns), -1, normaliser.bands)


def _fine(normaliser: Normaliser, columns: Int8) -> Iterator[Int64]:
    """Each window's cells, a half added for rounding, times 2 ** SHIFT."""
    halves = columns.reshape(len(columns), -1, 2, normaliser.bands).astype(np.int64) + 128
    levels = halves[:, :, 0] << 8 | halves[:, :, 1]
    for window in levels:
        largest, squares = int(window.max()), int(np.square(window).sum())
        per_level, zero, factor = normaliser.measured(
            int(window.min()), largest, window.size, int(window.sum()), squares
        )
        lowest = {PEAK: -normaliser.top, TOP: largest - normaliser.top}.get(normaliser.rule, -(1 << 32))
        x = np.maximum(window * per_level - zero, lowest)
        yield x * factor + normaliser.bias
