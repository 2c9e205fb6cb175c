"""Single rows that are spoilt are told with how they are; rows of the file before only where there is one."""

from typing import Any

import numpy as np
import pytest

from . import rows
from .fakes_views import COLUMN_WORDS, OUTPUT_WORDS, best, cells, replay_of, verified, view_of
from .search import Candidate, Int8, View

RIGHT = cells(60, 8)
BEFORE = cells(10, 8, seed=2)


def spoilt(places: list[int], change: Any) -> Int8:
    device = RIGHT.copy()
    for place in places:
        device[place] = change(device[place])
    return device


def candidate_of(device: Int8, right: Int8 = RIGHT) -> Candidate | None:
    view = view_of(right, device)
    return best(lambda views: rows.single_rows(views, COLUMN_WORDS), [view])


def off(row: Int8) -> Int8:
    return (row.astype(np.int16) + 60).clip(-128, 127).astype(np.int8)


def cut(row: Int8) -> Int8:
    row = row.copy()
    row[5:] = -9
    return row


def begun(row: Int8) -> Int8:
    row = row.copy()
    row[:4] = 6
    return row


@pytest.mark.parametrize(
    ("change", "cause", "told", "cure"),
    [
        (lambda _: 7, "blank columns", "single columns hold 7 throughout", "the stale"),
        (off, "columns off by +60", "single columns are +60 throughout", "the offset"),
        (cut, "columns cut short", "single columns hold -9 from band 5 on", "the stale"),
        (begun, "columns begun late", "single columns hold 6 up to band 3", "the stale"),
    ],
)
def test_single_rows(change: Any, cause: str, told: str, cure: str) -> None:
    device = spoilt([10, 30, 47], change)
    candidate = candidate_of(device)
    assert candidate is not None and candidate.rows_alone
    assert (candidate.cause, candidate.explanation, candidate.cure) == (cause, told, cure)
    replayed = candidate.replay(view_of(RIGHT, device))
    assert replayed is not None
    np.testing.assert_array_equal(replayed[[10, 30, 47]], device[[10, 30, 47]])


def test_a_figure_is_read_from_values_that_were_not_saturated() -> None:
    """Ends of int8 say nothing of the figure; a row that is all ends says nothing at all."""
    right = RIGHT.copy()
    right[10, :4] = (100, 120, -128, -100)
    right[30] = 127
    device = right.copy()
    for place in (10, 20, 30, 40):
        device[place] = off(device[place])
    candidate = candidate_of(device, right)
    assert candidate is not None and candidate.cause == "columns off by +60"
    down = right.copy()
    for place in (10, 20, 40):
        down[place] = (right[place].astype(np.int16) - 60).clip(-128, 127)
    candidate = candidate_of(down, right)
    assert candidate is not None and candidate.cause == "columns off by -60"


@pytest.mark.parametrize("by", [1, -1])
def test_the_smallest_figure_is_told_and_none_at_all_is_not(by: int) -> None:
    device = spoilt([10, 20], lambda row: row + np.int8(by))
    candidate = candidate_of(device)
    assert candidate is not None and candidate.cause == f"columns off by {by:+d}"
    rails = RIGHT.copy()
    rails[[10, 20, 30], 3] = 127
    causes = [each.cause for each in rows.single_rows([view_of(RIGHT, rails)], COLUMN_WORDS)]
    assert "columns off by +0" not in causes


@pytest.mark.parametrize("place", [1, 5, 7])
def test_where_rows_are_cut_is_told(place: int) -> None:
    def cut_at(row: Int8) -> Int8:
        return np.where(np.arange(8) < place, row, -9)

    candidates = list(rows.single_rows([view_of(RIGHT, spoilt([10, 20, 30], cut_at))], COLUMN_WORDS))
    assert f"single columns hold -9 from band {place} on" in [each.explanation for each in candidates]


@pytest.mark.parametrize(
    ("alike", "others", "told"), [(1, 0, False), (2, 4, True), (2, 5, False), (3, 7, True)]
)
def test_two_rows_and_three_in_ten_must_be_alike(alike: int, others: int, told: bool) -> None:
    device = spoilt(list(range(10, 10 + alike)), lambda _: 7)
    noise = cells(60, 8, seed=5)
    for place in range(30, 30 + others):
        device[place] = noise[place]
    causes = [each.cause for each in rows.single_rows([view_of(RIGHT, device)], COLUMN_WORDS)]
    assert ("blank columns" in causes) == told


