"""From a window's levels to its cells: what firmware/core/frontend/normalised/window.c computes, bit for bit."""

import numpy as np
from numpy.typing import NDArray

from .normaliser import PEAK, SHIFT, TOP, Normaliser

Int8 = NDArray[np.int8]


def cells_of(normaliser: Normaliser, columns: Int8) -> Int8:
    """Return the cells of windows, int8 [n, frames, bands].

    Args:
        normaliser: of the bundle's front end.
        columns: int8 [n, frames, 2 * bands]: upper bytes of the levels, then lower ones.
    """
    halves = columns.reshape(len(columns), -1, 2, normaliser.bands).astype(np.int64) + 128
    levels = halves[:, :, 0] << 8 | halves[:, :, 1]
    cells = np.empty(levels.shape, np.int8)
    for window, found in zip(levels, cells, strict=True):
        largest, squares = int(window.max()), int(np.square(window).sum())
        per_level, zero, factor = normaliser.measured(
            int(window.min()), largest, window.size, int(window.sum()), squares
        )
        lowest = {PEAK: -normaliser.top, TOP: largest - normaliser.top}.get(normaliser.rule, -(1 << 32))
        x = np.maximum(window * per_level - zero, lowest)
        found[...] = np.clip((x * factor + normaliser.bias) >> SHIFT, -128, 127)
    return cells
