"""The straight line that cells are of levels is read from the device's own."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from .fakes_views import replay_of, verified, view_of
from .quantiser import Line, fitted
from .search import Candidate, View

RIGHT = Line(2e-5, 3.5)
TABLES: Any = SimpleNamespace(
    quant_slope=RIGHT.slope * 2**32 * 2**10 / 32, quant_bias=3.5 * 2**10, quant_shift=10
)
LEVELS = np.random.default_rng(3).integers(-5_000_000, 5_000_000, (400, 5))


class Levels:
    """A front end whose levels are the samples."""

    def values(self, samples: Any) -> Any:
        """int [columns, bands]."""
        return samples


def limited(line: Line, levels: Any = LEVELS) -> Any:
    return np.clip(line.cells(levels), -128, 127).astype(np.int8)


def view(line: Line, present: Any = None) -> View:
    return view_of(limited(RIGHT), limited(line), samples=LEVELS, present=present)  # type: ignore[arg-type]


def found(*views: View, tables: Any = TABLES) -> list[Candidate]:
    return list(fitted(Levels(), tables)(list(views)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Line(2e-5, 3.75), "cells are moved by +0.25 steps before they are rounded"),
        (Line(2e-5, 2.0), "cells are moved by -1.5 steps before they are rounded"),
        (Line(2.02e-5, 3.5), "cells change 1 % more with dB than they should"),
        (Line(2.01e-5, 3.5), "cells change 0.5 % more with dB than they should"),
        (Line(1.9e-5, 3.5), "cells change 5 % less with dB than they should"),
        (
            Line(1.9e-5, 9.5),
            "cells change 5 % less with dB than they should and are moved by +6 steps before they are rounded",
        ),
    ],
)
def test_a_line_is_read(line: Line, words: str) -> None:
    seen = view(line)
    (candidate,) = found(seen)
    assert candidate.explanation == words
    assert (replay_of(candidate, seen) == seen.device).all()
    assert verified([candidate], [seen])


def test_no_line_is_told_where_none_gives_all_cells() -> None:
    bent = limited(Line(1.9e-5, 9.5))
    bent[7] += 1
    assert found(view_of(limited(RIGHT), bent, samples=LEVELS)) == []  # type: ignore[arg-type]


def test_columns_that_were_not_sent_and_cells_at_their_limits_tell_nothing() -> None:
    seen = view(Line(2e-5, 3.75))
    there = np.arange(400) != 7
    seen.device[7] = 99
    assert found(seen) == []
    (candidate,) = found(view_of(seen.expected, seen.device, samples=LEVELS, present=there))  # type: ignore[arg-type]
    assert "+0.25" in candidate.explanation
    high = np.full((4, 5), 9_000_000)
    limit = limited(RIGHT, high)
    assert found(view_of(limit, limit, samples=high)) == []


def test_levels_of_0_tell_no_slope() -> None:
    levels = LEVELS.copy()
    levels[:, 0] = 0
    line = Line(1.9e-5, 3.5)
    seen = view_of(limited(RIGHT, levels), limited(line, levels), samples=levels)  # type: ignore[arg-type]
    (candidate,) = found(seen)
    assert candidate.explanation == "cells change 5 % less with dB than they should"


@pytest.mark.filterwarnings("error")
def test_cells_of_one_level_are_no_line() -> None:
    levels = np.full((4, 5), 1000)
    device = np.array([[1, 5, 9, 5, 1]] * 4, np.int8)
    assert found(view_of(limited(RIGHT, levels), device, samples=levels)) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_slope_is_read_from_levels_of_one_sign(sign: int) -> None:
    levels = sign * np.abs(LEVELS)
    line = Line(1.9e-5, 3.5)
    seen = view_of(limited(RIGHT, levels), limited(line, levels), samples=levels)
    (candidate,) = found(seen)
    assert candidate.explanation == "cells change 5 % less with dB than they should"
    assert (replay_of(candidate, seen) == seen.device).all()


def test_levels_of_0_tell_no_slope_though_their_cell_is_the_bias() -> None:
    levels = LEVELS.copy()
    levels[:, 0] = 0
    right, line = Line(2e-5, 3.0), Line(1.9e-5, 3.0)
    tables = SimpleNamespace(quant_slope=TABLES.quant_slope, quant_bias=3 * 2**10, quant_shift=10)
    seen = view_of(limited(right, levels), limited(line, levels), samples=levels)  # type: ignore[arg-type]
    (candidate,) = found(seen, tables=tables)
    assert candidate.explanation == "cells change 5 % less with dB than they should"


def test_cells_beyond_the_limits_are_at_them() -> None:
    levels = 2 * LEVELS
    line = Line(1.9e-5, 3.5)
    seen = view_of(limited(RIGHT, levels), limited(line, levels), samples=levels)
    assert set(np.unique(seen.device)) >= {-128, 127}
    (candidate,) = found(seen)
    assert (replay_of(candidate, seen) == seen.device).all()
