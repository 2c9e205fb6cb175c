"""What is told of levels that are off, at the limits of each rule: levels are given, no sound is computed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import decibels as d
from .decibels import Levels, Logarithm, voted
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import replay_of, view_of
from .search import Candidate, View

pytestmark = pytest.mark.native
DB = 65_536  # one, in Q16
FLOOR = -60 * DB
SILENT = -199 * DB  # of no energy
BANDS = 16
Rule = Callable[[Logarithm, View, Levels], Iterator[Candidate]]


@pytest.fixture(scope="module")
def log(front_end: FrontEnd) -> Logarithm:
    """With a floor above the lowest cell."""
    return Logarithm(front_end, replace(tables_of(SETTINGS), floor_q16=FLOOR), SCALE, ZERO)


def quiet(rows: int) -> Any:
    """Levels below the floor, int64 [rows, bands]."""
    return np.full((rows, BANDS), FLOOR - DB, np.int64)


def given(log: Logarithm, raw: Any, off: Any, spread: int = 1, **view: Any) -> tuple[View, Levels]:
    """Levels that are known to be `off` by so much, the cells of which differ."""
    off = np.broadcast_to(off, raw.shape)
    right, other = log.cells(raw), log.cells(raw + off)
    other = np.where(off == 0, right, np.where(other == right, right ^ 1, other))
    made = view_of(right.astype(np.int8), other.astype(np.int8), **view)
    levels = Levels(raw, raw + off, raw + off + spread)
    log._known[id(made.file.piece)] = made.file.piece, levels
    return made, levels


def told(rule: Rule, log: Logarithm, view: View, levels: Levels) -> list[tuple[str, str]]:
    return [(each.cause, each.explanation) for each in rule(log, view, levels)]


def test_cells_end_at_the_rails(log: Logarithm) -> None:
    np.testing.assert_array_equal(log.cells(np.array([SILENT, 60 * DB]), SILENT), [-128, 127])
    assert log._bounds(np.array([-128]))[0] == -(1 << 40) and log._bounds(np.array([127]))[1] == 1 << 40


def test_levels_without_energy_are_as_low_as_said(log: Logarithm) -> None:
    view = view_of(
        np.zeros((1, BANDS), np.int8), np.zeros((1, BANDS), np.int8), samples=np.zeros(256, np.int16)
    )
    levels = log.levels(view)
    assert levels is not None and (levels.raw == SILENT).all()


HALF = 1 << 39


@pytest.mark.parametrize(
    ("low", "high", "middle"),
    [
        (-HALF, 9, 8),
        (1 - HALF, 9, (10 - HALF) // 2),
        (-HALF, HALF, HALF - 1),
        (9, HALF, 9),
        (9, HALF - 1, (HALF + 8) // 2),
        (-HALF, 1 << 40, (1 << 40) - 1),
    ],
)
def test_from_half_the_way_to_the_end_on_an_interval_has_none(low: int, high: int, middle: int) -> None:
    assert voted(np.array([low]), np.array([high])) == (middle, 1)


@pytest.mark.parametrize(
    ("offs", "by"),
    [
        ([700] * 6, 700),
        ([700] * 5, None),
        ([700] * 18 + [90] * 2, 700),
        ([700] * 17 + [90] * 3, None),
        ([0] * 8, None),
        ([700] * 6 + [90] * 6, None),
    ],
)
def test_a_figure_is_read_from_six_cells_and_nine_tenths(
    log: Logarithm, offs: list[int], by: int | None
) -> None:
    raw = np.full((len(offs), BANDS), -20 * DB)
    _, levels = given(log, raw, np.array(offs)[:, None])
    cells = np.zeros(raw.shape, np.bool_)
    cells[:, 3] = True
    assert d._read(levels, cells) == by
    if by is not None:
        assert d._read(levels, cells, np.full(raw.shape, 0.5)) in (2 * by, 2 * by + 1)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (6552, "0.1 dB too high"),
        (6553, "0.10 dB too high"),
        (-6552, "0.1 dB too low"),
        (1000 * DB, "1000.00 dB too high"),
        (0, "0 dB too low"),
    ],
)
def test_a_tenth_of_a_decibel_is_told_with_two_places(by: int, said: str) -> None:
    assert d._decibel(by) == said


@pytest.mark.parametrize(("count", "right", "named"), [(6, 0, True), (5, 0, False), (6, 7, False)])
def test_a_floor_is_read_from_six_cells_at_the_right_one(
    log: Logarithm, count: int, right: int, named: bool
) -> None:
    """Cells at the floor itself tell it, those above do not."""
    raw = np.full((12, BANDS), -20 * DB)
    raw[:count, 2] = FLOOR
    raw[:right, 5] = FLOOR
    off = np.zeros_like(raw)
    off[:count, 2] = 12 * DB
    off[-1, -1] = 5 * DB
    view, levels = given(log, raw, off)
    found = told(d._floors, log, view, levels)
    assert found[0] == ("floor missing", "levels below the floor are not raised to it")
    if not named:
        assert len(found) == 1
        return
    cell = int(log.cells(np.array([-48 * DB]))[0])
    assert found[1:] == [
        (
            "floor off",
            f"no cell is below {cell}: the floor is about -48.0 dB instead of -60.0 dB, "
            f"or fe_quantise's lower bound is {cell}",
        )
    ]


def test_a_floor_is_looked_for_only_where_cells_below_differ(log: Logarithm) -> None:
    raw = quiet(8)
    raw[:, 0] = -20 * DB
    off = np.zeros_like(raw)
    off[:, 0] = DB
    view, levels = given(log, raw, off)
    low = replace(levels, low=levels.low + 20 * DB, high=levels.high + 20 * DB)
    assert len(told(d._floors, log, view, low)) == 1
    off[0, 1] = 20 * DB
    view, levels = given(log, raw, off)
    low = replace(levels, low=raw + 20 * DB, high=raw + 20 * DB + 1)
    assert told(d._floors, log, view, low)[1][0] == "floor off"
    absent, _ = given(log, raw, off, present=[False, *[True] * 7])
    assert len(told(d._floors, log, absent, low)) == 1, "a row that did not come tells nothing"


def test_a_missing_floor_leaves_silence_alone(log: Logarithm) -> None:
    raw = quiet(4)
    raw[:, 3] = SILENT
    view, levels = given(log, raw, 0)
    (missing,) = d._floors(log, view, levels)
    values = replay_of(missing, view)
    assert (values[:, 3] == view.expected[:, 3]).all()
    np.testing.assert_array_equal(values[:, :3], log.cells(raw[:, :3], SILENT))
    assert (values[:, :3] < view.expected[:, :3]).all()


def test_silence_is_what_most_silent_cells_are(log: Logarithm) -> None:
    raw = quiet(5)
    raw[:, 3] = SILENT
    view, levels = given(log, raw, 0)
    view.device[:, 3] = [-9, -9, 40, 40, 40]
    _, silence, *_ = d._floors(log, view, levels)
    assert silence.explanation == "bands without any energy are 40 instead of the floor's value"
    values = replay_of(silence, view)
    assert (values[:, 3] == 40).all() and (values[:, :3] == view.expected[:, :3]).all()


def test_between_two_entries_is_told_of_any_sound(log: Logarithm) -> None:
    raw = np.full((1, BANDS), SILENT)
    view, _ = given(log, raw, 0)
    found = list(d._fractions(log))
    assert [each.cause for each in found] == [
        "interpolation missing",
        "interpolation halved",
        "interpolation doubled",
        "nearest entry",
        "next entry",
    ]
    assert all((replay_of(each, view) == view.expected).all() for each in found), "silence stays"


def of_bands(log: Logarithm, offs: dict[int, int], rows: int = 6) -> tuple[View, Levels]:
    raw, off = quiet(rows), np.zeros((rows, BANDS), np.int64)
    for band, by in offs.items():
        raw[:, band], off[:, band] = -20 * DB, by
    return given(log, raw, off)


PLACE = "levels are off before they are rounded, the same in every column: "


@pytest.mark.parametrize(
    ("offs", "cause", "names"),
    [
        ({7: 2 * DB}, "level of band 7", "band 7 2.00 dB too high"),
        ({1: 2 * DB, 9: 2 * DB}, "level of 2 bands", "bands 1, 9 2.00 dB too high"),
        ({1: 2 * DB, 9: 2 * DB + 6552}, "level of 2 bands", "bands 1, 9 2.05 dB too high"),
        (
            {1: 2 * DB, 9: 2 * DB + 6553},
            "level of 2 bands",
            "band 1 2.00 dB too high, band 9 2.10 dB too high",
        ),
        (dict.fromkeys(range(4), -DB), "level of 4 bands", "bands 0, 1, 2, 3 1.00 dB too low"),
        (dict.fromkeys(range(5), -DB), "level of 5 bands", "bands 0, 1, 2, 3 and 1 more 1.00 dB too low"),
        (
            {k: (k + 1) * DB for k in range(4)},
            "level of 4 bands",
            ", ".join(f"band {k} {k + 1}.00 dB too high" for k in range(4)),
        ),
        (
            {k: (k + 1) * DB for k in range(6)},
            "level of 6 bands",
            ", ".join(f"band {k} {k + 1}.00 dB too high" for k in range(4)) + " and 2 more",
        ),
    ],
)
def test_what_is_told_of_bands(log: Logarithm, offs: dict[int, int], cause: str, names: str) -> None:
    view, levels = of_bands(log, offs)
    assert told(d._bands, log, view, levels)[0] == (cause, PLACE + names)


def test_bands_are_read_where_they_are_heard(log: Logarithm) -> None:
    view, levels = of_bands(log, {4: 2 * DB}, 12)
    levels.raw[6:, 4] = FLOOR  # what is at the floor says nothing
    levels.low[6:, 4] += 90 * DB
    levels.high[6:, 4] += 90 * DB
    found = told(d._bands, log, view, levels)
    assert [cause for cause, _ in found] == ["level of band 4", "level of all bands"]
    gone = replace(view, present=np.arange(12) > 0)
    assert told(d._bands, log, gone, levels) == []


def test_bands_without_a_figure_are_not_named(log: Logarithm) -> None:
    view, levels = of_bands(log, {2: 2 * DB, 3: 3 * DB})
    levels.low[:3, 3] += DB
    levels.high[:3, 3] += DB
    found = told(d._bands, log, view, levels)
    assert found == [("level of band 2", PLACE + "band 2 2.00 dB too high")]
    view, levels = of_bands(log, {3: 3 * DB})
    levels.low[:3, 3] += DB
    levels.high[:3, 3] += DB
    assert told(d._bands, log, view, levels) == []


def test_silence_is_not_raised_with_its_band(log: Logarithm) -> None:
    view, levels = of_bands(log, dict.fromkeys(range(BANDS), 150 * DB), 10)
    levels.raw[-1] = SILENT
    view.expected[-1] = view.device[-1] = log.cells(levels.raw[-1])
    some, every = d._bands(log, view, levels)
    assert every.cause == "level of all bands"
    assert every.explanation == "the levels of all bands are 150.00 dB too high, before they are rounded"
    for each in (some, every):
        np.testing.assert_array_equal(replay_of(each, view), view.device)


def at_entry(log: Logarithm, entry: int, parts: list[float]) -> Any:
    """Levels of band 0 whose part `parts` of the way from `entry` to the next one, one a row; others are quiet."""
    raw = quiet(len(parts))
    octaves = int(log._octave[-1])
    start = (FLOOR + 20 * DB - log.band_db[0]) // octaves * octaves + log.band_db[0] + log._octave[entry]
    step = int(log._octave[entry + 1] - log._octave[entry])
    raw[:, 0] = start + np.rint(np.array(parts) * step).astype(np.int64)
    return raw


def part_of(log: Logarithm, raw: Any) -> Any:
    """How far levels of band 0 lie towards the next entry."""
    return log.entries(raw)[1][:, 0]


def of_entry(log: Logarithm, entry: int, parts: list[float], by: int) -> tuple[View, Levels]:
    """What lies behind `entry`, of which that entry is off by so much."""
    raw = at_entry(log, entry, parts)
    off = np.zeros_like(raw)
    off[:, 0] = np.floor(by * (1 - part_of(log, raw)))
    return given(log, raw, off, 3)


PARTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


@pytest.mark.parametrize(("entry", "parts"), [(0, PARTS), (5, PARTS), (63, PARTS)])
def test_an_entry_by_what_lies_behind_it(log: Logarithm, entry: int, parts: list[float]) -> None:
    view, levels = of_entry(log, entry, parts, 10 * DB)
    (found,) = told(d._entry, log, view, levels)
    assert found[0] == f"entry {entry} of the logarithm"
    assert found[1] == (
        f"entry {entry} of the logarithm's table is 10.00 dB too high, which moves the levels between its neighbours"
    )


@pytest.mark.parametrize("entry", [1, 64])
def test_an_entry_by_what_lies_before_it(log: Logarithm, entry: int) -> None:
    """The last one, too, of which nothing lies behind."""
    raw = at_entry(log, entry - 1, PARTS)
    off = np.zeros_like(raw)
    off[:, 0] = np.floor(-10 * DB * part_of(log, raw))
    view, levels = given(log, raw, off, 3)
    (candidate,) = d._entry(log, view, levels)
    assert candidate.cause == f"entry {entry} of the logarithm"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def test_an_entry_needs_six_cells_that_are_heard(log: Logarithm) -> None:
    view, levels = of_entry(log, 5, PARTS, 10 * DB)
    assert len(told(d._entry, log, replace(view, present=np.arange(6) < 5), levels)) == 0
    index = int(log.entries(np.array([[FLOOR] + [SILENT] * 15]))[0][0, 0])
    view, levels = of_entry(log, index, [*PARTS, 0.0], 10 * DB)
    levels.raw[6, 0] = FLOOR
    assert len(told(d._entry, log, view, levels)) == 1
    view.device[0, 0] = view.expected[0, 0]  # five are wrong then, and the one at the floor
    assert told(d._entry, log, view, levels) == []


def test_an_entry_is_read_where_cells_are_above_the_floor(log: Logarithm) -> None:
    """What lies at it, as right as it may be, tells no figure."""
    index = int(log.entries(np.array([[FLOOR] + [SILENT] * 15]))[0][0, 0])
    view, levels = of_entry(log, index, [*PARTS, 0.0, 0.0, 0.0], 10 * DB)
    levels.raw[6:, 0] = FLOOR
    levels.low[6:, 0], levels.high[6:, 0] = FLOOR, FLOOR + 1
    view.device[6:, 0] = view.expected[6:, 0]
    assert [cause for cause, _ in told(d._entry, log, view, levels)] == [f"entry {index} of the logarithm"]


@pytest.mark.parametrize(("elsewhere", "named"), [(1, True), (2, False)])
def test_an_entry_has_nine_tenths_of_what_differs(log: Logarithm, elsewhere: int, named: bool) -> None:
    parts = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.15, 0.25, 0.35, 0.45]
    view, levels = of_entry(log, 5, parts, 10 * DB)
    for row in range(elsewhere):
        levels.raw[row, 0] = at_entry(log, 40, [0.5])[0, 0]
    assert bool(told(d._entry, log, view, levels)) == named


@pytest.mark.parametrize(("part", "heard"), [(0.05, False), (0.07, True)])
def test_cells_that_an_entry_hardly_moves_tell_no_figure(log: Logarithm, part: float, heard: bool) -> None:
    """Beside six that tell one lie two that say that it is right; one of the table's steps has a twentieth."""
    before = 2
    assert (log._octave[before + 1] - log._octave[before]) % 20 == 0
    view, levels = of_entry(log, before + 1, PARTS, 10 * DB)
    nearby = at_entry(log, before, [part, part])
    raw = np.concatenate([levels.raw, nearby])
    off = np.concatenate([levels.low - levels.raw, np.zeros_like(nearby)])
    view, levels = given(log, raw, off, 3)
    assert bool(told(d._entry, log, view, levels)) != heard


