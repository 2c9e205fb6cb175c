"""Levels that are off before they are rounded to cells are read from the cells, each kind on one short sound."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import decibels as d
from .decibels import DB, DEEP_FLOOR, Logarithm, decibels, voted
from .evidence import Int16
from .fakes_device import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import best, replay_of, view_of
from .search import Candidate, View

pytestmark = pytest.mark.native
Alter = Callable[[Any], Any]


@pytest.fixture
def log(front_end: FrontEnd) -> Logarithm:
    return Logarithm(front_end, tables_of(SETTINGS), SCALE, ZERO)


@pytest.fixture(scope="module")
def right() -> Int16:
    """Noise and tones that grow from silence to nearly full scale."""
    x = sound(8000, 1, 6)[:24_000].astype(np.float64)
    x += np.random.default_rng(2).normal(0, 300, len(x))
    grown = np.clip(x * np.exp(np.linspace(-9, 0.5, len(x))), -32000, 32000).astype(np.int16)
    grown[:700] = 0
    return grown


def raw_of(log: Logarithm, front_end: FrontEnd, right: Int16) -> Any:
    expected = front_end.features(right)
    levels = log.levels(view_of(expected, expected, samples=right))
    assert levels is not None
    return levels.raw


def view_with(
    log: Logarithm, front_end: FrontEnd, right: Int16, alter: Alter, floor: int | None = None
) -> View:
    raw = raw_of(log, front_end, right)
    device = log.cells(np.where(raw > DEEP_FLOOR, alter(raw), raw), floor).astype(np.int8)
    return view_of(front_end.features(right), device, samples=right)


def named(log: Logarithm, view: View) -> Candidate:
    candidate = best(decibels(log), [view])
    assert candidate is not None
    return candidate


def in_bands(raw: Any, steps: dict[int, float]) -> Any:
    raw = raw.copy()
    for band, by in steps.items():
        raw[:, band] += round(by * DB)
    return raw


def entry_off(log: Logarithm, raw: Any, entry: int, by: int) -> Any:
    index, fraction = log.entries(raw)
    weight = np.where(index == entry, 1 - fraction, 0) + np.where(index == entry - 1, fraction, 0)
    return raw + np.floor(by * weight).astype(np.int64)


def interpolated(log: Logarithm, raw: Any, off: Alter) -> Any:
    index, fraction = log.entries(raw)
    return raw + np.floor(log.step(index) * off(fraction)).astype(np.int64)


def test_cells_of_the_right_levels_are_the_right_cells(
    log: Logarithm, front_end: FrontEnd, right: Int16
) -> None:
    raw = raw_of(log, front_end, right)
    np.testing.assert_array_equal(log.cells(raw), front_end.features(right))
    assert (raw <= DEEP_FLOOR).any() and (raw > -20 * DB).any()


def test_the_bounds_of_a_cell_enclose_just_its_levels(log: Logarithm) -> None:
    cells = np.arange(-128, 128)
    low, high = log._bounds(cells)
    inner = slice(1, 255)
    np.testing.assert_array_equal(log.cells(low[inner], DEEP_FLOOR), cells[inner])
    np.testing.assert_array_equal(log.cells(low[inner] - 1, DEEP_FLOOR), cells[inner] - 1)
    np.testing.assert_array_equal(log.cells(high[inner] - 1, DEEP_FLOOR), cells[inner])
    assert low[0] == -(1 << 40) and high[-1] == 1 << 40


def test_entries_and_fractions_make_the_levels_again(
    log: Logarithm, front_end: FrontEnd, right: Int16
) -> None:
    raw = raw_of(log, front_end, right)
    index, fraction = log.entries(raw)
    assert index.min() >= 0 and index.max() <= 63 and fraction.min() >= 0 and fraction.max() < 1
    table = log._octave
    again = table[index] + fraction * log.step(index)
    np.testing.assert_allclose(again, (raw - log.band_db) % int(table[-1]), atol=1e-6)
    assert set(np.unique(index)) >= set(range(64))


@pytest.mark.parametrize(
    ("steps", "cause", "told"),
    [
        ({7: 1.3}, "level of band 7", "in every column: band 7 1.3"),
        ({2: -2.2, 3: -2.2, 4: -2.2}, "level of 3 bands", "bands 2, 3, 4 2.2"),
        ({1: 1.5, 9: -3}, "level of 2 bands", "band 1 1.5"),
        (dict.fromkeys(range(5), 2.0), "level of 5 bands", "bands 0, 1, 2, 3 and 1 more 2.0"),
        ({k: k + 1.0 for k in range(5)}, "level of 5 bands", "dB too high and 1 more"),
    ],
)
def test_levels_of_some_bands(
    log: Logarithm, front_end: FrontEnd, right: Int16, steps: dict[int, float], cause: str, told: str
) -> None:
    view = view_with(log, front_end, right, lambda raw: in_bands(raw, steps))
    candidate = named(log, view)
    assert candidate.cause == cause and told in candidate.explanation
    assert ("too low" in candidate.explanation) == (min(steps.values()) < 0)
    assert ("too high" in candidate.explanation) == (max(steps.values()) > 0)
    # where a figure lies within what rounding allows is not known
    assert np.mean(replay_of(candidate, view) == view.device) > 0.98


@pytest.mark.parametrize(("by", "word"), [(-DB // 4, "0.25 dB too low"), (3 * DB, "3.00 dB too high")])
def test_levels_of_all_bands(log: Logarithm, front_end: FrontEnd, right: Int16, by: int, word: str) -> None:
    view = view_with(log, front_end, right, lambda raw: raw + by)
    causes = {each.cause: each for each in decibels(log)([view])}
    told = causes["level of all bands"]
    assert abs(float(told.explanation.split(" are ")[1].split()[0]) - float(word.split()[0])) < 0.05
    assert told.explanation.split("dB ")[1].startswith(word.split("dB ")[1])
    assert np.mean(replay_of(told, view) == view.device) > 0.97


FRACTIONS: dict[str, Alter] = {
    "interpolation missing": lambda f: -f,
    "interpolation halved": lambda f: -f / 2,
    "interpolation doubled": lambda f: f,
    "nearest entry": lambda f: np.rint(f) - f,
    "next entry": lambda f: 1 - f,
}


@pytest.mark.parametrize("cause", FRACTIONS)
def test_between_the_entries_of_the_table(
    log: Logarithm, front_end: FrontEnd, right: Int16, cause: str
) -> None:
    view = view_with(log, front_end, right, lambda raw: interpolated(log, raw, FRACTIONS[cause]))
    (candidate,) = [each for each in decibels(log)([view]) if each.cause == cause]
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


@pytest.mark.parametrize(("entry", "by"), [(39, 9000), (1, -20_000), (62, 30_000)])
def test_one_entry_of_the_table(
    log: Logarithm, front_end: FrontEnd, right: Int16, entry: int, by: int
) -> None:
    view = view_with(log, front_end, right, lambda raw: entry_off(log, raw, entry, by))
    candidate = named(log, view)
    assert candidate.cause == f"entry {entry} of the logarithm"
    assert f"dB too {'high' if by > 0 else 'low'}" in candidate.explanation


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("of_energy", [True, False])
def test_levels_beyond_one(
    log: Logarithm, front_end: FrontEnd, right: Int16, above: bool, of_energy: bool
) -> None:
    def alter(raw: Any) -> Any:
        size = raw - log.band_db if of_energy else raw
        edge = np.percentile(size[raw > log.tables.floor_q16], 60 if above else 40)
        return np.where(size > edge if above else size < edge, raw - 3 * DB, raw)

    view = view_with(log, front_end, right, alter)
    candidate = named(log, view)
    assert candidate.cause == f"levels {'above' if above else 'below'} one"
    assert (
        f"only {'energies' if of_energy else 'levels'} {'from' if above else 'up to'} "
        in candidate.explanation
    )
    assert "dB too low" in candidate.explanation
    assert np.mean(replay_of(candidate, view) == view.device) > 0.98


@pytest.mark.parametrize(("factor", "plus"), [(0.5, 0), (0.9, 3), (1.2, -10), (1.02, 0)])
def test_levels_times_a_factor(
    log: Logarithm, front_end: FrontEnd, right: Int16, factor: float, plus: int
) -> None:
    view = view_with(log, front_end, right, lambda raw: (raw * factor).astype(np.int64) + plus * DB)
    (candidate,) = [each for each in decibels(log)([view]) if each.cause.startswith("levels ×")]
    assert abs(float(candidate.cause.removeprefix("levels ×")) - factor) < 0.006
    assert np.mean(replay_of(candidate, view) == view.device) > 0.97


def test_another_floor(log: Logarithm, front_end: FrontEnd, right: Int16) -> None:
    floor = log.tables.floor_q16
    higher = view_with(log, front_end, right, lambda raw: raw, floor + 12 * DB)
    candidate = named(log, higher)
    assert candidate.cause == "floor off"
    assert f"instead of {floor / DB:.1f} dB" in candidate.explanation
    np.testing.assert_array_equal(replay_of(candidate, higher), higher.device)


def test_silence_that_is_another_value(log: Logarithm, front_end: FrontEnd, right: Int16) -> None:
    raw = raw_of(log, front_end, right)
    expected = front_end.features(right)
    device = np.where(raw <= DEEP_FLOOR, 17, expected).astype(np.int8)
    view = view_of(expected, device, samples=right)
    candidate = named(log, view)
    assert candidate.cause == "silence off"
    assert candidate.explanation == "bands without any energy are 17 instead of the floor's value"
    np.testing.assert_array_equal(replay_of(candidate, view), device)


def test_noise_and_short_samples_are_not_explained(log: Logarithm, front_end: FrontEnd, right: Int16) -> None:
    expected = front_end.features(right)
    step = np.random.default_rng(4).integers(-9, 10, expected.shape)
    noisy = view_of(expected, (expected + step).clip(-128, 127).astype(np.int8), samples=right)
    assert best(decibels(log), [noisy]) is None
    short = view_of(expected, noisy.device, samples=right[:1000])
    assert log.levels(short) is None and not list(decibels(log)([short]))
    (candidate, *_) = decibels(log)([noisy])
    assert candidate.replay(short) is None
    assert candidate.replay(replace(noisy, file=replace(noisy.file, name="b.wav"))) is not None


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ([0, 5, 6, 100], [10, 12, 8, 200], (7, 3)),
        ([], [], (0, 0)),
        ([-10, 30], [-2, 50], (-6, 1)),
        ([-(1 << 40), -(1 << 40)], [7, 9], (6, 2)),
        ([7, 9], [1 << 40, 1 << 40], (9, 2)),
        ([1, 3], [3, 5], (2, 1)),
    ],
)
def test_the_figure_in_most_intervals(low: list[int], high: list[int], told: tuple[int, int]) -> None:
    assert voted(np.array(low, np.int64), np.array(high, np.int64)) == told


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (DB, "1.00 dB too high"),
        (-DB // 2, "0.50 dB too low"),
        (DB // 20, "0.05 dB too high"),
        (-DB // 300, "0.0033 dB too low"),
        (DB // 10 + 1, "0.10 dB too high"),
    ],
)
def test_a_figure_in_decibels(by: int, told: str) -> None:
    assert d._decibel(by) == told


def test_levels_below_and_above_all_cells_are_at_the_limits(log: Logarithm) -> None:
    levels = np.array([DEEP_FLOOR, 400 * DB], np.int64)
    assert log.cells(levels, DEEP_FLOOR).tolist() == [-128, 127]
