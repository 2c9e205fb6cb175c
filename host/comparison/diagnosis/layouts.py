"""Wrong layouts of a window's cells in the model's input: transposed or not, or with its dimensions exchanged."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

OFF = (1, -1, 2, -2)  # cells, by which a stride is tried beside what it can be taken for
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


class Strides(NamedTuple):
    """Cells that are written with one stride of the tensor that is not the right one.

    Attributes:
        name, told: the second goes on a sentence.
        written: for each place of the tensor, column after column, the cell that is written there; -1: none ever is.
    """

    name: str
    told: str
    written: Int64


def wrong_strides(frames: int, bands: int, bands_first: bool) -> Iterator[Strides]:
    """Writings of windows of `frames` columns whose one stride is wrong; `bands_first`: see `layouts`."""
    cells = np.arange(frames * bands)
    column, band = cells // bands, cells % bands
    slow, fast, right = (band, column, frames) if bands_first else (column, band, bands)
    at = band * frames + column if bands_first else cells
    what = "bands" if bands_first else "columns"
    if len(cells) == right:
        return  # nothing lies a stride apart
    for stride in dict.fromkeys((bands if bands_first else frames, *(right + by for by in OFF))):
        places = slow * stride + fast
        if stride == right or stride <= 0:
            continue
        inside = places < len(cells)
        held = np.full(len(cells), -1)
        for place, cell in zip(places[inside].tolist(), cells[inside].tolist(), strict=True):
            held[place] = cell  # of two the later one
        told = f"{what} are written {stride} cells apart, and must be {right}: "
        if not inside.all():
            told += f"{np.count_nonzero(~inside):,} cells go beyond its end and "
        told += f"{np.count_nonzero(held < 0):,} of its {len(cells):,} are never written"
        yield Strides(f"stride {stride}", told, held[at])