def test_silence_is_not_raised_with_an_entry(log: Logarithm) -> None:
    entry = int(log.entries(np.full((1, BANDS), SILENT))[0][0, 0])
    raw = np.concatenate([at_entry(log, entry, PARTS), quiet(1)])
    raw[-1, 0] = SILENT
    off = np.zeros_like(raw)
    off[:-1, 0] = np.floor(5000 * DB * (1 - part_of(log, raw)[:-1]))
    view, levels = given(log, raw, off, 3)
    (candidate,) = d._entry(log, view, levels)
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def sloped(
    log: Logarithm, factor: float, plus: int = 0, count: int = 60, wide: float = 40.0
) -> tuple[View, Levels]:
    """So many levels in one band, over `wide` dB, all times a factor."""
    raw = quiet(count)
    raw[:, 0] = FLOOR + DB + np.rint(np.linspace(0, wide * DB, count)).astype(np.int64)
    off = np.zeros_like(raw)
    off[:, 0] = (raw[:, 0] * factor).astype(np.int64) + plus - raw[:, 0] - 2
    return given(log, raw, off, 5)


@pytest.mark.parametrize(
    ("factor", "plus", "said"),
    [
        (0.5, 0, "levels are 0.5 times what they should be, +0.0 dB"),
        (1.2345, -3 * DB, "levels are 1.23 times what they should be, -3.0 dB"),
        (1.005, 0, "levels are 1 times what they should be, +0.0 dB"),
        (0.995, 0, "levels are 0.995 times what they should be, +0.0 dB"),
        (-1.0, 0, "levels are -1 times what they should be, +0.0 dB"),
    ],
)
def test_a_factor_is_read_as_it_is(log: Logarithm, factor: float, plus: int, said: str) -> None:
    view, levels = sloped(log, factor, plus)
    assert told(d._slopes, log, view, levels) == [(f"levels ×{factor:.3g}", said)]


