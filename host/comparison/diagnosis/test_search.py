"""The cause that reproduces most is found; what is chance, or breaks as much as it mends, is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from . import search as s
from .fakes_views import cells, view_of
from .search import Candidate, Int8, View

RIGHT = cells(60, 8)


def gives(values: Int8 | Callable[[View], Int8 | None], cause: str = "it", **more: Any) -> Candidate:
    replay = values if callable(values) else lambda _: values
    return Candidate(cause, f"{cause} is so", "Look", replay, **more)


def changed(rows: Any, values: Any = slice(None), by: int = 50, of: Int8 = RIGHT) -> Int8:
    device = of.copy()
    device[np.ix_(np.arange(len(of))[rows], np.arange(of.shape[1])[values])] ^= np.int8(by)
    return device


def verify(device: Int8, values: Int8, least: int = 8, right: Int8 = RIGHT, **more: Any) -> s.Verified | None:
    return s.verify(gives(values, **more), [view_of(right, device)], least)


def test_what_reproduces_all_is_verified() -> None:
    device = changed(slice(10, 40))
    found = verify(device, device)
    assert found is not None
    assert (found.right, found.harmed, found.different) == (240, 0, 240)
    assert found.explained[0].sum() == 240 and found.explained[0][10:40].all()


def test_rows_that_were_not_sent_are_no_difference() -> None:
    device = changed(slice(10, 40))
    view = view_of(RIGHT, device, present=np.arange(60) < 30)
    assert view.wrong_rows.tolist() == list(range(10, 30))
    found = s.verify(gives(device), [view], 8)
    assert found is not None and (found.right, found.harmed, found.different) == (160, 0, 160)


@pytest.mark.parametrize(("right", "enough"), [(8, True), (7, False)])
def test_as_many_values_as_are_asked_for(right: int, enough: bool) -> None:
    """In four rows, two values each, but for one value in the second case."""
    device = changed(slice(10, 14), slice(0, 2))
    if right == 7:
        device[10, 0] = RIGHT[10, 0]
    assert (verify(device, device) is not None) == enough


@pytest.mark.parametrize(("rows", "enough"), [(12, True), (11, False)])
def test_a_fifth_of_what_differs(rows: int, enough: bool) -> None:
    device = changed(slice(0, 60))
    values = np.where(np.arange(60)[:, None] < rows, device, RIGHT)
    assert (verify(device, values) is not None) == enough


@pytest.mark.parametrize(("wrong", "enough"), [(4, True), (5, False)])
def test_nine_in_ten_of_what_it_changes(wrong: int, enough: bool) -> None:
    """Forty values in five rows; of some the device has another value."""
    device = changed(slice(10, 15))
    values = device.copy()
    values[10, :wrong] = RIGHT[10, :wrong] ^ 1
    assert (verify(device, values) is not None) == enough


@pytest.mark.parametrize(("missed", "enough"), [(10, True), (11, False)])
def test_three_quarters_of_the_rows_and_places_that_it_concerns(missed: int, enough: bool) -> None:
    device = changed(slice(10, 20), slice(0, 4))
    values = device.copy()
    for place in range(missed):  # one in each row, and a second one in the first
        values[10 + place % 10, place % 4] = RIGHT[10 + place % 10, place % 4]
    assert (verify(device, values) is not None) == enough


def test_other_values_of_the_rows_may_have_a_cause_of_their_own() -> None:
    device = changed(slice(10, 20))
    values = np.where(np.arange(8) < 3, device, RIGHT)
    assert verify(device, values) is not None


def test_one_or_two_rows_are_no_stretch() -> None:
    assert verify(changed(slice(10, 12)), changed(slice(10, 12))) is None
    assert verify(changed(slice(10, 13)), changed(slice(10, 13))) is not None


@pytest.mark.parametrize(("rows", "stretch"), [(3, True), (2, False)])
def test_in_a_file_that_differs_elsewhere_too_two_rows_are_chance(rows: int, stretch: bool) -> None:
    """What explains the one file leaves the other's two rows alone, however well they fit."""
    device, few = changed(slice(10, 40)), changed(slice(10, 10 + rows))
    few[30:34] ^= 9
    views = [view_of(RIGHT, device), view_of(RIGHT, few, name="b.wav")]
    cause = gives(lambda view: device if view is views[0] else changed(slice(0, 50)))
    found = s.verify(cause, views, 8)
    assert found is not None
    np.testing.assert_array_equal(
        (found.replayed[1] != RIGHT).any(axis=1).nonzero()[0], range(10, 13) if stretch else []
    )


