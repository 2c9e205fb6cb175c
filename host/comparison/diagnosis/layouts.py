"""Wrong layouts of a window's cells in the model's input: transposed or not, or with its dimensions exchanged."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

COLUMNS, BANDS = "column after column", "band after band"


class Layout(NamedTuple):
    """A wrong one.

    Attributes:
        name, told: of the layout; the second goes on a sentence.
        seen: for each cell, column after column, which one the model sees in its place.
        lying: for each place of the tensor's memory, from which place of the right one its value is.
    """

    name: str
    told: str
    seen: Int64
    lying: Int64


def layouts(frames: int, bands: int, bands_first: bool) -> Iterator[Layout]:
    """Every wrong layout of windows of `frames` columns; `bands_first`: the model wants band after band."""
    cells = np.arange(frames * bands)
    turned = cells % bands * frames + cells // bands
    exchanged = cells % frames * bands + cells // frames
    right = turned if bands_first else cells
    both = "with its two dimensions exchanged: the index is made as if a column had as many cells as there are columns"
    ways = (
        ("not transposed", f"{COLUMNS}, and must be {BANDS}: it is not transposed", cells),
        ("transposed", "transposed (bands × columns instead of columns × bands)", turned),
        ("transposed, exchanged", f"transposed {both}", exchanged),
    )
    for name, told, written in ways:
        if np.array_equal(written, right):
            continue
        held = np.empty_like(cells)  # which cell lies where
        held[written] = cells
        if not np.array_equal(held[right], cells):
            yield Layout(name, told, held[right], right[held])
