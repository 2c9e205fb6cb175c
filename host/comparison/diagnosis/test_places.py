"""What differing values have in common is told where it is true of all of them and hardly chance."""

from dataclasses import replace

import numpy as np
import pytest

from .fakes_views import cells, view_of
from .places import apart, beyond_chance, in_common, numbers, regular, where_told
from .search import Int8, View

RIGHT = cells(200, 10)


def with_changes(places: list[tuple[int, int]], bit: int = 0, right: Int8 = RIGHT) -> Int8:
    device = right.copy()
    for row, value in places:
        device[row, value] = device[row, value] ^ (1 << bit) if bit else device[row, value] + 9 + row % 4
    return device


def common(places: list[tuple[int, int]], bit: int = 0, row: str = "column") -> str:
    return in_common([view_of(RIGHT, with_changes(places, bit))], row)


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([(40, 5)], "a single value"),
        ([(40, 5), (41, 2)], "2 single values in 2 columns"),
        ([(40, 5), (40, 6), (51, 2)], "3 single values in 2 columns"),
        ([(40, 5), (40, 6)], "a single column"),
        ([(40, 5), (40, 6), (40, 7), (51, 2)], ""),
        (
            [(row, 3) for row in range(10, 200, 20)],
            "10 single values in 10 columns, every 20th column of the run",
        ),
    ],
)
def test_single_values_and_single_rows(places: list[tuple[int, int]], told: str) -> None:
    assert common(places) == told
    assert common(places, row="window") == told.replace("column", "window")


def test_nothing_is_common_to_no_difference() -> None:
    assert regular([view_of(RIGHT, RIGHT)], [np.zeros(RIGHT.shape, np.bool_)], "column") == ""


def test_of_one_value_a_row_no_value_is_single() -> None:
    one = cells(60, 1)
    device = one.copy()
    device[30] += 7
    assert in_common([view_of(one, device)], "window") == "a single window"
    two = cells(60, 2)
    device = two.copy()
    device[30, 1] += 7
    assert in_common([view_of(two, device)], "window") == "a single value"


@pytest.mark.parametrize(("bit", "told"), [(1, "bit 1"), (6, "bit 6"), (7, "bit 7")])
def test_the_same_bit_of_all_of_them(bit: int, told: str) -> None:
    device = RIGHT.copy()
    for row, value in ((40, 5), (90, 1)):
        device[row, value] ^= np.uint8(1 << bit).astype(np.int8)
    assert (
        in_common([view_of(RIGHT, device)], "column")
        == f"2 single values in 2 columns, {told} inverted in each"
    )


def test_one_flipped_bit_or_two_bits_of_a_value_are_nothing_common() -> None:
    assert common([(40, 5)], 4) == "a single value"
    device = RIGHT.copy()
    device[[40, 90], [5, 1]] ^= 3
    assert in_common([view_of(RIGHT, device)], "column") == "2 single values in 2 columns"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-20, 20, "only where -20 to 20 is right"),
        (60, 100, "only where 60 or more is right"),
        (-100, -60, "only where -60 or less is right"),
        (33, 33, "only where 33 is right"),
        (-50, 50, "only where -50 to 50 is right"),
        (-50, 51, ""),
    ],
)
def test_the_range_of_right_values_that_differ(low: int, high: int, told: str) -> None:
    right = np.resize(np.arange(-100, 101), (201, 8)).astype(np.int8)
    within = (right >= low) & (right <= high)
    device = np.where(within, right + 3 + np.arange(8) % 3, right).astype(np.int8)
    assert in_common([view_of(right, device)], "column").endswith(told)
    assert bool(told) == ("right" in in_common([view_of(right, device)], "column"))


def test_three_values_are_no_range_and_neither_is_one_right_value_alone() -> None:
    places = [(row, 0) for row in (40, 41, 43, 48)]
    right = RIGHT.copy()
    for row, value in places:
        right[row, value] = 30 + row % 4
    for count, told in ((3, False), (4, True)):
        view = view_of(right, with_changes(places[:count], right=right))
        assert ("right" in in_common([view], "column")) == told
    flat = np.zeros((20, 4), np.int8)
    assert "right" not in in_common([view_of(flat, flat + np.int8(5))], "column")


def test_right_values_of_rows_that_were_not_sent_do_not_widen_the_range() -> None:
    right = np.resize(np.arange(-10, 11), (210, 4)).astype(np.int8)
    right[0] = 120
    device = np.where(np.abs(right) <= 8, right + 3 + np.arange(4), right).astype(np.int8)
    assert "right" in in_common([view_of(right, device)], "column")
    view = view_of(right, device, present=np.arange(210) > 0)
    assert "right" not in in_common([view], "column")


def in_two(
    first: list[int], second: list[int], rows: int = 200, starts: tuple[int, int] = (0, 0)
) -> list[View]:
    right = cells(rows, 6)
    views = []
    for name, places, start in zip("ab", (first, second), starts, strict=True):
        device = right.copy()
        for place in places:
            device[place - start] += 5 + place % 3 + np.arange(6).astype(np.int8)
        views.append(view_of(right, device, name=f"{name}.wav", first=start))
    return views


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ([100, 104], [107, 109], "columns 100 to 109 of each file"),
        ([100, 104], [107, 110], "columns 100 to 110 of each file"),
        ([100, 104], [107, 111], ""),
        ([100], [100], ""),
    ],
)
def test_a_short_stretch_that_is_the_same_in_each_file(
    first: list[int], second: list[int], told: str
) -> None:
    assert in_common(in_two(first, second), "column") == told
    moved = in_common(in_two(first, second, starts=(50, 50)), "column")
    assert moved == told


