"""Changes of code that are made behind another file alone, or from some column on; nothing is compiled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...build.other_values import EXTREMES, LAST
from ...core.altered_front_end import ALONE
from . import altered as altered_module
from .altered import ALWAYS, BEHIND
from .evidence import Before
from .fakes_altered import BANDS, HOP, PLAIN, FakeProcess, Settings, with_wrong
from .fakes_views import cells, piece_of
from .search import View
from .test_altered import front_ends, processes, told

__all__ = ["processes"]


def behind(view: View, samples: Any = None) -> View:
    """A file behind another one."""
    earlier = np.arange(70, 110, dtype=np.int16) if samples is None else samples
    piece = piece_of(view.expected[:3], view.expected[:3], samples=earlier)
    return replace(view, file=replace(view.file, before=Before("0.wav", 1, piece, None)))


def same(samples: Any, right: Any) -> bool:
    return bool(np.array_equal(samples, right))


RESETS = (PLAIN, replace(PLAIN, line=8, function="frontend_reset"), replace(PLAIN, line=9, function="run"))


def test_what_sets_a_stream_back_is_tried_behind_the_file_before(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", RESETS)
    monkeypatch.setattr(FakeProcess, "alike_behind", {(number, 0): 160 for number in range(3)})
    other = cells(40, BANDS, seed=9)
    monkeypatch.setattr(FakeProcess, "columns_of", {(1, 0): other})
    first, later = with_wrong(200, range(20, 60)), behind(with_wrong(40, range(9, 15), 8))
    [found] = told(first, later)
    assert found.cause == "log.c line 8"
    [process] = processes
    changes, samples, device = process.asked[-1]
    assert changes == [(1, 0)] and np.array_equal(device, later.device[:10])
    assert np.array_equal(samples, np.arange(11 * HOP))
    assert process.heard[-1].right is None and same(process.heard[-1].streams[0], np.arange(70, 110))
    replayed = found.replay(later)
    assert replayed is not None and np.array_equal(replayed, other)
    assert same(process.heard[-1].streams[0], np.arange(70, 110))
    assert np.array_equal(process.computed[-1][1], later.file.piece.samples)
    found.replay(first)
    assert process.heard[-1] == ALONE, "nothing is known of what was before"


@pytest.mark.parametrize(
    ("rows", "wrong", "first", "tried"),
    [(40, range(9, 29), 0, True), (40, range(10, 30), 0, False), (40, range(9, 29), 5, False)],
)
def test_only_the_first_columns_show_what_was_left_of_the_file_before(
    rows: int,
    wrong: Sequence[int],
    first: int,
    tried: bool,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", RESETS)
    view = replace(behind(with_wrong(rows, wrong)), first=first)
    assert told(view) == []
    [process] = processes
    assert any(heard.streams for heard in process.heard) is tried


def test_of_a_short_file_all_columns_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", RESETS)
    view = behind(with_wrong(8, range(8)))
    told(view)
    assert np.array_equal(processes[0].asked[-1][2], view.device)


KEPT = (PLAIN, replace(PLAIN, line=8, keeps=LAST), replace(PLAIN, line=9, keeps=EXTREMES[1]))


@pytest.mark.parametrize(("earlier", "first", "begin"), [(0, 49, 47), (343, 49, 47), (0, 1, 0)])
def test_a_value_of_all_so_far_is_kept_from_what_was_heard_first(
    earlier: int, first: int, begin: int, monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", KEPT)
    monkeypatch.setattr(FakeProcess, "alike_behind" if earlier else "alike_of", {(2, 0): 160})
    view = with_wrong(80, range(first, first + 10))
    if earlier:
        view = behind(view, np.zeros((earlier + 1) * HOP, np.int16))
    later = with_wrong(200, range(20, 90))
    right = replace(view, device=view.expected)
    found = told(replace(later, file=replace(later.file, columns_before=80)), right, view)
    [process] = processes
    assert [each.cause for each in found] == ["log.c line 9"]
    [(_, samples, device)] = [each for each in process.asked if (2, 0) in each[0]]
    assert np.array_equal(samples, np.arange((begin + 11) * HOP))
    assert np.array_equal(device, view.device[begin : begin + 10])


@pytest.mark.parametrize(("rows", "first", "earlier"), [(range(49, 59), 1, 0), (range(49, 59), 0, 344)])
def test_where_too_much_was_heard_before_nothing_is_tried_of_it(
    rows: Sequence[int],
    first: int,
    earlier: int,
    monkeypatch: pytest.MonkeyPatch,
    processes: list[FakeProcess],
) -> None:
    monkeypatch.setattr(FakeProcess, "alterations", KEPT)
    view = replace(behind(with_wrong(80, rows), np.zeros((earlier + 1) * HOP, np.int16)), first=first)
    told(view, with_wrong(200, range(20, 90)))
    assert not any([*changes] == [(2, 0)] for changes, *_ in processes[0].asked)


def test_a_change_that_is_made_from_the_first_wrong_column_on(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    monkeypatch.setattr(FakeProcess, "alike_there", {(0, 0): 160})
    early, late = with_wrong(40, range(9, 39)), with_wrong(60, range(10, 32))
    [found] = told(early, late)
    [process] = processes
    changes, samples, device = process.asked[-1]
    assert changes == [(0, 0)] and np.array_equal(device, late.device[10:20])
    assert np.array_equal(samples, np.arange(11 * HOP, 21 * HOP))
    assert not process.heard[-1].streams and same(process.heard[-1].right, np.arange(11 * HOP))
    other = cells(60, BANDS, seed=9)
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): other})
    for _ in range(2):
        replayed = found.replay(late)
        assert replayed is not None and np.array_equal(replayed[:10], late.expected[:10])
        assert np.array_equal(replayed[10:], other[:50])
    [(_, samples)] = process.computed
    assert np.array_equal(samples, np.arange(11 * HOP, 61 * HOP))
    assert same(process.heard[-1].right, np.arange(11 * HOP))
    replayed = found.replay(early)
    assert replayed is not None and np.array_equal(replayed, other[:40]), (
        "from the beginning where it shows there"
    )
    assert process.heard[-1] == ALONE
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): other[:49]})
    assert found.replay(with_wrong(60, range(10, 32))) is None


def test_a_file_of_which_little_is_wrong_is_looked_at_to_its_last_wrong_column(
    monkeypatch: pytest.MonkeyPatch, processes: list[FakeProcess]
) -> None:
    late = with_wrong(60, [12, 30], 1)
    monkeypatch.setattr(FakeProcess, "whole", 19 * BANDS)
    assert altered_module._from_there(front_ends(Settings()), [with_wrong(40, range(9, 39)), late]) == []
    assert np.array_equal(processes[0].asked[1][2], late.device[12:31])


def test_files_that_are_wrong_from_the_beginning_are_tried_from_there_alone(
    processes: list[FakeProcess],
) -> None:
    assert told(with_wrong(40, range(9, 39))) == []
    assert {heard.right is None for heard in processes[0].heard} == {True}


def test_in_one_run_a_change_may_be_made_always_or_from_somewhere_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeProcess, "alike_of", {(0, 0): 224})
    late, early = with_wrong(60, range(12, 22)), with_wrong(40, range(1, 39))
    other = cells(60, BANDS, seed=9)
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): other})
    always, from_there = told(late, early)
    assert len(told(early)) == 1
    assert always.cause == from_there.cause
    for candidate, begin in ((always, 0), (from_there, 12)):
        replayed = candidate.replay(late)
        assert replayed is not None and np.array_equal(replayed[:begin], late.expected[:begin])
        assert np.array_equal(replayed[begin:], other[: 60 - begin])
        replayed = candidate.replay(early)
        assert replayed is not None and np.array_equal(replayed, other[:40])


@pytest.mark.parametrize(
    ("known", "first", "when", "own"),
    [
        (False, 0, BEHIND, True),
        (False, 0, ALWAYS, False),
        (False, 3, BEHIND, False),
        (True, 0, BEHIND, False),
    ],
)
def test_behind_a_file_that_is_not_known_the_first_column_is_as_it_came(
    known: bool, first: int, when: str, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = with_wrong(40, range(9, 39))
    view.device[0] ^= 9
    view = replace(behind(view) if known else view, first=first)
    other = cells(40, BANDS, seed=9)
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): other.copy()})
    found = front_ends(Settings()).columns((0, 0), view, when)
    assert found is not None and np.array_equal(found[1:], other[1:])
    assert np.array_equal(found[0], view.device[0] if own else other[0])
    monkeypatch.setattr(FakeProcess, "columns_of", {(0, 0): other[:0]})
    assert front_ends(Settings()).columns((0, 0), view, when) is None
