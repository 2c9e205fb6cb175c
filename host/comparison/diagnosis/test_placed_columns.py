"""Columns that lie elsewhere in the model's input than they must."""

import numpy as np
import pytest

from .input_cells import cells_told
from .layouts import wrong_strides
from .placed_columns import Placing, placed_columns, written

FRAMES, BANDS = 13, 10
RIGHT = np.random.default_rng(1).permutation(FRAMES * BANDS).astype(np.int64) - 60
STALE = np.random.default_rng(2).integers(-128, 128, FRAMES * BANDS)


def laid(placing: Placing, bands_first: bool, stale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """The model's input as it must be, and as a placing leaves it."""
    right = RIGHT.reshape(FRAMES, BANDS).T.ravel() if bands_first else RIGHT
    held = written(placing, FRAMES, BANDS, bands_first)
    return right, np.where(held < 0, stale, RIGHT[held])


@pytest.mark.parametrize("stale", [STALE, np.zeros_like(STALE)])
@pytest.mark.parametrize("bands_first", [False, True])
@pytest.mark.parametrize(
    ("placing", "words"),
    [
        (Placing(1, 0, BANDS), "`column` on"),
        (Placing(0, 10, BANDS), "`10` on"),
        (Placing(FRAMES, 0, BANDS), "`column * 13` on (as many as there are columns)"),
        (Placing(BANDS - 1, 0, BANDS), "`column * 9` on"),
        (Placing(BANDS + 1, 0, BANDS), "`column * 11` on"),
        (Placing(2 * BANDS, 0, BANDS), "`column * 20` on"),
        (Placing(BANDS, BANDS, BANDS), "`column * 10 + 10` on"),
        (Placing(BANDS, -BANDS, BANDS), "`column * 10 - 10` on"),
        (Placing(BANDS, 1, BANDS), "`column * 10 + 1` on"),
    ],
)
def test_where_columns_lie(placing: Placing, words: str, bands_first: bool, stale: np.ndarray) -> None:  # type: ignore[type-arg]
    right, given = laid(placing, bands_first, stale)
    if np.array_equal(stale, np.zeros_like(stale)) and placing.step == 0:
        return  # ten cells alone are too few
    found = placed_columns(right, given, BANDS, bands_first)
    if placing.step == 0:
        assert found is None
        return
    assert found is not None
    assert found.told.startswith(
        f"each column is written from cell {words}, and must be from `column * 10` on"
    )
    cells = right.reshape(BANDS, FRAMES).T.ravel() if bands_first else right
    there = found.held >= 0
    assert np.array_equal(cells[found.held[there]], given[there])


def test_cells_of_each_column_that_are_left_out() -> None:
    right, given = laid(Placing(BANDS, 0, BANDS - 1), False, STALE)
    found = placed_columns(right, given, BANDS)
    assert found is not None and found.told.startswith(
        "of each column the first 9 cells of 10 alone are right"
    )
    assert cells_told(right, given, BANDS).endswith(found.told)


def test_a_stride_of_the_tensor_that_is_another_one() -> None:
    strides = next(each for each in wrong_strides(FRAMES, BANDS, True) if each.name == "stride 12")
    cells = np.where(strides.written < 0, STALE, RIGHT[strides.written])
    right, given = (each.reshape(FRAMES, BANDS).T.ravel() for each in (RIGHT, cells))
    found = placed_columns(right, given, BANDS, True)
    assert found is not None and found.told == strides.told


def test_what_is_right_or_wrong_by_something_else_is_no_placing() -> None:
    spoilt = RIGHT.copy()
    spoilt[::7] += 1
    few = RIGHT.copy()
    few[3] += 1  # the rest is right
    for given in (RIGHT, spoilt, few, STALE, RIGHT[:-1], np.zeros_like(RIGHT)):
        assert placed_columns(RIGHT, given, BANDS) is None
    assert placed_columns(RIGHT, STALE, FRAMES * BANDS) is None
    flat = np.tile(np.arange(7), 20)[: FRAMES * BANDS]  # seven unlike values
    held = written(Placing(1, 0, BANDS), FRAMES, BANDS, False)
    assert placed_columns(flat, np.where(held < 0, STALE, flat[held]), BANDS) is None
