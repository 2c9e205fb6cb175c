"""The quantiser's roundings: each is told by the cells that it gives, of a traced column, too."""

from fractions import Fraction
from math import ceil, floor, trunc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from .fakes_views import best, view_of
from .quantiser import cells_cause, quantised

SHIFT = 4
TABLES: Any = SimpleNamespace(quant_slope=1 << 27, quant_bias=(1 << SHIFT) // 2 + 5, quant_shift=SHIFT)
LEVELS = np.arange(-900, 900, 3).reshape(-1, 6)
HALF = Fraction(1, 2)


class Levels:
    """A front end whose levels are the samples."""

    def values(self, samples: Any) -> Any:
        """int [columns, bands]."""
        return samples


def cells_by(rounded: Any) -> Any:
    """Cells of a level each, which is rounded so; a level is a sixteenth, and 5 of them are added."""
    given = [rounded(Fraction(int(level) + 5, 1 << SHIFT)) for level in LEVELS.ravel()]
    return np.clip(given, -128, 127).astype(np.int8).reshape(LEVELS.shape)


def _even(exact: Fraction) -> int:
    return round(exact)


RIGHT = cells_by(lambda exact: floor(exact + HALF))


@pytest.mark.parametrize(
    ("rounded", "cause", "told"),
    [
        (lambda x: floor(x), "rounded down", "rounded down instead of to the nearest"),
        (lambda x: floor(x) + 1, "rounded up", "rounded up instead of to the nearest"),
        (lambda x: trunc(x), "truncated", "truncated towards 0 instead of rounded"),
        (lambda x: trunc(x + HALF), "half added, truncated", "negative ones alone differ"),
        (lambda x: floor(abs(x) + HALF) * (1 if x > 0 else -1), "halves away from 0", "away from 0 instead of up"),
        (lambda x: ceil(x - HALF), "halves down", "rounded down instead of up"),
        (_even, "halves to even", "to the even one instead of up"),
    ],
)  # fmt: skip
def test_each_rounding_is_told(rounded: Any, cause: str, told: str) -> None:
    device = cells_by(rounded)
    view = view_of(RIGHT, device, samples=LEVELS)
    found = best(quantised(Levels(), TABLES), [view])  # type: ignore[arg-type]
    assert found is not None and found.cause == cause and told in found.explanation
    of_trace = cells_cause(LEVELS.ravel(), device.ravel(), TABLES)
    assert of_trace is not None and of_trace.told == found.explanation and of_trace.computed


def test_the_product_rounded_towards_0() -> None:
    levels = np.arange(-900, 900, 3)
    tables: Any = SimpleNamespace(quant_slope=(1 << 27) // 7, quant_bias=8, quant_shift=1)
    product = levels * 32 * tables.quant_slope / 2**32
    device = np.clip((np.trunc(product).astype(np.int64) + 8) >> 1, -128, 127)
    found = cells_cause(levels, device, tables)
    assert found is not None and found.told == (
        "the product of level and slope is rounded towards 0 instead of down, or the bias is 1 more, which of levels "
        "below 0 gives the same"
    )


def test_two_roundings_that_a_column_does_not_tell_apart() -> None:
    above = LEVELS.ravel()[LEVELS.ravel() > 0]
    found = cells_cause(above, (above + 5) >> SHIFT, TABLES)
    assert found is not None
    assert found.told.startswith(
        "cells are rounded down instead of to the nearest; or, which gives the same here: cells"
    )
    assert cells_cause(above, above, TABLES) is None


@pytest.mark.parametrize(
    ("levels", "cells", "ways"),
    [
        ([-29, 7, -45], [-2, 1, -3], 2),  # -1.5, 0.75 and -2.5: down, or away from 0
        ([-29, 7], [-2, 1], 3),  # or to even
        ([-29, 7, -45, 9000, -9000], [-2, 1, -3, 127, -128], 2),
    ],
)
def test_two_ways_that_give_the_same_are_told_and_no_more(
    levels: list[int], cells: list[int], ways: int
) -> None:
    found = cells_cause(np.array(levels), np.array(cells, np.int8), TABLES)
    assert (found is not None) == (ways == 2)
    assert found is None or found.told.count("halves of a cell") == 2


BIASED: Any = SimpleNamespace(quant_slope=(1 << 27) // 3, quant_bias=2011, quant_shift=6)  # 31.4 cells


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            lambda product: (product >> 6) + (2011 >> 6),
            "product and bias are shifted each by itself and then added, so that both lose their fractions",
        ),
        (lambda product: product >> 6, "the bias is not added"),
        (lambda product: (product + 2 * 2011) >> 6, "the bias is added twice"),
        (lambda product: (product - 2011) >> 6, "the bias is subtracted instead of added"),
    ],
)
def test_other_ways_to_add_the_bias(cells: Any, told: str) -> None:
    product = LEVELS.ravel() * 32 * BIASED.quant_slope >> 32
    found = cells_cause(LEVELS.ravel(), np.clip(cells(product), -128, 127), BIASED)
    assert found is not None and found.told == told and found.computed