@pytest.mark.parametrize(("length", "stretch"), [(5, True), (6, False)])
def test_in_a_file_of_few_rows_two_are_a_stretch(length: int, stretch: bool) -> None:
    device, few = changed(slice(10, 40)), changed(slice(0, 2))[:length]
    few[3] ^= 9
    views = [view_of(RIGHT, device), view_of(RIGHT[:length], few, name="b.wav")]
    found = s.verify(
        gives(lambda view: device if view is views[0] else changed(slice(0, 50))[:length]), views, 8
    )
    assert found is not None and bool(found.explained[1].any()) == stretch


def test_single_rows_are_reproduced_whole_or_not_at_all() -> None:
    device = changed([10, 20, 31])
    values = device.copy()
    values[31, 0] ^= 1
    values[40] = 0  # a row that is right stays as it is
    found = verify(device, values, rows_alone=True)
    assert found is not None and (found.right, found.harmed) == (16, 0)
    assert found.explained[0].any(axis=1).nonzero()[0].tolist() == [10, 20]
    assert verify(changed([10]), changed([10]), rows_alone=True) is not None


def test_in_narrow_rows_more_is_asked() -> None:
    """Three values a row are equal by chance too often: half of what differs, and eight of them."""
    three = cells(60, 3)
    device = changed(slice(0, 60), of=three)

    def of_rows(rows: int, **more: Any) -> bool:
        values = np.where(np.arange(60)[:, None] < rows, device, three)
        return verify(device, values, 4, three, **more) is not None

    assert of_rows(30) and not of_rows(29)
    assert of_rows(48, rows_alone=True) and not of_rows(47, rows_alone=True)
    few = changed(slice(10, 13), slice(0, 3), of=three)
    few[12, 2] = three[12, 2]
    assert verify(few, few, 4, three) is not None
    few[12, 1] = three[12, 1]
    assert verify(few, few, 4, three) is None
    four = cells(60, 4)
    few = changed(slice(10, 13), slice(0, 2), of=four)
    assert verify(few, few, 4, four) is not None


def test_fewer_are_enough_where_that_is_no_chance() -> None:
    two = cells(60, 2)
    device = changed([10, 20], of=two)
    assert verify(device, device, 4, two, rows_alone=True) is None
    assert verify(device, device, 4, two, rows_alone=True, sure=4) is not None
    assert verify(device, device, 4, two, rows_alone=True, sure=5) is None
    part = np.where(np.arange(60)[:, None] == 10, device, two)
    assert verify(device, part, 4, two, rows_alone=True, sure=2) is None


def test_a_cause_that_breaks_something_is_not_sure_of_few() -> None:
    device = changed(slice(10, 13), slice(0, 1))
    values = device.copy()
    assert verify(device, values, sure=3) is not None
    values[11, 1] ^= 1
    assert verify(device, values, sure=3) is None


# ---- stretches


def stretch(gain: list[int], least: int = 2) -> list[int]:
    """Rows of the best stretch; of each row how many values are mended (or, below 0, broken)."""
    right = cells(len(gain), 4)
    device, values = right.copy(), right.copy()
    for row, by in enumerate(gain):
        values[row, : abs(by)] += 1
        if by > 0:
            device[row, :by] += 1
    return np.flatnonzero(s.best_stretch(view_of(right, device), values, least)).tolist()


@pytest.mark.parametrize(
    ("gain", "rows"),
    [
        ([-1, 0, 3, 3, 0, 3, -2], [1, 2, 3, 4, 5]),
        ([-1, 3, 3, -1, 3, 3, -1, 0, -1], [1, 2, 3, 4, 5]),
        ([3, -4, 2, 2, -1], [2, 3]),
        ([3, 3, -4, 2, 2, -1], [0, 1]),
        ([-1, 3, 3, 0, 0, -1, 0], [1, 2, 3, 4]),
        ([-1, 1, -1], []),
        ([-1, 2, -1], [1]),
        ([-3, -1], []),
        ([-1, 0, 0, 3, 3], [1, 2, 3, 4]),
        ([0, 0, 3, 3, -1], [0, 1, 2, 3]),
        ([0, 0, 3, 3, -1, 0], [0, 1, 2, 3]),
    ],
)
def test_the_stretch_that_brings_most(gain: list[int], rows: list[int]) -> None:
    assert stretch(gain) == rows


def test_all_of_a_file_that_comes_out_right_is_the_stretch() -> None:
    assert stretch([0, 1, 0, 0]) == [0, 1, 2, 3]
    assert stretch([0, 0, 0]) == []


@pytest.mark.parametrize(("least", "rows"), [(3, []), (2, [1]), (9, [])])
def test_fewer_values_than_are_asked_for_are_no_stretch_and_never_more_than_four(
    least: int, rows: list[int]
) -> None:
    assert stretch([-1, 2, -1], least) == rows
    assert stretch([-1, 4, -1], 9) == [1]
    assert stretch([-1, 3, -1], 9) == []


