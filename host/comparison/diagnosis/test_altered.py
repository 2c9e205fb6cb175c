"""Which changes of the front end's code are tried, on which columns, and which are told; nothing is compiled."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...core.altered_front_end import DEAD, Heard
from ...errors import HilError
from . import altered as altered_module
from .altered import Altered, altered, may_depart
from .fakes_altered import BANDS, BELOW, HOP, PLAIN, Change, FakeProcess, Settings, with_wrong
from .fakes_views import cells
from .search import Candidate, View


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeProcess]]:
    """Processes that were started, none at first."""
    monkeypatch.setattr(altered_module, "AlteredFrontEnd", FakeProcess)
    monkeypatch.setattr(FakeProcess, "made", [])
    monkeypatch.setattr(FakeProcess, "alterations", (PLAIN,))
    altered_module._running.cache_clear()
    yield FakeProcess.made
    altered_module._running.cache_clear()


def front_ends(settings: Any, zero_point: int = 0) -> Altered:
    return Altered(settings, 0.5, zero_point)


def told(*views: View) -> list[Candidate]:
    """The candidates."""
    return list(altered(front_ends(Settings(), -3))(list(views)))


@pytest.mark.parametrize(
    ("wrong", "in_each", "tried"),
    [
        (range(6), 3, True),
        (range(5), 16, False),  # five columns
        (range(8), 2, True),  # 16 cells
        (range(15), 1, False),  # 15 cells
        (range(16), 1, True),
    ],
)
def test_little_that_differs_is_not_held_against_changes_of_code(
    wrong: Sequence[int], in_each: int, tried: bool, processes: list[FakeProcess]
) -> None:
    assert told(with_wrong(40, wrong, in_each)) == []
    assert bool(processes) is tried


def test_where_the_checkouts_own_front_end_departs_no_change_of_it_is_tried(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(altered_module, "departed", lambda settings: f"{settings.kind} departs")
    assert told(with_wrong(40, range(16), 3)) == [] and not processes


@pytest.mark.parametrize(
    ("rows", "wrong", "begin", "end"),
    [
        (200, range(9, 39), 0, 15),  # from the beginning where that is near, as far as the sixth wrong one
        (200, range(10, 40), 8, 18),  # else two before the first wrong one, ten of them
        (200, [20, 22, 24, 26, 28, 40, 44], 18, 41),
        (200, [20, 21, 22, 23, 24, 76, 77], 18, 77),
        (200, [20, 21, 22, 23, 24, 77, 78], 18, 78),  # 60 at most
        (200, [20, 21, 22, 23, 24, 90, 91], 18, 78),
        (27, range(20, 27), 18, 27),  # no more than there are
    ],
)
def test_changes_are_tried_where_the_device_departs_first(
    rows: int,
    wrong: Sequence[int],
    begin: int,
    end: int,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    # what is left of the stream before shows in its first column, which is not looked at
    first, few = begin or 1, min(end, wrong[0] + 10)
    monkeypatch.setattr(FakeProcess, "whole", (end - first) * BANDS)
    view = with_wrong(rows, wrong)
    told(view)
    [process] = processes
    for to, (changes, samples, device) in zip(dict.fromkeys((few, end)), process.asked, strict=False):
        assert changes == [(0, 0)]
        assert np.array_equal(device, view.device[first:to])
        count = (to - begin + 1) * HOP
        assert np.array_equal(samples, np.arange(begin * HOP, begin * HOP + count))
    assert (process.settings, process.scale, process.zero_point) == (Settings(), 0.5, -3)


@pytest.mark.parametrize(
    ("first", "wrong", "other", "history"),
    [
        (0, 20, True, True),  # what is kept gives other columns when a stream begins there
        (0, 20, False, False),
        (0, 392, True, True),
        (0, 393, True, False),  # more than are heard
        (5, 20, True, False),  # what was before is not known
        (0, 9, True, False),  # from the beginning anyway
    ],
)
def test_a_front_end_that_remembers_hears_all_from_the_beginning(
    first: int,
    wrong: int,
    other: bool,
    history: bool,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    view = replace(with_wrong(500, range(wrong, wrong + 30)), first=first)
    at = wrong - 2 if wrong >= 10 else 0
    right = view.expected[at : at + 10].copy()
    right[0] += 1  # what is left of the stream before
    right[-1] += other
    monkeypatch.setattr(FakeProcess, "right", right)
    told(view)
    (_, samples, device), *_ = processes[0].asked
    assert samples[0] == (0 if history else at * HOP)
    assert len(device) < 20  # the same columns are looked at


@pytest.mark.parametrize(
    ("wrong", "alike", "likely"),
    [
        (range(20, 40), 155, False),  # of 160 cells
        (range(20, 40), 156, True),  # 97 of 100
        ([20, 21, 22, 23, 24, 90, 91], 939, False),  # of 960, of which the right front end gives 945
        ([20, 21, 22, 23, 24, 90, 91], 952, False),
        ([20, 21, 22, 23, 24, 90, 91], 953, True),  # eight more
    ],
)
def test_a_change_gives_nearly_all_cells_and_more_than_the_right_code(
    wrong: Sequence[int],
    alike: int,
    likely: bool,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    monkeypatch.setattr(FakeProcess, "alike_of", {(0, 0): alike})
    monkeypatch.setattr(FakeProcess, "whole", whole := 160 if alike < 200 else 960)
    assert bool(told(with_wrong(200, wrong))) is likely
    assert ([device.size for *_, device in processes[0].asked].count(whole) == 1) is likely


def test_the_four_that_give_most_are_told_and_of_equals_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(Alteration("log.c", line, "a", "b") for line in range(7))
    monkeypatch.setattr(FakeProcess, "alterations", many)
    alike = dict(enumerate([157, 158, -1, 158, 160, 158, 158]))
    monkeypatch.setattr(FakeProcess, "alike_of", {(number, 0): count for number, count in alike.items()})
    found = told(with_wrong(200, range(20, 40)))
    causes = ["log.c line 4", "log.c line 1", "log.c line 3", "log.c line 5"]
    assert [each.cause for each in found] == 2 * causes, "made always, then from the first wrong column on"
    assert {each.family for each in found} == {"code"}


def test_of_equals_another_width_is_told_first_and_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = (("a", "b"), ("(int64_t)a * b", "(int64_t)(a * b)"), ("a", "c"), ("a * b", "(int16_t)a * b"))
    many = tuple(Alteration("log.c", line, *both) for line, both in enumerate(texts))
    monkeypatch.setattr(FakeProcess, "alterations", many)
    alike = dict(enumerate([160, 160, 160, 158]))
    monkeypatch.setattr(FakeProcess, "alike_of", {(number, 0): count for number, count in alike.items()})
    found = told(with_wrong(200, range(20, 40)))[:4]
    assert [(each.cause[-1], each.width) for each in found] == [
        ("1", True),
        ("0", False),
        ("2", False),
        ("3", True),
    ]


@pytest.mark.parametrize(("equal", "told_of"), [(4, 4), (5, 5), (16, 16), (17, 16)])
def test_of_many_equals_more_than_four_are_told(
    equal: int, told_of: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes of loud columns many changes give alike; other columns tell them apart."""
    many = tuple(Alteration("log.c", line, "a", "b") for line in range(20))
    monkeypatch.setattr(FakeProcess, "alterations", many)
    counts = {(number, 0): 160 if number < equal else 158 for number in range(20)}
    monkeypatch.setattr(FakeProcess, "alike_of", counts)
    found = [each.cause for each in told(with_wrong(200, range(20, 40)))]
    assert found == 2 * [f"log.c line {line}" for line in range(told_of)]


