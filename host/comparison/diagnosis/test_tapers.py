"""Other windows than Hann's are named by what the columns become."""

from dataclasses import replace

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from .conftest import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import best, view_of
from .tapers import SHAPES, other_tapers, other_windows, weights_order

pytestmark = pytest.mark.native
TABLES = tables_of(SETTINGS)
TOP = max(TABLES.weights)


def test_the_right_window_is_the_table_in_its_order() -> None:
    weights = np.empty(256, np.int64)
    weights[weights_order(256)] = TABLES.weights
    right = [round(TOP * SHAPES["a Hann"](place / 256)) for place in range(256)]
    assert np.abs(weights - right).max() <= 1


def test_every_window_but_the_right_one_is_tried() -> None:
    names = [name for name, _ in other_windows(256, TOP)]
    assert len(names) == 2 * len(SHAPES) - 1 == len(set(names))
    assert "a Hann window" not in names and "a symmetric Hann window" in names


@pytest.mark.parametrize(
    "words", ["a Hamming window", "a symmetric Hann window", "a sine window", "a Blackman window"]
)
def test_a_window_is_named(front_end: FrontEnd, words: str) -> None:
    weights = dict(other_windows(256, TOP))[words]
    other = replace(TABLES, weights=tuple(weights[weights_order(256)].tolist()))
    samples = sound(8000, 1, 2)
    device = FrontEnd(SETTINGS, SCALE, ZERO, other).features(samples)
    view = view_of(front_end.features(samples), device, samples=samples)
    found = best(other_tapers(front_end, TABLES, SCALE, ZERO), [view])
    assert (
        found is not None and found.explanation == f"samples are tapered by {words} instead of a Hann window"
    )


def test_a_longer_fft_than_window_is_left() -> None:
    settings = replace(SETTINGS, window=200)
    tables = tables_of(settings)
    assert list(other_tapers(FrontEnd(settings, SCALE, ZERO), tables, SCALE, ZERO)([])) == []
