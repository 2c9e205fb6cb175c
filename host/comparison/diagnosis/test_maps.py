"""Which right values come out wrong, and as what, is read from all rows; what is no simple rule is not told as one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from . import maps
from .fakes_views import COLUMN_WORDS, best, cells, replay_of, view_of
from .search import Candidate, Int8

ROWS, BANDS = 80, 8
RIGHT = cells(ROWS, BANDS, low=-128, high=127)
ALL = np.random.default_rng(2).permutation(np.arange(-128, 128).repeat(8)).astype(np.int8).reshape(-1, BANDS)
Change = Callable[[Any], Any]


def changed(change: Change, right: Int8 = RIGHT, places: Any = slice(None)) -> Int8:
    device = right.copy()
    device[:, places] = change(right[:, places].astype(np.int64)).clip(-128, 127)
    return device


def candidate_of(device: Int8, right: Int8 = RIGHT, least: int = 3) -> Candidate | None:
    view = view_of(right, device)
    found = best(lambda views: maps.mapped(views, COLUMN_WORDS), [view], least)
    if found is not None:
        np.testing.assert_array_equal(replay_of(found, view), device)
    return found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda v: np.minimum(v, 20), "21 and more → 20"),
        (lambda v: np.maximum(v, -90), "-91 and less → -90"),
        (lambda v: np.where((v >= 30) & (v <= 40), 35, v), "30 to 34 → 35, 36 to 40 → 35"),
        (lambda v: np.where((v >= 30) & (v <= 40), v + 50, v), "30 to 40: +50"),
        (lambda v: np.where(v > 60, v - 100, v), "61 and more: -100"),
        (lambda v: np.where(v < -60, v + 100, v), "-61 and less: +100"),
        (lambda v: np.where(v == 12, -5, v), "12: -17"),
        (lambda v: np.where((v == 50) | (v == 51), 35, v), "50 to 51 → 35"),
        (lambda v: np.where(v == -128, -127, v), "-128 → -127"),
        (lambda v: np.where(v == 127, -128, v), "127 → -128"),
        (lambda v: np.where(v < -100, v + 9, np.where(v > 100, v - 9, v)), "-101 and less: +9, 101 and more: -9"),
    ],
)  # fmt: skip
def test_the_ranges_that_come_out_wrong(change: Change, told: str) -> None:
    candidate = candidate_of(changed(change, ALL), ALL)
    assert candidate is not None
    assert candidate.cause == f"values off: {told}"
    assert (
        candidate.explanation
        == f"the bands: of all right values only these come out wrong, and always so: {told}"
    )
    assert candidate.cure == "the offset"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda v: np.where(v > 60, v + 40, v), "61 and more: +40"),
        (lambda v: np.where(v < -60, v - 40, v), "-61 and less: -40"),
        (lambda v: np.where(v > 60, v + 40, np.where(v < -60, v - 40, v)), "-61 and less: -40, 61 and more: +40"),
    ],
)  # fmt: skip
def test_a_range_that_saturates_goes_on_to_the_end(change: Change, told: str) -> None:
    """What is added is the same, though the last values have no room for all of it."""
    candidate = candidate_of(changed(change, ALL), ALL)
    assert candidate is not None and candidate.cause == f"values off: {told}"


def test_a_last_value_that_becomes_another_ends_a_range() -> None:
    candidate = candidate_of(changed(lambda v: np.where(v == 127, 3, np.where(v > 100, v + 1, v)), ALL), ALL)
    assert candidate is not None and candidate.cause == "values off: 101 to 126: +1, 127 → 3"
    candidate = candidate_of(
        changed(lambda v: np.where(v == -128, 3, np.where(v < -100, v - 1, v)), ALL), ALL
    )
    assert candidate is not None and candidate.cause == "values off: -128 → 3, -127 to -101: -1"


def test_the_last_value_ends_a_range_where_it_has_room_and_is_right() -> None:
    candidate = candidate_of(changed(lambda v: np.where((v > 100) & (v < 127), v - 1, v), ALL), ALL)
    assert candidate is not None and candidate.cause == "values off: 101 to 126: -1"
    candidate = candidate_of(changed(lambda v: np.where((v < -100) & (v > -128), v + 1, v), ALL), ALL)
    assert candidate is not None and candidate.cause == "values off: -127 to -101: +1"


def test_values_never_seen_do_not_part_a_range() -> None:
    even = (RIGHT // 2 * 2).astype(np.int8)
    candidate = candidate_of(changed(lambda v: np.where((v >= 20) & (v <= 60), v + 5, v), even), even)
    assert candidate is not None and candidate.cause == "values off: 20 to 60: +5"


def test_a_range_at_the_top_of_what_was_seen_has_no_known_end() -> None:
    quiet = cells(ROWS, BANDS, low=-100, high=50)
    candidate = candidate_of(changed(lambda v: np.where(v > 20, v + 5, v), quiet), quiet)
    assert candidate is not None and candidate.cause == "values off: 21 and more: +5"


@pytest.mark.parametrize(
    ("places", "which"),
    [
        ([4], "band 4"),
        ([0, 2], "band 0, band 2"),
        ([0, 1, 2, 3], "band 0, band 1, band 2, band 3"),
        ([0, 1, 2, 3, 5], "band 0, band 1, band 2, band 3 and 1 more"),
    ],
)
def test_only_some_bands_are_mapped(places: list[int], which: str) -> None:
    candidate = candidate_of(changed(lambda v: np.where(v > 0, v - 3, v), places=places))
    assert candidate is not None
    assert candidate.explanation.startswith(f"{which}: of all right values only these")


def test_a_range_at_the_bottom_of_what_was_seen_has_no_known_end_unless_it_is_one_value() -> None:
    quiet = cells(300, BANDS, low=-50, high=100)
    candidate = candidate_of(changed(lambda v: np.where(v < -20, v - 5, v), quiet), quiet)
    assert candidate is not None and candidate.cause == "values off: -21 and less: -5"
    candidate = candidate_of(changed(lambda v: np.where(v < -48, v - 5, v), quiet), quiet)
    assert candidate is not None and candidate.cause == "values off: -49 and less: -5"
    floor = np.maximum(quiet, np.int8(-20))
    candidate = candidate_of(changed(lambda v: np.where(v == -20, v - 5, v), floor), floor)
    assert candidate is not None and candidate.cause == "values off: -20: -5"


def test_four_ranges_are_no_rule_and_three_are() -> None:
    def stripes(count: int) -> Change:
        return lambda v: np.select(
            [(v >= 20 * k) & (v < 20 * k + 6) for k in range(count)], [v + 3] * count, v
        )

    three = candidate_of(changed(stripes(3)))
    assert three is not None and three.cause.count(":") == 4
    assert candidate_of(changed(stripes(4))) is None


def test_a_right_value_with_two_wrong_ones_is_no_rule() -> None:
    device = changed(lambda v: np.where(v > 60, v - 100, v))
    device[::2] = RIGHT[::2]
    assert candidate_of(device) is None


@pytest.mark.parametrize(("others", "sure"), [(1, True), (2, False)])
def test_one_value_in_twenty_may_be_wrong_for_another_reason(others: int, sure: bool) -> None:
    right = np.full((10, 4), 5, np.int8)
    right[:5] = 9
    device = np.where(right == 9, 11, right).astype(np.int8)
    device.ravel()[:others] = 77
    assert bool(list(maps.mapped([view_of(right, device)], COLUMN_WORDS))) == sure


def of_pairs(pairs: int, value: int, other: int, alike: int = 200) -> tuple[Int8, Int8]:
    right = np.concatenate([np.full(pairs, value), np.zeros(alike - pairs)]).astype(np.int8).reshape(-1, 4)
    return right, np.where(right == value, other, right).astype(np.int8)


@pytest.mark.parametrize(
    ("pairs", "value", "told"),
    [(5, 7, False), (6, 7, True), (2, 127, False), (3, 127, True), (3, -128, True)],
)
def test_few_values_show_a_rule_only_at_an_end_of_int8(pairs: int, value: int, told: bool) -> None:
    right, device = of_pairs(pairs, value, 20)
    candidates = list(maps.mapped([view_of(right, device)], COLUMN_WORDS))
    assert bool(candidates) == told
    assert all((each.sure == 3) == (abs(value) > 100) for each in candidates)


def test_several_ranges_ask_for_as_many_more_values() -> None:
    """Two right values: twelve rows, not six."""
    for rows, told in ((5, False), (6, True)):
        right = np.concatenate([np.full(rows, 10), np.full(rows, 50), np.zeros(200 - 2 * rows)]).astype(
            np.int8
        )
        right = right.reshape(-1, 4)
        device = (right + 3 * (right != 0)).astype(np.int8)
        device[right == 50] = 44
        assert bool(list(maps.mapped([view_of(right, device)], COLUMN_WORDS))) == told


def test_many_right_values_ask_for_no_more_than_three_ranges_do() -> None:
    for count, told in ((17, False), (18, True)):
        right = np.concatenate([10 + np.arange(count), np.zeros(200 - count)]).astype(np.int8).reshape(-1, 4)
        device = (right + 3 * (right != 0)).astype(np.int8)
        assert bool(list(maps.mapped([view_of(right, device)], COLUMN_WORDS))) == told


def test_a_value_at_a_rail_beside_others_is_not_sure_of_itself() -> None:
    right, device = of_pairs(20, 127, 20)
    device[right == 0] = 1
    assert all(each.sure is None for each in maps.mapped([view_of(right, device)], COLUMN_WORDS))


def test_rows_that_were_not_sent_are_left_out_and_all_files_count() -> None:
    device = changed(lambda v: np.minimum(v, 20))
    device[:9] = 77
    first = view_of(RIGHT, device, present=np.arange(ROWS) > 8)
    found = best(lambda views: maps.mapped(views, COLUMN_WORDS), [first])
    assert found is not None and found.cause == "values off: 21 and more → 20"
    other = view_of(RIGHT, changed(lambda v: np.where(v == 3, 9, v)), name="b.wav")
    assert best(lambda views: maps.mapped(views, COLUMN_WORDS), [first, other]) is None


def test_what_was_found_holds_in_other_files_too() -> None:
    candidate = candidate_of(changed(lambda v: np.where(v > 20, v + 5, v)))
    assert candidate is not None
    loud = np.array([[20, 21, 122, 127], [-5, 0, 125, 60]], np.int8).repeat(2, axis=1)
    replayed = candidate.replay(replace(view_of(loud, loud)))
    assert replayed is not None
    np.testing.assert_array_equal(replayed, np.where(loud > 20, np.minimum(loud.astype(int) + 5, 127), loud))


def test_rounding_towards_0_is_named() -> None:
    divided = candidate_of(changed(lambda v: v + (v < 0)))
    assert divided is not None and divided.cause == "values off: -1 and less: +1"
    assert divided.explanation.endswith(
        "-1 and less: +1 (as rounding towards 0 gives, a division, in the place of "
        "rounding down: negative ones alone differ)"
    )
    for change in (lambda v: v + (v < -1), lambda v: v - (v < 0), lambda v: v + (v < 0) - (v > 40)):
        other = candidate_of(changed(change))
        assert other is not None and "rounding" not in other.explanation


def test_noise_is_no_map() -> None:
    assert candidate_of(cells(ROWS, BANDS, seed=5)) is None
