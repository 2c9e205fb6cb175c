"""What is wrong within each row (an order, an offset, a value that is stuck, bits) is read from made-up values."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from . import values
from .fakes_views import COLUMN_WORDS, OUTPUT_WORDS, best, cells, replay_of, view_of
from .search import Candidate, Int8, View

ROWS, BANDS = 60, 12
RIGHT = cells(ROWS, BANDS)
SCORES = replace(OUTPUT_WORDS, halves="scores are told as logits and logits as scores")


def candidate_of(of: Any, device: Int8, words: values.Words = COLUMN_WORDS, right: Int8 = RIGHT) -> Candidate:
    view = view_of(right, device)
    candidate = best(lambda views: of(views, words), [view], 4)
    assert candidate is not None
    np.testing.assert_array_equal(replay_of(candidate, view), device)
    return candidate


def causes(of: Any, device: Int8, words: values.Words = COLUMN_WORDS, right: Int8 = RIGHT) -> list[str]:
    return [each.cause for each in of([view_of(right, device)], words)]


# ---- order


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda c: c[:, ::-1], "reversed"),
        *((lambda c, k=k: np.roll(c, k, axis=1), f"rotated by {k}") for k in (1, -1, 2, -2)),
        (lambda c: np.concatenate([c[:, :1], c[:, :-1]], axis=1), "shifted by 1"),
        (lambda c: np.concatenate([c[:, 2:], c[:, -1:], c[:, -1:]], axis=1), "shifted by -2"),
        (lambda c: c.reshape(len(c), -1, 2)[:, :, ::-1].reshape(c.shape), "pairs exchanged"),
        (lambda c: np.roll(c, 6, axis=1), "halves exchanged"),
    ],
)
def test_bands_in_another_order(change: Callable[[Int8], Int8], cause: str) -> None:
    candidate = candidate_of(values.reordered, change(RIGHT))
    assert (candidate.cause, candidate.cure) == (cause, "the order")
    assert candidate.explanation == f"the bands are {cause}"


def test_an_odd_number_of_values_has_no_halves() -> None:
    right = cells(ROWS, 9)
    told = causes(values.reordered, right[:, ::-1], SCORES, right)
    assert "reversed" in told and not {"halves exchanged", "pairs exchanged"} & set(told)
    even = cells(ROWS, 8)
    assert {"halves exchanged", "pairs exchanged"} < set(causes(values.reordered, even[:, ::-1], right=even))


def exchanged(pairs: dict[int, int], right: Int8 = RIGHT) -> Int8:
    device = right.copy()
    for place, source in pairs.items():
        device[:, place] = right[:, source]
    return device


def test_exchanged_bands_are_told_by_name() -> None:
    candidate = candidate_of(values.reordered, exchanged({3: 7, 7: 3}))
    assert candidate.cause == "exchanged"
    assert candidate.explanation == "the bands are exchanged: band 3 holds band 7, band 7 holds band 3"


def test_of_many_exchanged_bands_four_are_named() -> None:
    four = candidate_of(values.reordered, exchanged({0: 5, 5: 0, 3: 9, 9: 3}))
    assert four.explanation.endswith("band 9 holds band 3") and four.explanation.count("holds") == 4
    five = candidate_of(values.reordered, exchanged({0: 5, 5: 3, 3: 9, 9: 7, 7: 0}))
    assert five.explanation.endswith("band 7 holds band 0 and 1 more")
    six = candidate_of(values.reordered, exchanged({0: 5, 5: 0, 3: 9, 9: 3, 1: 11, 11: 1}))
    assert six.explanation.endswith("band 5 holds band 0 and 2 more") and six.explanation.count("holds") == 4


def test_an_order_shows_though_one_row_in_twenty_is_wrong_for_another_reason() -> None:
    device = exchanged({3: 7, 7: 3})[:20]
    device[10] = 1
    assert "exchanged" in causes(values.reordered, device, right=RIGHT[:20])
    device[11] = 1
    assert "exchanged" not in causes(values.reordered, device, right=RIGHT[:20])


def test_scores_and_logits_exchanged_are_told_so() -> None:
    right = cells(ROWS, 2)
    candidate = candidate_of(values.reordered, right[:, ::-1], SCORES, right)
    assert candidate.cause == "halves exchanged"
    assert (
        candidate.explanation == "the outputs are exchanged: scores are told as logits and logits as scores"
    )
    plain = candidate_of(values.reordered, right[:, ::-1], OUTPUT_WORDS, right)
    assert plain.explanation == "the outputs are exchanged: score 0 holds score 1, score 1 holds score 0"


@pytest.mark.parametrize(("count", "alone"), [(7, False), (8, True)])
def test_of_eight_values_the_order_of_single_rows_is_no_chance(count: int, alone: bool) -> None:
    right = cells(ROWS, count)
    told = causes(values.reordered, right[:, ::-1], right=right)
    assert "reversed" in told and ("reversed in single columns" in told) == alone


def test_few_values_have_an_order_only_where_one_was_read() -> None:
    three = cells(ROWS, 3)
    assert causes(values.reordered, three[:, [1, 2, 0]], OUTPUT_WORDS, three) == ["exchanged"]
    assert causes(values.reordered, three + np.int8(1), OUTPUT_WORDS, three) == []
    four = cells(ROWS, 4)
    told = causes(values.reordered, four + np.int8(1), OUTPUT_WORDS, four)
    assert told[0] == "reversed" and {"moved by 1", "moved by -1"} < set(told)
    assert "exchanged" not in causes(values.reordered, four + np.int8(1), OUTPUT_WORDS, four)


def test_of_one_value_or_one_row_there_is_no_order() -> None:
    one = cells(ROWS, 1)
    assert causes(values.reordered, one + np.int8(1), COLUMN_WORDS, one) == []
    device = RIGHT.copy()
    device[3] = device[3, ::-1]
    assert causes(values.reordered, device) == []
    device[4] = device[4, ::-1]
    assert causes(values.reordered, device)


def test_a_value_that_equals_its_own_as_often_has_not_moved() -> None:
    """Two bands that are always alike cannot be told apart."""
    right = RIGHT.copy()
    right[:, 8] = right[:, 2]
    device = right.copy()
    device[:, 0] = 1
    assert "exchanged" not in causes(values.reordered, device, right=right)


# ---- offset


def added(by: Any, right: Int8 = RIGHT, wrapped: bool = False) -> Int8:
    wide = right.astype(np.int16) + by
    return wide.astype(np.int8) if wrapped else wide.clip(-128, 127).astype(np.int8)


LOUD = cells(ROWS, BANDS, low=-128, high=127)


@pytest.mark.parametrize(("wrapped", "how"), [(False, ""), (True, ", wrapped around at the end of int8")])
@pytest.mark.parametrize("by", [5, -40])
def test_all_bands_off_by_a_figure(by: int, wrapped: bool, how: str) -> None:
    candidate = candidate_of(values.offset, added(by, LOUD, wrapped), right=LOUD)
    assert (candidate.cause, candidate.cure) == ("constant offset", "the offset")
    assert candidate.explanation == f"all bands are {by:+d}{how}"


def in_bands(steps: dict[int, int]) -> Any:
    return np.array([steps.get(band, 0) for band in range(BANDS)])


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("steps", "cause", "told"),
    [
        ({4: 7}, "band 4", "always +7"),
        ({4: -7, 6: -7}, "band 4, band 6", "always -7"),
        ({4: 2, 6: -3}, "band 4, band 6", "always by a constant each, +2, -3"),
        (
            {0: 1, 2: 2, 4: 3, 6: 4, 8: 5},
            "band 0, band 2, band 4, band 6 and 1 more",
            "always by a constant each, +1, +2, +3, +4",
        ),
        ({0: 9, 2: 9, 4: 9, 6: 9}, "band 0, band 2, band 4, band 6", "always +9"),
    ],
)
def test_some_bands_off_by_a_figure(steps: dict[int, int], cause: str, told: str, wrapped: bool) -> None:
    candidate = candidate_of(values.offset, added(in_bands(steps), LOUD, wrapped), right=LOUD)
    assert candidate.cause == f"offset of {cause}"
    assert candidate.explanation == f"{cause}: {told}"


def test_the_only_value_of_a_row_has_no_others_to_be_off_with() -> None:
    right = cells(ROWS, 1)
    assert set(causes(values.offset, added(5, right), right=right)) == {"offset of band 0"}
    two = cells(ROWS, 2)
    assert candidate_of(values.offset, added(5, two), right=two).explanation == "all bands are +5"


def test_half_the_range_is_a_matter_of_a_bit_and_no_offset() -> None:
    wide = cells(ROWS, BANDS, low=-128, high=-20)
    assert "constant offset" not in causes(values.offset, added(128, wide), right=wide)
    assert "constant offset" in causes(values.offset, added(127, wide), right=wide)
    assert "constant offset" not in causes(values.offset, added(-128, -wide), right=-wide)
    assert len(causes(values.offset, added(128, wide), right=wide)) == 1
    assert len(causes(values.offset, added(127, wide), right=wide)) == 4


def test_one_right_value_that_comes_out_as_another_is_no_offset() -> None:
    right = np.where(RIGHT > 0, RIGHT, -3).astype(np.int8)
    device = np.where(right == -3, 5, right).astype(np.int8)
    assert causes(values.offset, device, right=right) == []


def test_differences_of_all_sizes_are_no_offset() -> None:
    assert causes(values.offset, cells(ROWS, BANDS, seed=7)) == []
    assert causes(values.offset, RIGHT) == []


@pytest.mark.parametrize(("alike", "known"), [(5, True), (4, False)])
def test_an_offset_is_known_from_half_of_a_bands_differences(alike: int, known: bool) -> None:
    device = RIGHT.copy()
    by = [3] * alike + list(range(20, 30))[: 10 - alike]
    device[10:20, 4] += np.array(by, np.int8)
    assert bool(causes(values.offset, device)) == known


@pytest.mark.parametrize(("rows", "known"), [(3, True), (2, False)])
def test_an_offset_is_known_from_three_rows(rows: int, known: bool) -> None:
    device = RIGHT.copy()
    device[10 : 10 + rows, 4] += 3
    assert bool(causes(values.offset, device)) == known


def test_rows_that_were_not_sent_say_nothing() -> None:
    device = added(5)
    device[5:] = 0
    view = view_of(RIGHT, device, present=np.arange(ROWS) < 5)
    candidate = best(lambda views: values.offset(views, COLUMN_WORDS), [view], 4)
    assert candidate is not None and candidate.explanation == "all bands are +5"


# ---- stuck


@pytest.mark.parametrize(
    ("places", "cause", "told", "cure"),
    [
        ([4], "band 4 stuck", "band 4: stuck at -7", "the stale"),
        ([0, 1, 2, 3], "band 0, band 1, band 2, band 3 stuck", "stuck at -7, -7, -7, -7", "the stale"),
        (
            [0, 1, 2, 3, 9],
            "band 0, band 1, band 2, band 3 and 1 more stuck",
            "stuck at -7, -7, -7, -7 …",
            "the stale",
        ),
        (list(range(BANDS)), "all bands stuck", "all bands: stuck at -7, -7, -7, -7 …", "the stale"),
    ],
)
def test_values_that_are_stuck(places: list[int], cause: str, told: str, cure: str) -> None:
    device = RIGHT.copy()
    device[:, places] = -7
    candidate = candidate_of(values.stuck, device)
    assert (candidate.cause, candidate.cure) == (cause, cure)
    assert candidate.explanation.endswith(told)


@pytest.mark.parametrize(("value", "cure"), [(-128, "the offset"), (127, "the offset"), (126, "the stale")])
def test_values_stuck_at_an_end_of_int8_have_the_last_steps_cure(value: int, cure: str) -> None:
    device = RIGHT.copy()
    device[:, 3] = value
    device[:, 5] = -128
    assert candidate_of(values.stuck, device).cure == cure


def test_three_rows_do_not_show_that_a_value_is_stuck() -> None:
    device = RIGHT.copy()
    device[5:8, 3] = 120
    assert causes(values.stuck, device) == []
    device[5:9, 3] = 120
    assert causes(values.stuck, device) == ["band 3 stuck"]
    assert causes(values.stuck, cells(ROWS, BANDS, seed=8)) == []


def test_a_value_that_is_right_and_never_changes_is_not_stuck() -> None:
    right = RIGHT.copy()
    right[:, 6] = 5
    device = right.copy()
    device[:, 3] = -7
    assert causes(values.stuck, device, right=right) == ["band 3 stuck"]


# ---- bits


OPERATIONS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("unsigned", lambda v: v + np.where(v < 0, 128, -128), "the bands have their top bit inverted"),
    ("sign flipped", lambda v: np.minimum(-v, 127), "the bands have their sign flipped"),
    ("sign flipped, wrapped", lambda v: np.where(v == -128, v, -v), "-128 staying"),
    ("inverted", lambda v: -1 - v, "the bands have all bits inverted"),
    ("magnitude", lambda v: np.minimum(np.abs(v), 127), "the bands have lost their sign"),
    ("negatives lost", lambda v: np.where(v < 0, 0, v), "the bands are 0 where they should be negative"),
    ("halved", lambda v: np.floor(v / 2), "the bands are halved"),
    ("doubled", lambda v: np.clip(v * 2, -128, 127), "the bands are doubled, saturated"),
    *((f"bit {k} stuck at 0", lambda v, k=k: v - (v & 1 << k), f"bit {k} stuck at 0 in all") for k in range(7)),
    *((f"bit {k} stuck at 1", lambda v, k=k: v | 1 << k, f"bit {k} stuck at 1 in all") for k in range(7)),
    ("bit 7 stuck at 0", lambda v: np.where(v < 0, v + 128, v), "bit 7 stuck at 0 in all"),
    ("bit 7 stuck at 1", lambda v: np.where(v < 0, v, v - 128), "bit 7 stuck at 1 in all"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "change", "told"), OPERATIONS, ids=[each[0] for each in OPERATIONS])
def test_all_values_through_an_operation(cause: str, change: Callable[[Any], Any], told: str) -> None:
    candidate = candidate_of(values.bits, change(LOUD.astype(np.int64)).astype(np.int8), right=LOUD)
    assert (candidate.cause, candidate.cure) == (cause, "the offset")
    assert told in candidate.explanation


def test_there_are_no_other_operations() -> None:
    found = {each.cause for each in values.bits([view_of(RIGHT, added(1))], COLUMN_WORDS)}
    lost = {f"{low} low bits lost" for low in range(2, 7)}
    assert found == {name for name, _, _ in OPERATIONS} | lost


@pytest.mark.parametrize("low", range(2, 7))
def test_some_bands_have_lost_their_low_bits(low: int) -> None:
    device = RIGHT.copy()
    device[:, [3, 7]] &= np.int8(-(1 << low))
    candidate = candidate_of(values.bits, device)
    assert candidate.explanation == f"band 3, band 7 have lost their {low} low bits"


def test_a_bit_of_one_band() -> None:
    device = RIGHT.copy()
    device[:, 5] |= 8
    assert candidate_of(values.bits, device).explanation == "bit 3 stuck at 1 in band 5"
    words = replace(COLUMN_WORDS, value="score of 'the owl {}'".format)
    named = candidate_of(values.bits, device, words)
    assert named.explanation == "bit 3 stuck at 1 in score of 'the owl 5'"


@pytest.mark.parametrize("by", [1, 2, 3, 4])
def test_values_that_follow_only_where_they_move_by_more(by: int) -> None:
    right = (
        np.cumsum(np.random.default_rng(6).integers(-6, 7, (ROWS, BANDS)), axis=0)
        .clip(-100, 100)
        .astype(np.int8)
    )
    device = right.copy()
    for row in range(1, ROWS):
        near = np.abs(right[row].astype(int) - device[row - 1]) <= by
        device[row] = np.where(near, device[row - 1], right[row])
    candidate = candidate_of(values.held_within, device, right=right)
    assert candidate.cause == f"held within {by}"


@pytest.mark.parametrize("first", [0, 4])
def test_what_was_told_before_a_streams_first_row_is_not_known(first: int) -> None:
    right = RIGHT.copy()
    right[4] = right[3] + 1
    device = right ^ np.int8(64)
    device[3:5] = right[3]
    view = view_of(right, device, first=first)
    values_given = replay_of(next(iter(values.held_within([view], COLUMN_WORDS))), view)
    np.testing.assert_array_equal(values_given[0], right[0] if first else view.device[0])
    device[4] = right[4]
    device[0] = right[0] + 1
    alone = view_of(right, device, first=first)
    assert not list(values.held_within([alone], COLUMN_WORDS)), "it is taken as it came, and shows nothing"


def test_none_of_them_speaks_of_noise() -> None:
    noisy = view_of(RIGHT, added(np.random.default_rng(3).integers(-9, 10, RIGHT.shape)))

    def all_of_them(views: list[View]) -> Iterator[Candidate]:
        for of in (values.reordered, values.offset, values.stuck, values.bits, values.shifted):
            yield from of(views, COLUMN_WORDS)

    assert best(all_of_them, [noisy]) is None


@pytest.mark.parametrize(("by", "end"), [(1, "first"), (-1, "last")])
def test_bands_moved_by_one_place_let_in_something_else(by: int, end: str) -> None:
    device = np.roll(RIGHT, by, axis=1)
    device[:, 0 if by > 0 else -1] = cells(len(RIGHT), 1, seed=9)[:, 0]
    candidate = candidate_of(values.reordered, device)
    assert candidate.explanation == f"the bands are moved by {by}, and the {end} one holds something else"
    assert "moved by 1" not in causes(
        values.reordered, cells(ROWS, 3)[:, [1, 2, 0]], OUTPUT_WORDS, cells(ROWS, 3)
    )


def test_in_single_columns_some_bands_are_copies_of_others() -> None:
    device = RIGHT.copy()
    device[5::10, 6:] = RIGHT[5::10, :6]
    view = view_of(RIGHT, device)
    candidate = best(lambda views: values.reordered(views, COLUMN_WORDS), [view], 4)
    assert candidate is not None and candidate.rows_alone
    assert candidate.explanation == (
        "in single columns the bands are others of the same column: band 6 holds band 0, band 7 holds band 1, "
        "band 8 holds band 2, band 9 holds band 3 and 2 more"
    )
