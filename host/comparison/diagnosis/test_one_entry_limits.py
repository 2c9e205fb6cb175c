"""How one entry of a table is solved: which are tried, from where, in which steps, and what is told of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...core.poked_front_end import PokedFrontEnd
from ...frontend.presets import preset
from ...trace.stages import ColumnTrace, Stage
from .one_entry import (
    Table,
    _likely,
    _moved_by,
    _numbers,
    _probes,
    _rows,
    _solved,
    _tables_of,
    _told,
    entry_cause,
)
from .test_one_entry import entry, traced

Gives = Callable[[int], float]


def table(values: list[int], kind: str = "<i4") -> Table:
    return Table("weights", np.array(values, kind))


class Search:
    """The solving of a table's first entry whose value gives one number, and which values were tried for it.

    Args:
        right: the entry's value.
        gives: the number.
        target: what number the device has.
        kind: of the table.
    """

    def __init__(self, right: int, gives: Gives, target: float, kind: str = "<i4") -> None:
        one = table([right], kind)
        self.tried: list[int] = []
        host = np.array([float(gives(right))])

        def compute() -> NDArray[np.float64]:
            self.tried.append(int(one.memory[0]))
            return np.array([float(gives(int(one.memory[0])))])

        self.values = _solved(one, 0, compute, host, target - host)
        assert one.memory.tolist() == [right]


def test_an_entry_is_solved_by_a_line() -> None:
    search = Search(1000, lambda value: 3 * value, 3 * 700)
    assert search.values == (700,)
    assert search.tried[:2] == [0, 700]
    assert Search(1000, lambda value: 3 * value, 3 * 700 + 1).values == ()


def test_values_beside_it_that_give_the_same_are_found() -> None:
    assert sorted(Search(1000, lambda value: value // 2, 350).values) == [700, 701]
    assert sorted(Search(1000, lambda value: (value + 1) // 2, 350).values) == [699, 700]
    assert sorted(Search(1000, lambda value: value // 3, 233).values) == [699, 700, 701]


def test_the_plainest_that_gives_the_same_comes_first() -> None:
    """A value with one bit the other way, 0 and the other sign, of these the nearest to what was solved."""
    assert Search(1000, lambda value: value // 10, 101).values[0] == 1016  # bit 4
    assert Search(1000, lambda value: value // 10, 0).values[0] == 0
    assert Search(1001, lambda value: value // 10, -101).values[0] == -1001
    assert Search(5, lambda value: max(value, 4.5) if value else 3.75, 4.5).values[:2] == (4, 1)


def bent(value: int) -> float:
    """A line says of small changes that there are none."""
    return value - 1000.0 if value > 500 else -1e9


@pytest.mark.parametrize(("target", "found"), [(41, (1041,)), (42, ())])
def test_so_many_steps_are_gone(target: int, found: tuple[int, ...]) -> None:
    """40 of 1, and one beside."""
    search = Search(1000, bent, target)
    assert search.values == found
    assert search.tried[:4] == [0, 999, 1001, 1002]


def test_steps_become_smaller_from_where_a_line_leads() -> None:
    """From 1000 it is 0 of a square; a quarter of the way is the first step."""
    lower = Search(1000, lambda value: value * value, 640_000)
    steps = [0, 640, 550, 730, 820, 910, 775, 865, 798, 842, 776, 787, 809, 793, 803, 796, 800, 744]
    assert lower.values == (800,) and lower.tried[: len(steps)] == steps
    higher = Search(1000, lambda value: value * value, 1_440_000)
    steps = [0, 1440, 1330, 1550, 1220, 1110, 1165, 1275, 1193, 1247, 1166, 1180, 1206, 1219, 1200]
    assert higher.values == (1200,) and higher.tried[: len(steps)] == steps


def test_the_search_ends_where_no_step_of_1_is_nearer() -> None:
    """Values of both sides and then those with one bit the other way."""
    search = Search(1000, lambda value: 0 if value == 1000 else 1e9 if value else -1e9, 41)
    assert search.values == () and search.tried[:5] == [0, 999, 1001, 998, 1002]


def test_nothing_is_tried_beyond_what_an_entry_can_hold() -> None:
    assert Search(100, lambda value: value, 127, "<i1").values == (127,)
    assert Search(100, lambda value: value, -128, "<i1").values == (-128,)
    assert Search(100, lambda value: value, 128, "<i1").values == ()
    assert Search(100, lambda value: value, -129, "<i1").values == ()


def test_a_wide_entry_is_probed_once_as_far_as_it_can_be() -> None:
    wide = table([1000, 251, 250, -251, 0]).memory
    assert [_probes(wide, right) for right in (1000, 251, 250, -251, -250, 0)] == [
        [0],
        [0],
        [500],
        [0],
        [500],
        [500],
    ]
    assert _probes(table([0]).memory, 0) == [1] and _probes(table([1]).memory, 0) == [1]
    assert _probes(table([-2000, 0]).memory, 0) == [1000]


def test_a_narrow_one_is_probed_near_at_first() -> None:
    narrow = table([800, 401, 400, 0], "<i2").memory
    assert [_probes(narrow, right) for right in (401, 400, 0)] == [[301, 0], [500, 0], [100, 400]]
    assert _probes(table([0], "<i2").memory, 0) == [1, 1]
    memory, host = narrow.copy(), np.zeros(1)
    probe, moved = _moved_by(memory, 1, lambda: np.array([float(memory[1] == 301)]), host)
    assert (probe, moved.tolist()) == (301, [1.0])
    probe, moved = _moved_by(memory, 1, lambda: np.array([float(memory[1] == 0)]), host)
    assert (probe, moved.tolist(), memory.tolist()) == (0, [1.0], narrow.tolist())


def test_entries_are_likely_that_move_the_numbers_alike() -> None:
    """Alike by half, exactly; one that moves nothing is not; of many the first 24."""
    one = table([1000, 1000, 1000, 1000])
    ways = np.array([[1, 1, 1, 1], [1, 1, 1, 1.01], [0, 0, 0, 0], [-3, 0, 0, 0]])
    likely = _likely(one, lambda: ways.T @ one.memory, ways.T @ one.memory, np.array([1.0, 0, 0, 0]))
    assert likely == [3, 0]
    many = table([1000] * 30)
    assert _likely(many, lambda: many.memory.sum() * np.ones(1), 30_000 * np.ones(1), np.ones(1)) == list(
        range(24)
    )


@pytest.mark.parametrize(
    ("kind", "right", "values", "words"),
    [
        ("<i2", 5, (-32_763,), "is -32,763 instead of 5, bit 15 flipped"),
        ("<i2", 5, (4, 3), "is 4 instead of 5, bit 0 flipped"),
        ("<i1", 5, (-123,), "is -123 instead of 5, bit 7 flipped"),
        ("<i4", 5, (9,), "is 9 instead of 5"),
        ("<i4", 5, (9, 10), "is 9 instead of 5, or near that"),
    ],
)
def test_what_is_told_of_an_entry(kind: str, right: int, values: tuple[int, ...], words: str) -> None:
    assert _told(table([7, right], kind), 1, values) == f"entry 1 of the window's weights (weights) {words}"


def test_numbers_are_read_by_the_width_that_the_stage_has() -> None:
    data = np.arange(1, 13, dtype="<i1").tobytes()
    assert _numbers(Stage("cells", data, data), data).tolist() == list(range(1, 13))
    assert len(_numbers(Stage("window", data, data, narrow=True), data)) == 6
    assert len(_numbers(Stage("log", data, data), data)) == 3
    assert len(_numbers(Stage("log", data, data), data[:6])) == 3
    assert _numbers(Stage("mel", data, data, segments=True), b"\xff" * 12).tolist() == [2.0**32 - 1] * 3


@dataclass(frozen=True)
class Few:
    weights: tuple[object, ...]


def test_tables_of_one_row_or_one_number_are_rows() -> None:
    assert list(_rows(Few(((1, 2),)), "cells")) == [("cells weights", (1, 2))]
    assert list(_rows(Few((5,)), "window")) == [("weights", (5,))]
    assert list(_rows(Few(()), "window")) == [("weights", ())]
    assert list(_rows(Few(((1, 2),)), "window")) == []


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


@pytest.mark.native
def test_the_cells_that_come_before_a_normaliser_have_their_0_at_0(bundle: Bundle) -> None:
    """As the entries are counted."""
    other = replace(bundle, settings=preset("biodcase-2026").settings())
    front_end = PokedFrontEnd(other.settings, other.model.input.scale, other.model.input.zero_point)
    rows = dict(_rows(_tables_of(other), "cells"))
    assert rows["cells"] == tuple(range(128)) and front_end.table(rows["cells"]) is not None


@pytest.mark.native
def test_a_column_must_be_whole_on_both_sides_and_its_tables_known(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = traced(bundle, entry("band_db_q16", 11, lambda value: value ^ 1 << 16))
    assert entry_cause(trace, bundle) is not None
    assert trace.samples is not None
    assert entry_cause(replace(trace, samples=trace.samples[:-1]), bundle) is None
    *before, log = trace.stages
    longer = ColumnTrace(0, (*before, replace(log, device=log.device + bytes(4))), (), trace.samples)
    assert entry_cause(longer, bundle) is None
    monkeypatch.setattr(PokedFrontEnd, "table", lambda *_: None)
    assert entry_cause(trace, bundle) is None