def test_of_factors_that_fit_alike_a_round_one_is_told(log: Logarithm) -> None:
    view, levels = sloped(log, 0.904)
    wide = replace(levels, low=levels.low - DB, high=levels.high + DB)
    assert told(d._slopes, log, view, wide)[0][0] == "levels ×0.89"


@pytest.mark.parametrize(
    ("count", "wide", "factor", "named"),
    [
        (60, 12.0, 0.5, True),
        (59, 12.0, 0.5, False),
        (60, 11.9, 0.5, False),
        (60, 40.0, 1.003, False),
        (60, 40.0, 0.997, False),
    ],
)
def test_what_a_factor_needs(log: Logarithm, count: int, wide: float, factor: float, named: bool) -> None:
    view, levels = sloped(log, factor, 0, count, wide)
    assert bool(told(d._slopes, log, view, levels)) == named


@pytest.mark.parametrize(("others", "named"), [(6, True), (7, False)])
def test_a_factor_fits_nine_tenths(log: Logarithm, others: int, named: bool) -> None:
    view, levels = sloped(log, 0.5)
    for place in range(others):  # in pairs about the middle, so that they turn no line
        row = (29 - place // 2) if place % 2 else 30 + place // 2
        levels.low[row] += DB if place % 4 < 2 else -DB
        levels.high[row] += DB if place % 4 < 2 else -DB
    assert bool(told(d._slopes, log, view, levels)) == named


@pytest.mark.parametrize("what", ["low", "high", "floor", "absent"])
def test_a_factor_is_read_from_inner_cells(log: Logarithm, what: str) -> None:
    view, levels = sloped(log, 0.5)
    present = np.ones(60, np.bool_)
    if what == "low":
        levels.low[7, 0] = -(1 << 40)
    elif what == "high":
        levels.high[7, 0] = 1 << 40
    elif what == "floor":
        levels.raw[7, 0] = FLOOR
    else:
        present[7] = False
    assert told(d._slopes, log, replace(view, present=present), levels) == [], "59 are left"


def test_silence_is_not_multiplied(log: Logarithm) -> None:
    view, levels = sloped(log, 0.25, 0, 61)
    levels.raw[-1, 1] = SILENT
    (candidate,) = d._slopes(log, view, levels)
    values = replay_of(candidate, view)
    assert values[-1, 1] == log.cells(np.array([SILENT]))[0]
    assert np.mean(values[:, 0] == view.device[:, 0]) > 0.9


def beyond(log: Logarithm, above: bool, wrong: int, right: int, by: int = 4 * DB) -> tuple[View, Levels]:
    """In one band, levels in order, of which the highest or the lowest are off."""
    raw = quiet(wrong + right)
    raw[:] = SILENT
    raw[:, 0] = -40 * DB + DB * np.arange(len(raw))
    off = np.zeros_like(raw)
    off[right if above else 0 : None if above else wrong, 0] = by
    return given(log, raw, off)


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    ("wrong", "right", "named"), [(6, 2, True), (8, 2, True), (9, 2, False), (9, 1, False), (5, 5, False)]
)
def test_some_levels_beyond_one_and_not_most(
    log: Logarithm, above: bool, wrong: int, right: int, named: bool
) -> None:
    view, levels = beyond(log, above, wrong, right)
    found = list(d._beyond(log, view, levels))
    cause = f"levels {'above' if above else 'below'} one"
    assert [each.cause for each in found] == [cause, cause] * named
    for each in found:
        np.testing.assert_array_equal(replay_of(each, view), view.device)
    if named:
        edge = -40.0 + (right if above else wrong - 1)
        size = edge - log.band_db[0] / DB
        side = "from" if above else "up to"
        assert [each.explanation for each in found] == [
            f"only levels {side} {edge:.1f} dB are off: 4.00 dB too high",
            f"only energies {side} {size:.1f} dB (without the band's constant) are off: 4.00 dB too high",
        ]


