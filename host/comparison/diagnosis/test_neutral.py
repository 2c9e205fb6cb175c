"""What is told where no cause reproduces the values: facts that hold, and where in the front end they arise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from .conftest import Explain
from .decibels import DB, voted
from .fakes_device import Held, Int8
from .fakes_faults_more import _levels, _tables
from .finding import NEUTRAL
from .origin import BEFORE_LOG, IN_LOG, IN_MEL, NOT_MEL
from .places import apart

pytestmark = [pytest.mark.native, pytest.mark.slow]


def _scrambled(bundle: Bundle, field: str) -> Callable[[Any, Held | None], Any]:
    """Front end whose table holds the right values in other places."""
    rng = np.random.default_rng(5)

    def change(tables: Any) -> Any:
        values = getattr(tables, field)
        return replace(tables, **{field: tuple(np.asarray(values)[rng.permutation(len(values))].tolist())})

    return _tables(bundle, change)


def _wavy(bundle: Bundle) -> Callable[[Any, Held | None], Any]:
    """Levels off by what the level itself says."""
    return _levels(bundle, lambda _, raw: raw + np.rint(3 * DB * np.sin(raw / DB / 3)).astype(np.int64))


@pytest.mark.parametrize(
    ("fault", "told", "not_told"),
    [
        (lambda b: _scrambled(b, "shares_q16"), IN_MEL, NOT_MEL),
        (lambda b: _scrambled(b, "weights"), NOT_MEL, IN_MEL),
        (_wavy, IN_LOG, BEFORE_LOG),
    ],
    ids=["mel", "window", "logarithm"],
)
def test_the_stage_is_known_though_the_cause_is_not(
    explain: Explain, model_bundle: Bundle, fault: Any, told: str, not_told: str
) -> None:
    (finding,) = explain(features=fault(model_bundle))
    assert finding.cause == NEUTRAL
    assert told in finding.explanation
    assert not_told not in finding.explanation


def test_single_cells_with_a_flipped_bit(explain: Explain) -> None:
    def flip(columns: Int8, held: Held | None) -> Int8:
        columns = columns.copy()
        start = 36 if held is None else 36 - len(held.columns) % 37
        for row in range(start, len(columns), 37):
            columns[row, row % 16] ^= np.int8(8)
        return columns

    (finding,) = explain(sent=flip)
    assert finding.cause == "bit 3 of single cells"


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([499, 999, 1499], "every 500th column of the run"),
        (list(range(1, 25, 2)), "every 2nd column of the run"),
        ([1, 3, 5, 7], ""),
        ([10, 40, 100, 190], "always a multiple of 30 columns apart"),
        ([10, 41, 100], ""),
        ([10, 40], ""),
    ],
)
def test_distances(places: list[int], told: str) -> None:
    assert apart(places, "column") == told


def test_the_figure_in_most_intervals() -> None:
    low = np.array([0, 5, 6, 100], np.int64)
    high = np.array([10, 12, 8, 200], np.int64)
    by, count = voted(low, high)
    assert count == 3
    assert 6 <= by < 8
    assert voted(np.empty(0, np.int64), np.empty(0, np.int64)) == (0, 0)