def test_where_none_serves_all_are_tried_once_more_in_the_other_order(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    """One may have suffered from what another left in memory before it."""
    monkeypatch.setattr(FakeProcess, "alterations", (PLAIN, PLAIN))
    alike = FakeProcess.alike

    def suffers(
        self: FakeProcess, changes: Any, samples: Any, device: Any, heard: Heard, least: int
    ) -> list[int]:
        del least
        right = 160 if list(changes) == [(1, 0), (0, 0)] else 0
        return [
            right if change == (1, 0) else 0
            for change, _ in zip(changes, alike(self, changes, samples, device, heard), strict=True)
        ]

    monkeypatch.setattr(FakeProcess, "alike", suffers)
    found, _ = told(with_wrong(200, range(20, 40)))
    assert found.cause == "log.c line 7"
    assert [changes for changes, *_ in processes[0].asked] == [[(0, 0), (1, 0)], [(1, 0), (0, 0)]]


def test_what_nothing_comes_of_is_tried_with_no_other_columns(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", (PLAIN, PLAIN, BELOW))
    monkeypatch.setattr(FakeProcess, "alike_of", {(0, 0): DEAD, (2, 3): DEAD})
    front_ends_ = front_ends(Settings())
    view = with_wrong(200, range(20, 40))
    for again in (False, True):
        assert list(altered(front_ends_)([view])) == []
        asked = [changes for changes, *_ in processes[0].asked]
        assert ((0, 0) in asked[0]) is not again and (1, 0) in asked[0]
        assert ((2, 3) in asked[2]) is not again and (2, 4) in asked[2]
        processes[0].asked.clear()


def test_bounds_of_values_are_tried_where_no_plain_change_serves(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", (PLAIN, BELOW))
    view = with_wrong(200, range(20, 40))
    monkeypatch.setattr(FakeProcess, "alike_of", {(1, 3): 160})
    found, _ = told(view)
    [process] = processes
    plain, again, bounds = (changes for changes, *_ in process.asked)
    assert plain == again == [(0, 0)] and bounds == [(1, bound) for bound in range(1, 32)]
    assert found.cause == "fft.c line 9"
    assert found.explanation == (
        "the front end does what it would with `y << 2` instead of `y << 1` where count is less than 3 (fft.c, line 9)"
    )
    assert "firmware/core/frontend/fft.c, line 9" in found.cure
    process.asked.clear()
    monkeypatch.setattr(FakeProcess, "alike_of", {(1, 3): 160, (0, 0): 157})
    found, _ = told(view)
    assert (
        found.explanation
        == "the front end does what it would with `x - 1` instead of `x + 1` (log.c, line 7)"
    )
    assert len(process.asked) == 1


@pytest.mark.parametrize(
    ("more", "same"),
    [(-1, False), (0, True), (5, True), (None, False)],
    ids=["fewer", "as many", "more", "none"],
)
def test_columns_of_a_change_are_as_many_as_the_device_sent(
    more: int | None, same: bool, monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    view = with_wrong(30, range(20, 30))
    columns = None if more is None else cells(30 + more, BANDS, seed=4)
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): columns})
    monkeypatch.setattr(FakeProcess, "alike_of", {(0, 0): 160})
    candidate, _ = told(view)
    for _ in range(2):
        found = candidate.replay(view)
        assert (found is not None and columns is not None and np.array_equal(found, columns[:30])) is same
        assert same or found is None
    [process] = processes
    [(change, samples)] = process.computed  # once
    assert change == (0, 0) and np.array_equal(samples, view.file.piece.samples)


def test_nothing_is_said_of_the_code_where_it_cannot_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise HilError("no C compiler", "install one")

    monkeypatch.setattr(altered_module, "AlteredFrontEnd", fails)
    assert told(with_wrong(200, range(20, 40))) == []


def test_two_front_ends_have_a_process_each_and_one_that_died_is_replaced(
    processes: list[Any],
) -> None:
    settings = [Settings(name) for name in "abc"]
    first: Any = front_ends(settings[0])
    same: Any = front_ends(settings[0])
    assert first.front_end is same.front_end is processes[0]
    processes[0].runs = False
    assert first.front_end is processes[1], "the one that died is replaced"
    assert same.front_end is processes[1]
    assert front_ends(settings[1]).front_end is processes[2]
    assert front_ends(settings[0]).front_end is processes[1]
    assert front_ends(settings[2]).front_end is processes[3]
    assert front_ends(settings[1]).front_end is processes[4], "no more than two wait for what may not come"


@pytest.mark.parametrize(
    ("file", "stage", "may"),
    [
        ("log_mel/mel.c", "mel", True),
        ("log_mel/mel.c", "log", False),
        ("log_mel/mel.c", "", True),
        ("log_mel/log_mel.c", "log", True),
        ("mfcc/dct.c", "cells", True),
        ("microfrontend/noise.c", "pcan", True),  # what it keeps is used there first
        ("microfrontend/noise.c", "mel", False),
        ("microfrontend/pcan.c", "noise", False),
        ("fixed_point/log.c", "noise", False),
    ],
)
def test_what_is_changed_in_a_stages_own_file_shows_there_first(file: str, stage: str, may: bool) -> None:
    assert may_depart(file, stage) is may


def test_what_cannot_show_first_where_the_device_departs_is_not_tried(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    files = ("log_mel/mel.c", "fixed_point/log.c", "log_mel/log_mel.c")
    monkeypatch.setattr(FakeProcess, "alterations", tuple(Alteration(file, 1, "a", "b") for file in files))
    ends = front_ends(Settings())
    ends.departs = "log"
    assert list(altered(ends)([with_wrong(200, range(20, 40))])) == []
    assert {number for changes, *_ in processes[0].asked for number, _ in changes} == {1, 2}


@pytest.mark.parametrize(
    ("wrong", "in_each", "end"),
    [
        (range(20, 52, 2), 1, 51),  # the sixteenth cell
        ([*range(20, 50, 2), 60], 1, 61),
        ([*range(20, 50, 2), 77], 1, 78),
        ([*range(20, 50, 2), 78], 1, 78),
        ([*range(20, 36), 60], 1, 36),
        (range(20, 60, 3), 16, 36),  # the sixth column
    ],
)
def test_as_many_cells_are_looked_at_as_no_change_gives_by_chance(
    wrong: Sequence[int],
    in_each: int,
    end: int,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    monkeypatch.setattr(FakeProcess, "whole", (end - 18) * BANDS)
    view = with_wrong(200, wrong, in_each)
    told(view)
    assert any(np.array_equal(device, view.device[18:end]) for *_, device in processes[0].asked[:2])


def test_on_more_columns_only_those_are_tried_that_give_a_wrong_cell_of_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = with_wrong(200, [20, 22, 24], 1)
    view.device[[40, 44, 48], :5] ^= 1
    lines = tuple(replace(PLAIN, line=line) for line in range(4))
    monkeypatch.setattr(FakeProcess, "alterations", lines)
    # of 192 cells to column 30 the right code gives 189, of 496 to column 49 it gives 478
    alike_of = {192: {0: 189, 1: 190, 2: 192, 3: 189}, 496: {1: 486, 2: 485}}
    asked: list[list[int]] = []

    def alike(_: Any, changes: Sequence[Change], __: Any, device: Any, ___: Heard, ____: int) -> list[int]:
        asked.append([number for number, _ in changes])
        return [alike_of[device.size][number] for number in asked[-1]]

    monkeypatch.setattr(FakeProcess, "alike", alike)
    found, _ = told(view)
    assert asked == [[0, 1, 2, 3], [1, 2]] and found.cause == "log.c line 1"


def test_a_line_gives_what_a_trace_saw_before_the_best_few_are_chosen(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    """Else those that give the same cells, and spoil a stage that is right, might be all that are."""
    keeping = Alteration("log.c", 7, "x", "the last x", keeps="the last")
    every = (*(replace(PLAIN, line=line) for line in range(6)), keeping)
    monkeypatch.setattr(FakeProcess, "alterations", every)
    counts = {(number, 0): 158 if number == 5 else 160 for number in range(7)}
    monkeypatch.setattr(FakeProcess, "alike_of", counts)
    monkeypatch.setattr(altered_module, "FrontEnd", lambda *given: given)
    asked: list[Any] = []

    def as_traced(process: Any, right: Any, changes: list[Change], traces: Any) -> list[Change]:
        asked.append((process, right, changes, traces))
        return [(5, 0)]

    monkeypatch.setattr(altered_module, "as_traced", as_traced)
    view = with_wrong(200, range(20, 40))
    ends = front_ends(Settings(), -3)

    def lines() -> list[str]:
        return [each.cause for each in altered(ends)([view]) if "from" not in each.explanation]

    assert "log.c line 0" in lines() and "log.c line 5" not in lines() and not asked
    ends.traces = ["traced"]  # type: ignore[list-item]
    assert {*lines()} == {"log.c line 5", "log.c line 7"}  # of what is kept a trace tells nothing
    process, right, changes, traces = asked[0]
    assert process is processes[0] and right == (Settings(), 0.5, -3) and traces == ["traced"]
    assert changes == [(number, 0) for number in range(6)]
