"""Whether all cells of a window lie on a straight line of the right ones."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from .straight_line import on_a_line

RIGHT = np.random.default_rng(1).integers(-128, 128, 600).astype(np.int8)


@pytest.mark.parametrize(
    ("slope", "offset", "told"),
    [(0.2, 101.0, True), (1.0, 9.0, True), (1.7, -30.0, True), (1.0, 0.0, False), (-1.0, 0.0, False)],
)
def test_cells_on_a_line_are_told(slope: float, offset: float, told: bool) -> None:
    given = np.round(np.clip(RIGHT * slope + offset, -128, 127)).astype(np.int8)
    words = on_a_line(RIGHT, given)
    assert bool(words) is told
    if told:
        assert words.startswith("and all lie on a straight line") and f"{slope:.3g} times them" in words


def test_other_cells_are_not() -> None:
    moved = np.roll(RIGHT, 1)
    spoilt = np.round(RIGHT * 0.5).astype(np.int8)
    spoilt[7] += 9
    few = RIGHT[:20], np.round(RIGHT[:20] * 0.5).astype(np.int8)
    wide = RIGHT.astype(np.int16), (RIGHT // 2).astype(np.int16)
    for right, given in ((RIGHT, moved), (RIGHT, spoilt), few, wide):
        assert on_a_line(right, given) == ""


def _scaled(right: NDArray[Any], slope: float) -> NDArray[Any]:
    return np.round(right * slope).astype(np.int8)


@pytest.mark.parametrize(
    ("right", "slope", "told"),
    [
        (np.arange(-32, 32), 0.5, True),
        (np.arange(-32, 31), 0.5, False),  # 63 cells
        (np.tile(np.arange(-8, 8), 4), 0.5, True),
        (np.tile(np.arange(-7, 8), 5), 0.5, False),  # 15 unlike ones
        (np.tile(np.arange(-32, 32), 2), 3 / 64, True),  # -2 to 1
        (np.tile(np.arange(-32, 32), 2), 2 / 64, False),  # three unlike ones are given
    ],
)
def test_a_line_is_of_enough_cells(right: NDArray[Any], slope: float, told: bool) -> None:
    right = right.astype(np.int8)
    assert bool(on_a_line(right, _scaled(right, slope))) is told


@pytest.mark.parametrize(
    ("slope", "off", "told"),
    [(0.5, 0, True), (0.5, 2, False), (0.5, -2, False), (1.7, 1, True), (1.7, 2, False)],
)
def test_a_cell_is_a_step_off_at_most(slope: float, off: int, told: bool) -> None:
    """A step of its own, or of the right one where that is more."""
    right = np.tile(np.arange(-60, 61, 10), 40).astype(np.int8)
    right[::3] += 5
    given = _scaled(right, slope)
    given[np.flatnonzero(right == 10)[0]] += off
    assert bool(on_a_line(right, given)) is told


@pytest.mark.parametrize(("equal", "told"), [(100, True), (101, False)])
def test_cells_of_which_most_are_right_lie_on_no_other_line(equal: int, told: bool) -> None:
    right = np.tile(np.arange(-50, 50), 2).astype(np.int8)
    given = right.copy()
    given[equal:] += 1
    assert bool(on_a_line(right, given)) is told
