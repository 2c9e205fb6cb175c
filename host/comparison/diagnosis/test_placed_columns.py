"""Columns that lie elsewhere in the model's input than they must."""

import numpy as np
import pytest

from .input_cells import cells_told
from .layouts import wrong_strides
from .placed_columns import Placing, _is_sure, _placings, _told, placed_columns, written

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
    assert found is not None and found.told == strides.told and found.strides


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


def by_cells(placing: Placing, frames: int, bands: int, bands_first: bool) -> list[int]:
    """`written`, cell by cell, as a board would do it."""
    held = [-1] * (frames * bands)
    for column in range(frames):
        for band in range(placing.cells):
            cell = placing.origin + placing.step * column + band
            place = cell % bands * frames + cell // bands if bands_first else cell
            if cell >= 0 and place < len(held):
                held[place] = column * bands + band
    return held


@pytest.mark.parametrize("bands_first", [False, True])
def test_each_placing_is_what_a_board_would_write(bands_first: bool) -> None:
    for placing in _placings(7, 10):
        assert written(placing, 7, 10, bands_first).tolist() == by_cells(placing, 7, 10, bands_first), placing


def test_placings_that_are_tried() -> None:
    steps = (0, 1, 2, 5, 8, 9, 10, 11, 12, 20, 7)
    whole = {(step, at, 10) for step in steps for at in (-2, -1, 0, 1, 2, 10, -10, step, -step)}
    parts = {(step, 0, count) for count in (1, 5, 8, 9) for step in (10, count)}
    assert {tuple(each) for each in _placings(7, 10)} == whole | parts
    assert {each.cells for each in _placings(7, 1)} == {1}, "of one cell no part is left"
    assert {each.cells for each in _placings(7, 2)} == {1, 2}


@pytest.mark.parametrize(
    ("placing", "never", "told"),
    [
        ((1, 0, 10), 54, "from cell `column` on, and must be from `column * 10` on, so that 54 of 70 cells are never"),
        ((0, 0, 10), 0, "from cell `0` on, and must be from `column * 10` on"),
        ((0, 1, 10), 0, "from cell `1` on, and must be from `column * 10` on"),
        ((0, -2, 10), 0, "from cell `- 2` on, and must be from `column * 10` on"),
        ((1, 1, 10), 0, "from cell `column + 1` on, and must be from `column * 10` on"),
        ((7, 0, 10), 0, "from cell `column * 7` on (as many as there are columns), and must be from `column * 10` on"),
        ((10, -1, 10), 1, "from cell `column * 10 - 1` on, and must be from `column * 10` on, so that 1 of 70 cells"),
        ((9, 0, 9), 7, "from cell `column * 9` on, and must be from `column * 10` on, 9 of its 10 cells alone, so"),
    ],
)  # fmt: skip
def test_a_placing_in_words(placing: tuple[int, int, int], never: int, told: str) -> None:
    words = _told(Placing(*placing), 7, 10, never)
    start = f"each column is written {told}"
    assert words.startswith(start) if never else words == start
    assert words.endswith("cells are never written") is (never > 0)


def test_a_part_of_each_column_in_words() -> None:
    assert _told(Placing(10, 0, 1), 7, 10, 63) == (
        "of each column the first 1 cell of 10 alone are right: what is behind is not written"
    )
    assert "as many as there are columns" not in _told(Placing(10, 1, 10), 10, 10, 0)


def sure(written_cells: int, unlike: int, wrong_there: int, wrong_elsewhere: int, others: int = 30) -> bool:
    """Whether a placing with so many cells of each kind is plain."""
    there = np.arange(written_cells + others) < written_cells
    theirs = np.where(there, np.arange(len(there)) % unlike, 50)
    ours = theirs.copy()
    ours[:wrong_there] += 100
    ours[written_cells : written_cells + wrong_elsewhere] += 100
    return _is_sure(ours, theirs, np.where(there, 0, -1))


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        ((16, 8, 8, 0), True),
        ((15, 8, 8, 0), False),
        ((16, 7, 8, 0), False),
        ((16, 8, 7, 0), False),
        ((16, 8, 0, 16), True),  # more than half of the others
        ((16, 8, 0, 15), False),
        ((16, 8, 0, 5, 6), True),  # of few others more than four
        ((16, 8, 0, 4, 6), False),
    ],
)
def test_how_much_makes_a_placing_plain(cells: tuple[int, ...], known: bool) -> None:
    assert sure(*cells) is known


def test_of_several_placings_the_one_that_writes_the_most_is_told() -> None:
    """With the first half of each column alone, more of it is right as well."""
    right, given = laid(Placing(BANDS, 0, BANDS - 2), False, STALE)
    found = placed_columns(right, given, BANDS)
    assert found is not None and "the first 8 cells of 10" in found.told and not found.strides


def test_what_is_never_written_is_counted() -> None:
    found = placed_columns(*laid(Placing(1, 0, BANDS), False, STALE), BANDS)
    assert found is not None and found.told.endswith(", so that 108 of 130 cells are never written")


def test_the_first_cell_counts_as_any_other_one() -> None:
    right, given = laid(Placing(BANDS + 1, 0, BANDS), False, STALE)
    assert placed_columns(right, given, BANDS) is not None
    given[0] += 1
    assert placed_columns(right, given, BANDS) is None


def test_a_single_column_is_no_placing() -> None:
    right, given = RIGHT[:40], np.concatenate([STALE[:1], RIGHT[:39]])
    assert placed_columns(right, given, 40) is None