def test_of_one_file_alone_no_stretch_is_told() -> None:
    assert in_common(in_two([100, 101, 103, 104], [])[:1], "column") == ""
    assert in_common(in_two([100, 101, 103, 104], []), "column") == ""


def test_numbers_go_on_from_file_to_file() -> None:
    views = [
        view_of(RIGHT, RIGHT, rows_before=1000, first=20),
        view_of(RIGHT, RIGHT, rows_before=1500),
    ]
    masks = [np.zeros(RIGHT.shape, np.bool_) for _ in views]
    masks[0][5, 3] = masks[1][7, 0] = True
    assert numbers(views, masks, "column") == numbers(views, masks, "window") == [1025, 1507]
    views[1] = replace(views[1], file=replace(views[1].file, windows_before=90))
    assert numbers(views, masks, "column") == [1025, 1507] and numbers(views, masks, "window") == [1025, 97]


def marked(rows: list[int], rows_before: int, first: int = 0) -> tuple[View, np.ndarray]:  # type: ignore[type-arg]
    mask = np.zeros(RIGHT.shape, np.bool_)
    mask[[row - first for row in rows]] = True
    return view_of(RIGHT, RIGHT, rows_before=rows_before, first=first), mask


def test_rows_regular_in_each_file_are_told_where_the_run_is_not() -> None:
    """A count that begins anew with each file."""
    views, masks = zip(*(marked([7, 27, 47, 107], at, 5) for at in (0, 203, 411)), strict=True)
    assert regular(list(views), list(masks), "column") == "in each file column 7 and multiples of 20 after it"
    views, masks = zip(*(marked([7, 27, 47, 107], at) for at in (0, 200, 400)), strict=True)
    assert regular(list(views), list(masks), "column") == "always a multiple of 20 columns apart"


def test_rows_before_the_first_one_are_not_said_to_be_wrong() -> None:
    views, masks = zip(*(marked([47, 67, 107, 127], at) for at in (0, 203, 411)), strict=True)
    assert (
        regular(list(views), list(masks), "column") == "in each file column 47 and multiples of 20 after it"
    )


@pytest.mark.parametrize("rows", [[7, 27], [7, 27, 67]])
def test_a_place_that_is_wrong_in_each_file_counts_once(rows: list[int]) -> None:
    views, masks = zip(*(marked(rows, at) for at in (0, 203, 411)), strict=True)
    assert regular(list(views), list(masks), "column") == ""


@pytest.mark.parametrize(
    ("step", "count", "beyond"),
    [
        *((0, 100, False), (1, 100, False), (10, 4, False), (10, 5, True), (2, 10, False), (2, 11, True)),
        *((31, 3, False), (32, 3, True), (10_000, 2, False)),
    ],
)
def test_chance_is_one_in_a_thousand_and_two_places_are_not_regular(
    step: int, count: int, beyond: bool
) -> None:
    assert beyond_chance(step, count) == beyond


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (51, "51st"),
        (22, "22nd"),
        (63, "63rd"),
        (44, "44th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (111, "111th"),
        (121, "121st"),
    ],
)
def test_ordinals(step: int, name: str) -> None:
    assert apart(list(range(step - 1, 12 * step, step)), "column") == f"every {name} column of the run"


def test_a_bound_that_parts_marked_rows_from_all_others() -> None:
    expected = np.arange(-40, 40, dtype=np.int8).reshape(-1, 2)[:, ::-1]
    view = view_of(expected, expected)
    name = "score {}".format
    low, high = np.zeros((2, *expected.shape), np.bool_)
    low[:10, 1], high[12:, 0] = True, True
    assert (
        where_told([view], [low], name) == "all where score 0 is -21 or less and none where it is -19 or more"
    )
    assert (
        where_told([view], [high], name)
        == "all where score 0 is -15 or more and none where it is -17 or less"
    )
    assert where_told([view], [low | high], name) == ""
    low[8:] = low[:2] = False
    assert where_told([view], [low], name) == ""  # in the middle, and too few


@pytest.mark.parametrize(("marked_rows", "told"), [(7, False), (8, True), (12, True), (13, False)])
def test_a_bound_has_eight_rows_on_either_side(marked_rows: int, told: bool) -> None:
    expected = np.arange(20, dtype=np.int8)[:, None]
    mask = np.arange(20)[:, None] < marked_rows
    assert bool(where_told([view_of(expected, expected)], [mask], "score {}".format)) == told
    assert bool(where_told([view_of(expected[::-1], expected)], [mask], "score {}".format)) == told


@pytest.mark.parametrize("sign", [1, -1])
def test_a_value_on_both_sides_is_no_bound(sign: int) -> None:
    expected = (sign * np.array([*range(10), *range(9, 19)], np.int8))[:, None]
    view, mask = view_of(expected, expected), np.arange(20)[:, None] < 10
    assert where_told([view], [mask], "score {}".format) == ""
