"""Which pairs of levels are equal and come out apart, and which weights fit, on made-up levels."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import origin as o
from .decibels import Levels
from .fakes_views import view_of
from .search import View

DB = 65_536
FAR = 1 << 40
NO_ENERGY = -199 * DB
FLOOR = -80 * DB


def known(raw: Any, off: Any, wrong: Any = True, present: Any = None, half: int = 50) -> tuple[View, Levels]:
    """One band, or several: levels, and by what the middle of the device's can be off."""
    raw, off = np.atleast_2d(np.asarray(raw, np.int64).T).T, np.atleast_2d(np.asarray(off, np.int64).T).T
    expected = np.zeros(raw.shape, np.int8)
    device = expected + np.broadcast_to(np.asarray(wrong), raw.shape).astype(np.int8)
    return view_of(expected, device, present=present), Levels(raw, raw + off - half, raw + off + half)


@pytest.mark.parametrize(
    ("raw", "off", "found"),
    [
        ([0, 655], [7000, 0], (1, 1)),  # a hundredth of a decibel
        ([0, 656], [7000, 0], (0, 0)),
        ([655, 0], [0, 7000], (1, 1)),
        ([0, 100], [0, 7000], (1, 1)),
        ([0, 100], [6603, 0], (0, 0)),  # off by a tenth at least
        ([0, 100], [6604, -500], (1, 1)),
        ([0, 100], [-6603, 500], (0, 0)),
        ([0, 100], [-6604, 500], (1, 1)),
        ([0, 100], [9000, 9000 - 6653], (1, 0)),  # and apart by more than that
        ([0, 100], [9000, 9000 - 6654], (1, 1)),
        ([0, 100], [9000 - 6654, 9000], (1, 1)),
        ([0, 100], [9000 - 6653, 9000], (1, 0)),
        ([0, 100, 200], [0, 9000, 0], (2, 2)),
        ([0, 100, 9000], [0, 9000, 0], (1, 1)),
        ([], [], (0, 0)),
    ],
)
def test_pairs_of_equal_levels(raw: list[int], off: list[int], found: tuple[int, int]) -> None:
    assert o._pairs([known(raw, off)], FLOOR) == found


def test_pairs_are_of_one_band_and_of_all_files() -> None:
    several = known([[0, 0], [5000, 0], [0, 90_000]], [[9000, 0], [0, 9000], [0, 0]])
    assert o._pairs([several], FLOOR) == (2, 2)
    apart = [known([0], [9000]), known([10], [0]), known([90_000], [0])]
    assert o._pairs(apart, FLOOR) == (1, 1)


def test_right_cells_columns_that_never_came_and_the_floor_make_no_pair() -> None:
    assert o._pairs([known([0, 1], [9000, 0], [[False], [True]])], FLOOR) == (0, 0)
    assert o._pairs([known([0, 1], [9000, 0], [[True], [False]])], FLOOR) == (1, 1)
    assert o._pairs([known([0, 1], [9000, 0], present=[True, False])], FLOOR) == (0, 0)
    assert o._pairs([known([FLOOR, FLOOR + 1], [9000, 0])], FLOOR) == (0, 0)
    assert o._pairs([known([FLOOR + 1, FLOOR + 1], [9000, 0])], FLOOR) == (1, 1)


# ---- weights

BINS = 17
LOG: Any = SimpleNamespace(tables=SimpleNamespace(first_bin=2, segment_bins=(2, 3, 4, 5)))  # three bands


