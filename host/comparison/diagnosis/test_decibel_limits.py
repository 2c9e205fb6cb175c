"""From where on a level off in dB is told, on made-up levels: a cell is a whole dB, and the floor lies at -80."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import decibels as d
from .decibels import Levels, voted
from .fakes_views import view_of
from .search import Candidate, Int8, View

DB = 65_536
FLOOR = -80 * DB
NO_ENERGY = -199 * DB
Int64 = Any


@dataclass
class FakeLog:
    """The last steps of a front end that rounds to whole dB.

    Attributes:
        made: levels, and what the device's can have been.
        index, fraction: where they lie in the logarithm's table.
        band_db: constants of the bands.
    """

    made: Levels
    index: Int64 = None
    fraction: Any = None
    band_db: Int64 = 0
    tables: Any = field(default_factory=lambda: SimpleNamespace(floor_q16=FLOOR))

    def levels(self, _: View) -> Levels:
        """As they were made."""
        return self.made

    def cells(self, raw: Int64, floor: int | None = None) -> Int64:
        """Whole dB."""
        return (np.maximum(raw, FLOOR if floor is None else floor) // DB).clip(-128, 127)

    def _bounds(self, cells: Int64) -> tuple[Int64, Int64]:
        return cells * DB, (cells + 1) * DB

    def entries(self, raw: Int64) -> tuple[Int64, Any]:
        """Where they lie in the table."""
        return np.broadcast_to(self.index, raw.shape), np.broadcast_to(self.fraction, raw.shape)


def off_by(raw: Any, by: Any) -> Levels:
    """Levels that the device has by just such figures other ones."""
    raw = np.asarray(raw, np.int64)
    return Levels(raw, raw + by, raw + by + 1)


def view(wrong: Any, present: Any = None, device: Int8 | None = None) -> View:
    """Cells that differ in these places."""
    wrong = np.asarray(wrong, bool)
    expected = np.zeros(wrong.shape, np.int8)
    return view_of(expected, wrong.astype(np.int8) if device is None else device, present=present)


def column(count: int, rest: int = 0) -> Any:
    """A band of so many true values, and others that are not."""
    return (np.arange(count + rest) < count)[:, None]


def altered(candidate: Candidate, seen: View) -> list[int]:
    """The cells of a candidate's replay."""
    replayed = candidate.replay(seen)
    assert replayed is not None
    return replayed.ravel().tolist()


# ---- a figure


@pytest.mark.parametrize(
    ("figures", "by"),
    [
        ([9] * 5, None),  # six cells at least
        ([9] * 6, 9),
        ([-9] * 6, -9),
        ([0] * 10, None),  # nothing is off
        ([9] * 9 + [500], 9),  # nine of ten
        ([9] * 17 + [500] * 3, None),
        ([9] * 18 + [500] * 2, 9),
    ],
)
def test_a_figure_is_read_from_nine_of_ten_cells(figures: list[int], by: int | None) -> None:
    raw = np.arange(len(figures)) * 1000
    levels = off_by(raw, np.array(figures))
    assert d._read(levels, np.ones(len(figures), bool)) == by
    more = off_by(np.append(raw, 7), np.array([*figures, 70]))
    chosen = np.arange(len(figures) + 1) < len(figures)
    assert d._read(more, chosen) == by