def test_rows_that_it_changes_to_something_else_again_are_left_out() -> None:
    right = np.zeros((9, 4), np.int8)
    device, values = right + np.int8(5), right + np.int8(5)
    values[:3] = 7  # of the first rows nothing is explained
    assert np.flatnonzero(s.best_stretch(view_of(right, device), values, 4)).tolist() == list(range(3, 9))
    values[:3, :2] = 5  # half of them, which is less than it misses by half a point each
    assert np.flatnonzero(s.best_stretch(view_of(right, device), values, 4)).tolist() == list(range(9))


def test_a_first_row_that_is_mended_more_than_missed_belongs_to_it() -> None:
    right = cells(9, 4)
    device, values = right.copy(), right.copy()
    device[:3] += 1
    values[:4] += 1
    values[0, 1:] = (right[0, 1] + 2, right[0, 2], right[0, 3])
    assert np.flatnonzero(s.best_stretch(view_of(right, device), values, 4)).tolist() == [0, 1, 2]


def test_what_was_not_sent_is_not_broken() -> None:
    right = np.zeros((9, 4), np.int8)
    device = right.copy()
    device[[2, 3, 5, 6]] = 5
    values = np.full_like(right, 5)
    present = ~np.isin(np.arange(9), (4,))
    rows = np.flatnonzero(s.best_stretch(view_of(right, device, present=present), values, 4)).tolist()
    assert rows == [2, 3, 4, 5, 6]


# ---- the search


def found(views: list[View], *hypotheses: list[Candidate], least: int = 8) -> list[str]:
    verified, _ = s.search(views, [lambda _, each=each: each for each in hypotheses], least)  # type: ignore[misc]
    return [each.candidate.cause for each in verified]


def only(values: slice, by: int = 50, cause: str = "it", **more: Any) -> Candidate:
    """Some places of every row."""

    def replay(view: View) -> Int8:
        other = view.expected.copy()
        other[:, values] ^= np.int8(by)
        return other

    return gives(replay, cause, **more)


def test_two_causes_are_both_found_and_applied() -> None:
    device = changed(slice(0, 60), slice(0, 3))
    device[:, 5] ^= 9
    views = [view_of(RIGHT, device)]
    first, second = only(slice(0, 3), cause="more"), only(slice(5, 6), 9, "fewer")
    assert found(views, [second], [first]) == ["more", "fewer"]
    verified, left = s.search(views, [lambda _: [second, first]], 8)
    np.testing.assert_array_equal(left[0].expected, device)
    assert [each.different for each in verified] == [240, 60]


def test_at_most_three_causes_are_told() -> None:
    device = RIGHT ^ np.int8(50)
    four = [only(slice(2 * k, 2 * k + 2), cause=str(k)) for k in range(4)]
    assert found([view_of(RIGHT, device)], four) == []  # what three leave over is too much
    device[:, 7] = RIGHT[:, 7]
    device[:, 6] = RIGHT[:, 6]
    assert found([view_of(RIGHT, device)], four) == ["0", "1", "2"]


def test_of_equals_the_first_is_told() -> None:
    device = changed(slice(0, 60))
    views = [view_of(RIGHT, device)]
    assert found(views, [gives(device, "first")], [gives(device, "second")]) == ["first"]


def test_causes_of_one_family_are_told_together() -> None:
    device = changed(slice(0, 60))
    less = np.where(np.arange(60)[:, None] < 50, device, RIGHT)
    views = [view_of(RIGHT, device)]
    family = [gives(device, name, family="f") for name in ("a", "b", "c")]
    others = [gives(less, "d", family="f"), gives(device, "e", family="g"), gives(device, "h")]
    (best,), _ = s.search(views, [lambda _: [*family, *others]], 8)
    assert (best.candidate.cause, [each.cause for each in best.others]) == ("a", ["b", "c"])
    (alone,), _ = s.search(views, [lambda _: [gives(device, "h"), *family]], 8)
    assert (alone.candidate.cause, alone.others) == ("h", ())


def test_a_better_one_replaces_those_told_together() -> None:
    device = changed(slice(0, 60))
    less = np.where(np.arange(60)[:, None] < 50, device, RIGHT)
    family = [gives(less, "a", family="f"), gives(less, "b", family="f"), gives(device, "c", family="f")]
    (best,), _ = s.search([view_of(RIGHT, device)], [lambda _: family], 8)
    assert (best.candidate.cause, best.others) == ("c", ())


