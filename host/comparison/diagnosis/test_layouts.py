"""Layouts of a window's cells: what the model sees, and what lies in its tensor."""

import numpy as np
import pytest

from .fakes_views import cells
from .input_cells import cells_told
from .layouts import layouts, wrong_strides

FRAMES, BANDS = 5, 3
PLAIN = np.arange(FRAMES * BANDS)


def seen_of(memory: np.ndarray, bands_first: bool) -> np.ndarray:  # type: ignore[type-arg]
    """A tensor's cells, column after column."""
    return memory.reshape(BANDS, FRAMES).T.ravel() if bands_first else memory


@pytest.mark.parametrize(
    ("bands_first", "names"),
    [
        (True, ["not transposed", "transposed, exchanged"]),
        (False, ["transposed", "transposed, exchanged"]),
    ],
)
def test_each_layout_is_what_its_index_writes(bands_first: bool, names: list[str]) -> None:
    found = list(layouts(FRAMES, BANDS, bands_first))
    assert [each.name for each in found] == names
    right = PLAIN.reshape(FRAMES, BANDS).T.ravel() if bands_first else PLAIN
    for each in found:
        memory = np.empty_like(PLAIN)
        for cell in range(FRAMES * BANDS):
            place = {
                "not transposed": cell,
                "transposed": cell % BANDS * FRAMES + cell // BANDS,
                "transposed, exchanged": cell % FRAMES * BANDS + cell // FRAMES,
            }[each.name]
            memory[place] = cell
        assert np.array_equal(seen_of(memory, bands_first), each.seen)
        assert np.array_equal(right[each.lying], memory)


def test_a_window_of_one_column_has_one_layout() -> None:
    assert not list(layouts(1, 6, True)) and not list(layouts(6, 1, False))


@pytest.mark.parametrize("bands_first", [True, False])
def test_the_layout_of_a_traced_input_is_named(bands_first: bool) -> None:
    right = cells(1, FRAMES * BANDS)[0]
    for each in layouts(FRAMES, BANDS, bands_first):
        told = cells_told(right, right[each.lying], BANDS, None, bands_first)
        assert told == f"cells 1 to 13 of it: it is {each.told}"
    swapped = right.copy()
    swapped[[1, 2, 3, 4, 5, 6]] = right[[6, 5, 4, 3, 2, 1]]
    assert "transposed" not in cells_told(right, swapped, BANDS, None, bands_first)


@pytest.mark.parametrize("bands_first", [True, False])
def test_a_wrong_stride_is_what_its_index_writes(bands_first: bool) -> None:
    right = FRAMES if bands_first else BANDS
    found = {each.name: each for each in wrong_strides(FRAMES, BANDS, bands_first)}
    exchanged = BANDS if bands_first else FRAMES
    strides = sorted({exchanged, *(right + by for by in (1, -1, 2, -2))} - {0})
    assert sorted(found) == [f"stride {stride}" for stride in strides]
    for stride in strides:
        memory = np.full(FRAMES * BANDS, -1)
        for cell in range(FRAMES * BANDS):
            column, band = divmod(cell, BANDS)
            place = band * stride + column if bands_first else column * stride + band
            if place < len(memory):
                memory[place] = cell
        assert np.array_equal(seen_of(memory, bands_first), found[f"stride {stride}"].written)


def test_a_wrong_stride_in_words() -> None:
    told = {each.name: each.told for each in wrong_strides(5, 3, True)}
    assert told["stride 6"] == (
        "bands are written 6 cells apart, and must be 5: 2 cells go beyond its end and 2 of its 15 are never written"
    )
    assert told["stride 4"] == "bands are written 4 cells apart, and must be 5: 2 of its 15 are never written"
    assert {each.name: each.told for each in wrong_strides(5, 3, False)}["stride 5"].startswith(
        "columns are written 5 cells apart, and must be 3: "
    )


@pytest.mark.parametrize("bands_first", [True, False])
@pytest.mark.parametrize(
    ("slow", "right", "strides"),
    [
        (9, 4, [9, 5, 3, 6, 2]),
        (4, 4, [5, 3, 6, 2]),
        (5, 2, [5, 3, 1, 4]),
        (5, 1, [5, 2, 3]),
        (1, 4, []),
    ],
)
def test_which_strides_are_tried(bands_first: bool, slow: int, right: int, strides: list[int]) -> None:
    """The one that the other dimension has comes first; of one column, or band, nothing lies apart."""
    frames, bands = (right, slow) if bands_first else (slow, right)
    found = list(wrong_strides(frames, bands, bands_first))
    assert [each.name for each in found] == [f"stride {stride}" for stride in strides]
    assert all((each.written < 0).any() for each in found)
