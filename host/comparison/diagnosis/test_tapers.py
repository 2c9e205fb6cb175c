"""Other windows than Hann's are named by what the columns become."""

from dataclasses import replace

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from .fakes_device import sound
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
    ("name", "shape"),
    [
        ("a Hann", [0, 0.14645, 0.5, 1]),
        ("a Hamming", [0.08, 0.21473, 0.54, 1]),
        ("a Hamming (25/46)", [0.08696, 0.22067, 0.54348, 1]),
        ("a Blackman", [0, 0.06645, 0.34, 1]),
        ("a Blackman-Harris", [0.00006, 0.02174, 0.21747, 1]),
        ("a sine", [0, 0.38268, 0.70711, 1]),
        ("a triangular", [0, 0.25, 0.5, 1]),
        ("a Welch", [0, 0.4375, 0.75, 1]),
    ],
)
def test_each_window_has_its_shape(name: str, shape: list[float]) -> None:
    """An eighth, a quarter and half of the way; the second half is the first one in reverse."""
    given = SHAPES[name]
    assert [given(x) for x in (0, 1 / 8, 1 / 4, 1 / 2)] == pytest.approx(shape, abs=6e-6)
    assert given(3 / 8) == pytest.approx(given(5 / 8)) and given(3 / 4) == pytest.approx(given(1 / 4))


def test_a_symmetric_window_ends_as_it_begins() -> None:
    windows = dict(other_windows(256, 1000))
    for name in SHAPES:
        symmetric = windows[f"{name} window".replace(" ", " symmetric ", 1)]
        np.testing.assert_array_equal(symmetric, symmetric[::-1])
    for name in set(SHAPES) - {"a Hann"}:
        periodic = windows[f"{name} window"]
        assert (periodic[1:] == periodic[:0:-1]).all() and periodic[128] == 1000
    assert "a symmetric Hamming (25/46) window" in windows


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
