"""Whether all cells of a window lie on a straight line of the right ones."""

import numpy as np
import pytest

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