def test_what_weighs_less_is_off_by_more() -> None:
    levels = off_by(np.zeros(6), np.array([10, 10, 10, 20, 20, 20]))
    weight = np.array([0.25, 0.25, 0.25, 0.5, 0.5, 0.5])
    assert d._read(levels, np.ones(6, bool), weight) == 41  # between 40 and 42


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ([], [], (0, 0)),
        ([-(1 << 39)], [7], (6, 1)),  # no bound
        ([-(1 << 39) + 1], [-(1 << 39) + 3], (-(1 << 39) + 2, 1)),
        ([7], [1 << 39], (7, 1)),
        ([-(1 << 39) + 1], [1 << 39], (-(1 << 39) + 1, 1)),
        ([-(1 << 39)], [1 << 39], ((1 << 39) - 1, 1)),
        ([(1 << 39) - 5], [(1 << 39) - 1], ((1 << 39) - 3, 1)),
    ],
)
def test_a_bound_that_is_far_is_none(low: list[int], high: list[int], told: tuple[int, int]) -> None:
    assert voted(np.array(low, np.int64), np.array(high, np.int64)) == told


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (6552, "0.1 dB too high"),
        (6553, "0.10 dB too high"),
        (-6552, "0.1 dB too low"),
        (65_208, "0.99 dB too high"),
        (65_209, "1.00 dB too high"),
        (-65_209, "1.00 dB too low"),
        (1, "1.5e-05 dB too high"),
        (-1, "1.5e-05 dB too low"),
    ],
)
def test_figures_in_words(by: int, told: str) -> None:
    assert d._decibel(by) == told


# ---- floor and silence


@pytest.mark.parametrize(
    ("count", "level", "told"),
    [(6, FLOOR, True), (5, FLOOR, False), (6, FLOOR + 1, False), (6, FLOOR - 7, True)],
)
def test_a_floor_is_read_from_six_cells_that_lie_at_it(count: int, level: int, told: bool) -> None:
    raw = np.full((count, 1), level, np.int64)
    log = FakeLog(Levels(raw, raw * 0 - 70 * DB, raw * 0 - 70 * DB + 2))
    seen = view(column(count))
    found = [each for each in d._floors(log, seen, log.made) if each.cause == "floor off"]  # type: ignore[arg-type]
    assert bool(found) is told
    if told:
        assert found[0].explanation == (
            "no cell is below -70: the floor is about -70.0 dB instead of -80.0 dB, "
            "or fe_quantise's lower bound is -70"
        )
        assert altered(found[0], seen) == [-70] * count


def test_the_right_floor_and_columns_that_never_came_tell_none() -> None:
    raw = np.full((12, 1), FLOOR, np.int64)
    right = FakeLog(Levels(raw, raw, raw + 1))
    assert [each.cause for each in d._floors(right, view(column(12)), right.made)] == ["floor missing"]  # type: ignore[arg-type]
    other = FakeLog(Levels(raw, raw + DB, raw + DB + 1))
    few = view(column(12), present=np.arange(12) < 5)
    assert [each.cause for each in d._floors(other, few, other.made)] == ["floor missing"]  # type: ignore[arg-type]
    silent = view(np.zeros((12, 1)))  # all right: that it could be another one is no finding
    assert [each.cause for each in d._floors(other, silent, other.made)] == ["floor missing"]  # type: ignore[arg-type]


def test_what_has_no_energy_is_silence_and_no_other_level() -> None:
    raw = np.array([[NO_ENERGY], [NO_ENERGY], [NO_ENERGY + 1], [-5 * DB]], np.int64)
    log = FakeLog(off_by(raw, 0))
    seen = view([[True]] * 4, device=np.array([[17], [17], [5], [5]], np.int8))
    missing, silence = d._floors(log, seen, log.made)  # type: ignore[arg-type]
    assert silence.explanation == "bands without any energy are 17 instead of the floor's value"
    assert altered(silence, seen) == [17, 17, 0, 0]
    assert missing.explanation == "levels below the floor are not raised to it"
    assert altered(missing, seen) == [0, 0, -128, 0]
    lower = view([[True]] * 4, device=np.array([[-128], [-128], [5], [5]], np.int8))
    _, silence = d._floors(log, lower, log.made)  # type: ignore[arg-type]
    assert altered(silence, lower) == [0] * 4, "none lies below the floor"


# ---- bands


def of_bands(*figures: int, rows: int = 6, level: int = 0) -> tuple[FakeLog, View]:
    """So many rows, whose bands are off by these figures."""
    raw = np.full((rows, len(figures)), level, np.int64)
    log = FakeLog(off_by(raw, np.array(figures)))
    return log, view(np.ones((rows, len(figures))) * (np.array(figures) != 0))