def test_of_one_value_a_row_nothing_is_blank() -> None:
    one = cells(60, 1)
    assert not list(rows.single_rows([view_of(one, one + np.int8(3))], OUTPUT_WORDS))
    two = cells(60, 2)
    assert list(rows.single_rows([view_of(two, two + np.int8(3))], OUTPUT_WORDS))


def test_the_value_that_most_rows_are_cut_with_is_told() -> None:
    device = spoilt([10, 20, 30], cut)
    device[40] = RIGHT[40]
    device[40, 5:] = 99
    causes = list(rows.single_rows([view_of(RIGHT, device)], COLUMN_WORDS))
    assert [each.explanation for each in causes if each.cause == "columns cut short"] == [
        "single columns hold -9 from band 5 on"
    ]


def test_rows_that_differ_from_their_first_or_in_their_last_value_alone() -> None:
    """A row that is wrong from its first value on is not cut short; one wrong in its last value is."""
    device = spoilt([10, 20, 30], lambda row: row + np.int8(1))
    assert not [
        each
        for each in rows.single_rows([view_of(RIGHT, device)], COLUMN_WORDS)
        if each.cause == "columns cut short"
    ]
    device = RIGHT.copy()
    device[[10, 20, 30], 7] = 55
    candidate = candidate_of(device)
    assert candidate is None or candidate.explanation == "single columns hold 55 from band 7 on"
    (told,) = [
        each
        for each in rows.single_rows([view_of(RIGHT, device)], COLUMN_WORDS)
        if each.cause == "columns cut short"
    ]
    assert told.explanation == "single columns hold 55 from band 7 on"


def in_part(streams: int, unknown: int, places: list[int], first: int = 0) -> list[View]:
    found = []
    for k in range(streams):
        right, before = cells(20, 2, seed=3 + k), cells(9, 2, seed=40 + k)
        device = right.copy()
        device[0, places] = before[-1, places]
        found.append(view_of(right, device, before=None if k < unknown else before, first=first))
    return found


@pytest.mark.parametrize(
    ("streams", "unknown", "places", "found"),
    [
        (4, 1, [1], True),
        (3, 0, [1], True),
        (3, 0, [0], True),
        (3, 1, [1], False),
        (5, 2, [1], False),
        (4, 1, [0, 1], False),
    ],
)
def test_one_value_of_the_first_row_of_the_file_before(
    streams: int, unknown: int, places: list[int], found: bool
) -> None:
    views = in_part(streams, unknown, places)
    told = [each for each in rows.first_row(views, OUTPUT_WORDS) if "others are right" in each.explanation]
    assert len(told) == found
    for candidate in told:
        for view in views:
            np.testing.assert_array_equal(replay_of(candidate, view), view.device)
        assert candidate.explanation.startswith(f"{OUTPUT_WORDS.value(places[0])}: in the first window")
        (view,) = in_part(1, 0, places, first=1)
        assert candidate.replay(view) is None and candidate.rows_alone
        assert verified([candidate], views) != []


def test_each_known_file_must_begin_with_what_the_one_before_had() -> None:
    views = in_part(5, 1, [1])
    views[3].device[0, 1] ^= 1
    assert len(list(rows.first_row(views, OUTPUT_WORDS))) == 1


def test_files_whose_first_row_is_right_or_not_known_say_nothing_of_it() -> None:
    views = in_part(3, 0, [1])
    right, before = cells(20, 2, seed=8), cells(9, 2, seed=9)
    later = view_of(right, right ^ np.int8(1), before=before, first=4)
    others = [view_of(right, right, before=before), later, view_of(right[:0], right[:0], before=before)]
    assert len(list(rows.first_row([*views, *others], OUTPUT_WORDS))) == 2


def test_a_first_row_in_part_beside_others_that_are_wrong_is_chance() -> None:
    views = in_part(3, 0, [1])
    views[0].device[7, 0] ^= 1
    assert verified(rows.first_row(views, OUTPUT_WORDS), views) == []


def test_the_first_row_of_the_file_before() -> None:
    device = RIGHT.copy()
    device[0] = BEFORE[-1]
    view = view_of(RIGHT, device, before=BEFORE)
    (candidate,) = rows.first_row([view], COLUMN_WORDS)
    np.testing.assert_array_equal(replay_of(candidate, view), device)
    assert (candidate.cause, candidate.cure) == ("first column of the file before", "the stale")
    assert candidate.explanation == "the first column of a stream is the last one of the file before"
    assert candidate.rows_alone
    for other in (
        view_of(RIGHT, device),
        view_of(RIGHT, device, before=BEFORE, first=1),
        view_of(RIGHT[:0], device[:0], before=BEFORE),
    ):
        assert candidate.replay(other) is None