def test_levels_beyond_one_are_those_that_are_heard(log: Logarithm) -> None:
    view, levels = beyond(log, True, 5, 5)
    view.device[0, 1] = 5  # of no energy
    assert told(d._beyond, log, view, levels) == []
    view, levels = beyond(log, True, 6, 5)
    assert told(d._beyond, log, replace(view, present=np.arange(11) < 10), levels) == []
    # what lies at the floor is heard, and tells no figure
    view, levels = beyond(log, False, 7, 5)
    levels.raw[0, 0] = FLOOR
    levels.low[0, 0], levels.high[0, 0] = FLOOR, FLOOR + 1
    assert len(told(d._beyond, log, view, levels)) == 2


def test_silence_is_not_moved_with_the_lowest_levels(log: Logarithm) -> None:
    view, levels = beyond(log, False, 6, 6, 150 * DB)
    for candidate in d._beyond(log, view, levels):
        np.testing.assert_array_equal(replay_of(candidate, view), view.device)


def test_all_rules_are_tried_in_order_on_the_worst_file(log: Logarithm) -> None:
    """Bands before an entry of the table, before levels beyond one, before a factor."""
    view, _ = sloped(log, 0.5, 0, 70)
    fine, _ = given(log, quiet(3), 0)
    causes = [each.cause for each in d.decibels(log)([fine, view])]
    assert causes[0] == "floor missing" and causes[1] == "interpolation missing"
    assert causes[-1] == "levels ×0.5"