@pytest.mark.parametrize(
    ("figures", "cause", "told"),
    [
        ((0, DB, 0), "level of band 1", "band 1 1.00 dB too high"),
        ((DB, DB + 6552), "level of 2 bands", "bands 0, 1 1.05 dB too high"),
        ((DB, DB + 6553), "level of 2 bands", "band 0 1.00 dB too high, band 1 1.10 dB too high"),
        ((DB,) * 4, "level of 4 bands", "bands 0, 1, 2, 3 1.00 dB too high"),
        ((DB,) * 5, "level of 5 bands", "bands 0, 1, 2, 3 and 1 more 1.00 dB too high"),
        (
            (DB, 2 * DB, 3 * DB, -DB),
            "level of 4 bands",
            "band 0 1.00 dB too high, band 1 2.00 dB too high, band 2 3.00 dB too high, band 3 1.00 dB too low",
        ),
        (
            (DB, 2 * DB, 3 * DB, -DB, DB, DB),
            "level of 6 bands",
            "band 0 1.00 dB too high, band 1 2.00 dB too high, band 2 3.00 dB too high, band 3 1.00 dB too low"
            " and 2 more",
        ),
    ],
)
def test_bands_that_are_off_alike_are_told_together(figures: tuple[int, ...], cause: str, told: str) -> None:
    log, seen = of_bands(*figures)
    found = next(iter(d._bands(log, seen, log.made)))  # type: ignore[arg-type]
    assert found.cause == cause
    assert found.explanation == f"levels are off before they are rounded, the same in every column: {told}"
    assert altered(found, seen) == [figure // DB for figure in figures] * 6


@pytest.mark.parametrize(
    ("rows", "level", "there"), [(6, 0, True), (5, 0, False), (6, FLOOR, False), (6, FLOOR + 1, True)]
)
def test_a_band_is_read_from_six_cells_above_the_floor(rows: int, level: int, there: bool) -> None:
    log, seen = of_bands(DB, 0, rows=rows, level=level)
    assert bool(list(d._bands(log, seen, log.made))) is there  # type: ignore[arg-type]
    log, seen = of_bands(DB, 0, rows=12, level=level)
    absent = view(seen.wrong, present=np.arange(12) < rows)
    assert bool(list(d._bands(log, absent, log.made))) is there  # type: ignore[arg-type]


def test_bands_that_are_right_are_off_by_nothing_and_all_may_be_off_alike() -> None:
    log, seen = of_bands(3 * DB, 3 * DB)
    one, everything = d._bands(log, seen, log.made)  # type: ignore[arg-type]
    assert one.cause == "level of 2 bands"
    assert everything.explanation == "the levels of all bands are 3.00 dB too high, before they are rounded"
    assert altered(everything, seen) == [3] * 12
    right, seen = of_bands(0, 0)
    assert list(d._bands(right, seen, right.made)) == []  # type: ignore[arg-type]


def test_what_has_no_energy_has_none_at_any_level() -> None:
    log, seen = of_bands(130 * DB)
    found = list(d._bands(log, seen, log.made))  # type: ignore[arg-type]
    assert [each.cause for each in found] == ["level of band 0", "level of all bands"]
    log.made = off_by(np.array([[NO_ENERGY], [NO_ENERGY + 1], [-10 * DB]]), 0)
    for candidate in found:
        assert altered(candidate, view([[True]] * 3)) == [0, -69, 120]


# ---- an entry of the table


def entries_of(
    index: Any, fraction: Any, by: Any, wrong: Any = True, level: Any = 0, present: Any = None
) -> list[Candidate]:
    """What is told of cells that lie so in the table and are off by so much."""
    index = np.asarray(index)[:, None]
    shape = index.shape
    raw = np.zeros(shape, np.int64) + np.asarray(level).reshape(-1, 1)
    made = off_by(raw, np.asarray(by).reshape(-1, 1) if np.ndim(by) else by)
    log = FakeLog(made, index, np.broadcast_to(np.asarray(fraction, float).reshape(-1, 1), shape))
    seen = view(np.broadcast_to(np.asarray(wrong).reshape(-1, 1), shape), present=present)
    return list(d._entry(log, seen, made))  # type: ignore[arg-type]


TOLD = "entry {} of the logarithm's table is {}, which moves the levels between its neighbours"


@pytest.mark.parametrize(
    ("index", "fraction", "entry"),
    [
        ([10] * 3 + [9] * 3, 0.5, 10),
        ([10] * 6, 0.5, 10),
        ([0] * 6, 0.5, 0),
        ([63] * 3 + [62] * 3, 0.5, 63),
        ([0] * 3 + [1] * 3, 0.5, 1),
        ([0] * 3 + [63] * 3, 0.5, None),  # the table's end is an entry of its own
        ([62] * 4 + [61] * 4 + [63] * 3, 0.5, None),  # three that belong to another one
    ],
)
def test_the_entry_that_most_wrong_cells_lie_beside(
    index: list[int], fraction: float, entry: int | None
) -> None:
    found = entries_of(index, fraction, DB)
    assert [each.cause for each in found] == ([] if entry is None else [f"entry {entry} of the logarithm"])
    assert all(each.explanation == TOLD.format(entry, "2.00 dB too high") for each in found)


@pytest.mark.parametrize(
    ("count", "level", "there"), [(6, 0, True), (5, 0, False), (6, FLOOR, False), (6, FLOOR + 1, True)]
)
def test_an_entry_is_read_from_six_wrong_cells_above_the_floor(count: int, level: int, there: bool) -> None:
    assert bool(entries_of([10] * count, 0.5, DB, level=level)) is there
    # right cells beside them say no more than that
    more = entries_of([10] * 12, 0.5, DB, np.arange(12) < count, level)
    assert bool(more) is there


def test_wrong_cells_at_the_floor_point_at_no_entry() -> None:
    [found] = entries_of([10] * 6 + [30] * 20, 0.5, DB, level=[0] * 6 + [FLOOR] * 20)
    assert found.cause == "entry 10 of the logarithm"


@pytest.mark.parametrize(("beside", "there"), [(2, True), (3, False)])
def test_nine_of_ten_wrong_cells_lie_beside_the_entry(beside: int, there: bool) -> None:
    index = [10] * (20 - beside) + [30] * beside
    assert bool(entries_of(index, 0.5, DB)) is there


@pytest.mark.parametrize(
    ("index", "fraction", "counted"),
    [
        (9, 0.05, False),  # weighs too little
        (9, 0.051, True),
        (9, 0.08, True),
        (10, 0.96, False),
        (10, 0.94, True),
        (11, 0.5, False),
    ],
)
def test_right_cells_that_an_entry_moves_count_as_well(index: int, fraction: float, counted: bool) -> None:
    """Twelve cells say 2 dB; two others say that it is 0."""
    places, fractions = [10] * 12 + [index] * 2, [0.5] * 12 + [fraction] * 2
    by, wrong = [DB] * 12 + [0] * 2, [True] * 12 + [False] * 2
    assert bool(entries_of(places, fractions, by, wrong)) is not counted
    absent = entries_of(places, fractions, by, wrong, present=np.arange(14) < 12)
    at_the_floor = entries_of(places, fractions, by, wrong, [0] * 12 + [FLOOR] * 2)
    assert absent and at_the_floor


def test_levels_move_by_what_an_entry_weighs() -> None:
    index, fraction = np.array([9, 10, 11, 8, 10]), np.array([0.25, 0.25, 0.25, 0.25, 0.5])
    raw = np.array([0, 0, 0, 0, NO_ENERGY])
    log = FakeLog(off_by(raw, 0), index, fraction)
    moved = d.with_entry(log, raw, 10, 400)  # type: ignore[arg-type]
    assert (moved - raw).tolist() == [100, 300, 0, 0, 0]
    assert d.with_entry(log, raw + 1, 10, 402).tolist()[-1] == NO_ENERGY + 1 + 201  # type: ignore[arg-type]


# ---- a factor


def slope_of(raw_db: Any, device_db: Any, wide: float = 0.002, present: Any = None) -> list[Candidate]:
    """What is told of one band's levels."""
    raw = np.rint(np.asarray(raw_db)[:, None] * DB).astype(np.int64)
    device = np.rint(np.asarray(device_db)[:, None] * DB).astype(np.int64)
    half = round(wide * DB)
    made = Levels(raw, device - half, device + half)
    return list(d._slopes(FakeLog(made), view(np.ones(raw.shape), present=present), made))  # type: ignore[arg-type]


GROWN = np.linspace(0, 12, 60)


@pytest.mark.parametrize(
    ("factor", "plus", "told"),
    [
        (1.2, 3, "levels are 1.2 times what they should be, +3.0 dB"),
        (0.5, -2, "levels are 0.5 times what they should be, -2.0 dB"),
        (1.005, 0, "levels are 1 times what they should be, +0.0 dB"),
        (0.995, 0, "levels are 0.995 times what they should be, +0.0 dB"),
        (1.003, 0, "levels are 1 times what they should be, +0.0 dB"),
        (1.001, 0, None),  # rounding may give that
        (1.0, 4, None),
        (-1.0, 0, "levels are -1 times what they should be, +0.0 dB"),
    ],
)
def test_a_factor_and_a_figure(factor: float, plus: float, told: str | None) -> None:
    found = slope_of(GROWN, GROWN * factor + plus)
    assert [each.explanation for each in found] == ([] if told is None else [told])


@pytest.mark.parametrize(
    ("raw_db", "there"),
    [
        (GROWN, True),
        (np.linspace(0, 12, 59), False),  # 60 cells
        (np.linspace(0, 11.99, 60), False),  # 12 dB
        (np.append(GROWN[1:], -80.0), False),  # one at the floor tells nothing
        (np.append(GROWN, -80.0), True),
        (np.append(GROWN[1:], -79.0), True),
    ],
)
def test_a_factor_is_read_from_sixty_levels_over_twelve_decibels(raw_db: Any, there: bool) -> None:
    # at the floor the device holds anything
    device = np.where(raw_db <= -80, 0, raw_db * 1.2)
    assert bool(slope_of(raw_db, device)) is there
    more = np.append(raw_db, np.linspace(0, 12, 30))
    present = np.arange(len(more)) < len(raw_db)
    assert bool(slope_of(more, np.append(device, np.zeros(30)), present=present)) is there


def test_cells_at_the_rails_bound_a_level_on_one_side_and_tell_no_factor() -> None:
    raw = np.rint(np.append(GROWN, [3.0] * 20)[:, None] * DB).astype(np.int64)
    device = np.rint(raw * 1.2).astype(np.int64)
    for low, high in ((-(1 << 40), 5 * DB), (-5 * DB, 1 << 40)):
        made = Levels(raw, device - 100, device + 100)
        made.low[60:], made.high[60:] = low, high
        [found] = d._slopes(FakeLog(made), view(np.ones(raw.shape)), made)  # type: ignore[arg-type]
        assert found.cause == "levels ×1.2"


@pytest.mark.parametrize(("others", "there"), [(6, True), (7, False)])
def test_a_factor_gives_nine_of_ten_levels(others: int, there: bool) -> None:
    device = GROWN * 1.2
    middle = slice(30 - others // 2, 30 - others // 2 + others)
    device[middle] += 9
    assert bool(slope_of(GROWN, device, wide=0.3)) is there


def test_of_factors_that_give_as_much_a_round_one_is_told() -> None:
    [found] = slope_of(GROWN, GROWN * 0.5143 + 3, wide=0.3)
    assert found.cause == "levels ×0.51"
    [found] = slope_of(GROWN, GROWN * 1.2043, wide=0.3)
    assert found.cause == "levels ×1.2"


def test_levels_become_the_factor_and_the_figure() -> None:
    raw = np.rint(GROWN[:, None] * DB).astype(np.int64)
    device = raw // 2 + 30 * DB
    log = FakeLog(off_by(np.array([[NO_ENERGY], [NO_ENERGY + 2], [10 * DB + 2]]), 0))
    [found] = d._slopes(log, view(np.ones((60, 1))), Levels(raw, device - 20, device + 20))  # type: ignore[arg-type]
    assert found.cause == "levels ×0.5"
    assert altered(found, view(np.ones((3, 1)))) == [0, -70, 35]


# ---- beyond a level


def beyond(
    levels_db: Any, wrong: Any, by: Any = DB, band_db: Any = 0, present: Any = None
) -> list[Candidate]:
    """What is told of levels that are off from one on."""
    raw = np.asarray(levels_db, np.int64)[:, None] * DB
    wrong = np.asarray(wrong, bool)[:, None]
    made = off_by(raw, np.where(wrong, by, 0))
    return list(d._beyond(FakeLog(made, band_db=band_db), view(wrong, present=present), made))  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "there"), [(6, True), (5, False)])