def test_one_that_breaks_nothing_is_better_than_one_that_explains_as_much() -> None:
    device = changed(slice(0, 60), slice(0, 4))
    breaking = device.copy()
    breaking[::6, 7] ^= 1
    views = [view_of(RIGHT, device)]
    assert found(views, [gives(breaking, "breaks")], [gives(device, "does not")]) == ["does not"]
    more = device.copy()
    more[:, 5] ^= np.arange(60).astype(np.int8)  # something that none of them explains
    verified = s._best([view_of(RIGHT, more)], [lambda _: [gives(device, "does not"), gives(breaking)]], 8)
    assert verified is not None and verified.candidate.cause == "does not"


@pytest.mark.parametrize(
    ("given", "had", "families", "better"),
    [
        (200, 196, (s.CODE, ""), False),
        (200, 195, (s.CODE, ""), True),
        (200, 199, ("", ""), True),
        (200, 199, ("", s.CODE), True),
        (200, 199, (s.CODE, s.CODE), True),
        (200, 200, (s.CODE, s.CODE), False),
        (240, 239, (s.CODE, ""), True),
        (240, 240, (s.CODE, ""), False),
    ],
)
def test_a_line_of_code_gives_all_or_clearly_more_than_another_cause(
    given: int, had: int, families: tuple[str, str], better: bool
) -> None:
    one, other = (
        s.Verified(gives(RIGHT, family=name), right, 0, 240, [], [])
        for name, right in zip(families, (given, had), strict=True)
    )
    assert s._is_better(one, other) == better


def test_nothing_is_tried_after_a_cause_that_explains_all() -> None:
    device = changed(slice(0, 60))

    def never(_: list[View]) -> list[Candidate]:
        raise AssertionError

    verified, _ = s.search([view_of(RIGHT, device)], [lambda _: [gives(device)], never], 8)
    assert len(verified) == 1


def test_what_little_is_left_needs_no_cause_of_a_part_of_it() -> None:
    """Of the last twentieth a cause must explain nine tenths."""
    right = cells(200, 8)
    rest = np.arange(200)[:, None] < 10
    device = np.where(rest, right ^ np.int8(9), right ^ np.int8(50))
    for explained, told in ((8, ["most"]), (9, ["most", "rest"])):
        mask = np.arange(200)[:, None] < explained
        most = gives(np.where(rest, right, device), "most")
        part = gives(lambda v, m=mask: np.where(m, right ^ np.int8(9), v.expected), "rest")  # type: ignore[misc]
        assert found([view_of(right, device)], [most], [part]) == told


def test_causes_that_leave_values_in_their_own_rows_are_none() -> None:
    device = changed(slice(0, 60))
    device[:, 6:] = RIGHT[:, 6:] ^ np.int8(3)
    assert found([view_of(RIGHT, device)], [only(slice(0, 6))]) == []
    device[:, 6:] = RIGHT[:, 6:]
    device[:24, 7] ^= 3  # 24 of 384: more than a twentieth
    assert found([view_of(RIGHT, device)], [only(slice(0, 6))]) == []
    device[18:24, 7] = RIGHT[18:24, 7]
    device[57:] = RIGHT[57:]  # 18 of 360
    assert found([view_of(RIGHT, device)], [only(slice(0, 6))]) == ["it"]


def test_where_causes_are_none_nothing_is_applied() -> None:
    device = changed(slice(0, 60))
    device[:, 6:] = RIGHT[:, 6:] ^ np.int8(3)
    _, left = s.search([view_of(RIGHT, device)], [lambda _: [only(slice(0, 6))]], 8)
    np.testing.assert_array_equal(left[0].expected, RIGHT)


# ---- distances


def test_distances_by_how_often_they_occur() -> None:
    rows, among = RIGHT[10:50].copy(), RIGHT
    assert s.votes(rows, among) == [-10]
    rows[:15] = RIGHT[20:35]
    rows[15:20] = RIGHT[0:5]
    assert s.votes(rows, among) == [-10, -20, 15]
    rows[38:] = RIGHT[0:2]
    assert s.votes(rows, among) == [-10, -20, 15] and s.votes(rows, among, 4) == [-10, -20, 15, 38]


def test_of_distances_that_occur_as_often_the_nearest_comes_first() -> None:
    rows = np.concatenate([RIGHT[9:12], RIGHT[4:7]])
    assert s.votes(rows, RIGHT) == [-1, -9]


def test_rows_that_occur_often_tell_nothing() -> None:
    for alike, told in ((8, True), (9, False)):
        among = RIGHT[:20].copy()
        among[:alike] = 0
        assert bool(s.votes(np.zeros((1, 8), np.int8), among)) == told


def test_the_view_with_most_differences_and_those_with_any() -> None:
    some = [view_of(RIGHT, RIGHT), view_of(RIGHT, changed([1])), view_of(RIGHT, changed([1, 2]))]
    assert s.largest(some) is some[2]
    assert list(s.differing(some)) == some[1:]
    assert s.largest([replace(some[2], present=np.zeros(60, np.bool_)), some[1]]) is some[1]