class Fits:
    """What is asked about: columns and bins of the spectrum, levels; some bands fit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fitting: int = 9) -> None:
        self.asked: list[tuple[list[int], list[int], Any, Any]] = []
        self._fitting = fitting
        monkeypatch.setattr(o, "_power", self._power)
        monkeypatch.setattr(o, "_fits", self._fits)

    def _power(self, view: View, _: Any) -> Any:
        rows = len(view.expected)
        return 100.0 * np.arange(rows)[:, None] + np.arange(BINS)

    def _fits(self, power: Any, low: Any, high: Any) -> bool:
        self.asked.append(((power[:, 0] // 100).tolist(), (power[0] % 100).tolist(), low, high))
        return len(self.asked) <= self._fitting


def weighed(*files: tuple[View, Levels], log: Any = LOG) -> bool | None:
    return o._weighed(list(files), log, SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.parametrize(("band", "first", "end"), [(0, 0, 10), (1, 1, 14), (2, 4, 17)])
def test_weights_are_looked_for_in_a_bands_bins_and_three_beside_it(
    band: int, first: int, end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 3 * (end - first)  # three cells a bin
    wrong = np.zeros((count + 5, 3))
    wrong[5:, band] = 1
    fits = Fits(monkeypatch)
    assert weighed(known(np.full((count + 5, 3), 2 * DB), np.full((count + 5, 3), DB), wrong)) is True
    [(rows, bins, low, high)] = fits.asked
    assert rows == list(range(5, count + 5)) and bins == list(range(first, end))
    assert set(low) == {3 - 50 / DB} and set(high) == {3 + 50 / DB}
    wrong[5, band] = 0  # one less
    assert weighed(known(np.full((count + 5, 3), 2 * DB), np.full((count + 5, 3), DB), wrong)) is None


@pytest.mark.parametrize(("fitting", "told"), [(5, True), (4, True), (3, False), (0, False)])
def test_four_of_five_bands_must_fit(fitting: int, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    Fits(monkeypatch, fitting)
    log = SimpleNamespace(tables=SimpleNamespace(first_bin=3, segment_bins=(1,) * 6))
    shape = 60, 5
    assert weighed(known(np.zeros(shape), np.full(shape, DB), np.ones(shape)), log=log) is told


@pytest.mark.parametrize("what", ["absent", "low", "high", "silent"])
def test_cells_without_bounds_say_nothing_of_weights(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch)
    raw, off = np.full((40, 3), 5), np.full((40, 3), DB)
    wrong = np.zeros((40, 3))
    wrong[:, 0] = 1
    view, levels = known(raw, off, wrong, present=np.arange(40) != 7 if what == "absent" else None)
    if what == "low":
        levels.low[[7, 8], 0] = -FAR, -FAR + 1
    if what == "high":
        levels.high[[7, 8], 0] = FAR, FAR - 1
    if what == "silent":
        levels.raw[[7, 8], 0] = NO_ENERGY, NO_ENERGY + 1
    assert weighed((view, levels)) is True
    [(rows, *_)] = fits.asked
    assert rows == [row for row in range(40) if row != 7]
    again = Fits(monkeypatch)
    assert weighed((view, levels), (view, levels)) is True
    assert len(again.asked[0][0]) == 78


@pytest.mark.parametrize(("off", "fits"), [(0, True), (1, True), (2, False)])
def test_nineteen_of_twenty_cells_must_fit(off: int, fits: bool) -> None:
    low = np.full(20, -0.5)
    low[:off] = 4
    assert o._fits(np.ones((20, 1)), low, low + 1.0) is fits


@pytest.mark.parametrize(("off", "fits"), [(0.045, True), (0.06, False), (0.09, False)])
def test_a_twentieth_of_a_decibel_is_spare(off: float, fits: bool) -> None:
    level = np.where(np.arange(40) % 2, off, -off).astype(np.float64)
    assert o._fits(np.ones((40, 1)), level, level) is fits


def test_weights_that_make_the_levels_fit() -> None:
    rng = np.random.default_rng(3)
    power = rng.uniform(0.1, 9, (60, 4))
    level = 10 * np.log10(power @ np.array([0.5, 2, 0, 1]))
    assert o._fits(power, level - 0.1, level + 0.1)
    shuffled = rng.permutation(level)
    assert not o._fits(power, shuffled - 0.1, shuffled + 0.1)
    assert not o._fits(np.zeros((60, 4)), level - 0.1, level + 0.1)  # no power at all


@pytest.mark.parametrize("window", [8, 12, 16])
def test_the_power_of_a_column_is_that_of_its_tapered_samples(window: int) -> None:
    settings: Any = SimpleNamespace(fft=16, window=window, hop=4)
    samples = np.random.default_rng(1).integers(-99, 99, 40).astype(np.int16)
    view = view_of(np.zeros((5, 1), np.int8), np.zeros((5, 1), np.int8), samples=samples)
    power = o._power(view, settings)
    before = (16 - window) // 2
    for column in range(5):
        total = np.zeros(9, complex)
        for n in range(window):
            taper = np.sin(np.pi * n / window) ** 2
            phase = -2j * np.pi * np.arange(9) * (n + before) / 16
            total += samples[4 * column + before + n] * taper * np.exp(phase)
        np.testing.assert_allclose(power[column], np.abs(total) ** 2, rtol=1e-9, atol=1e-6)