def test_levels_beyond_one_are_read_from_six_cells(count: int, there: bool) -> None:
    levels = np.arange(40)
    found = beyond(levels, levels >= 40 - count)
    assert [each.explanation for each in found] == [
        f"only levels from {40 - count}.0 dB are off: 1.00 dB too high",
        f"only energies from {40 - count}.0 dB (without the band's constant) are off: 1.00 dB too high",
    ] * there
    found = beyond(levels, levels < count, -DB)
    assert [each.explanation for each in found] == [
        f"only levels up to {count - 1}.0 dB are off: 1.00 dB too low",
        f"only energies up to {count - 1}.0 dB (without the band's constant) are off: 1.00 dB too low",
    ] * there
    assert [each.cause for each in found] == ["levels below one"] * 2 * there


@pytest.mark.parametrize(("right", "there"), [(10, True), (9, False)])
def test_what_holds_for_more_than_four_of_five_levels_is_no_edge(right: int, there: bool) -> None:
    levels = np.arange(50)
    assert bool(beyond(levels, levels >= right)) is there
    assert bool(beyond(levels, levels < 50 - right)) is there
    # what has no energy, and what never came, is no level
    more = np.append(levels, [-199] * 20)
    assert bool(beyond(more, np.append(levels >= right, [False] * 20))) is there
    absent = np.append(levels, np.zeros(20, np.int64))
    wrong = np.append(levels >= right, [False] * 20)
    assert bool(beyond(absent, wrong, present=np.arange(70) < 50)) is there


def test_levels_at_the_floor_say_nothing_of_a_figure() -> None:
    levels = np.append(np.arange(20), [-80] * 4 + [-79] * 6)
    found = beyond(
        levels, np.append([False] * 20, [True] * 10), np.array([[0]] * 20 + [[7]] * 4 + [[DB]] * 6)
    )
    assert [each.cause for each in found] == ["levels below one"] * 2
    assert "up to -79.0 dB are off: 1.00 dB too high" in found[0].explanation


@pytest.mark.parametrize("above", [True, False])
def test_an_edge_moves_what_lies_beyond_it(above: bool) -> None:
    raw = np.array([4 * DB, 5 * DB - 1, 5 * DB, 5 * DB + 1, 6 * DB, NO_ENERGY, NO_ENERGY + 1])
    log = FakeLog(off_by(raw, 0), band_db=2 * DB)
    of_levels = d._edge(log, 5 * DB, above, 9, False)(raw) - raw  # type: ignore[arg-type]
    assert of_levels.tolist() == ([0, 0, 9, 9, 9, 0, 0] if above else [9, 9, 9, 0, 0, 0, 9])
    of_energy = d._edge(log, 3 * DB, above, 9, True)(raw) - raw  # type: ignore[arg-type]
    assert of_energy.tolist() == of_levels.tolist()


def test_energies_lie_below_levels_by_the_bands_constant() -> None:
    levels = np.arange(40)
    found = beyond(levels, levels >= 30, band_db=7 * DB)
    assert "only energies from 23.0 dB" in found[1].explanation
    assert "fe_mel and fe_log" in found[1].cure and "fe_log: its table" in found[0].cure
