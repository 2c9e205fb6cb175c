"""What is tried of values at the limits of each rule, on made-up ones."""

from dataclasses import replace

import numpy as np
import pytest

from . import values
from .fakes_views import COLUMN_WORDS, cells, view_of
from .search import Int8


def test_distances_that_are_tried_are_those_that_were_read_then_near_ones_then_far_ones() -> None:
    strange = view_of(cells(60, 6), cells(60, 6, seed=2))
    near = [
        "1 column late", "1 column early", "2 columns late", "2 columns early", "3 columns late", "3 columns early"
    ]  # fmt: skip
    told = [each.cause for each in values.shifted([strange], COLUMN_WORDS)]
    assert [*dict.fromkeys(told)] == [*near, "20 columns late"]
    twice = [cause for cause in near if cause.endswith("late")]  # with what was right of the file before, too
    assert sorted(told) == sorted([*near, "20 columns late", *twice])
    right = cells(60, 6)
    late = view_of(right, np.roll(right, 7, axis=0))
    found = [each.cause for each in values.shifted([late], COLUMN_WORDS)]
    assert [*dict.fromkeys(found)] == ["7 columns late", "53 columns early", *near, "20 columns late"]


SILENT = np.array([4, 5, 6], np.int8)


@pytest.mark.parametrize(
    ("held", "right", "muted"),
    [
        ([4, 5, 6], None, True),
        ([4, 5, 7], None, False),
        ([4, 5, 6], 6, False),  # a band that is right so tells nothing
    ],
)
def test_what_digital_silence_gives(held: list[int], right: int | None, muted: bool) -> None:
    expected = cells(9, 3, low=20)
    if right is not None:
        expected[:, 2] = right
    device: Int8 = np.tile(np.array(held, np.int8), (9, 1))
    [found] = values.stuck([view_of(expected, device)], COLUMN_WORDS, SILENT)
    assert found.explanation.endswith(", which digital silence gives") is muted
    assert found.cure.startswith("Look at what mutes") is muted
    [unknown] = values.stuck([view_of(expected, device)], COLUMN_WORDS)
    assert not unknown.explanation.endswith("silence gives")


UNWRITTEN = "Look at how many of them are written"


@pytest.mark.parametrize(
    ("places", "halves", "told", "cure"),
    [
        ([11], False, ", the last one of 12 alone: what writes them ends too early", UNWRITTEN),
        ([10, 11], False, ", the last 2 of 12 alone: what writes them ends too early", UNWRITTEN),
        ([8, 9, 10, 11], False, ", behind the first 8 of 12 alone: what writes them ends at a multiple of 8",
         UNWRITTEN),
        ([9, 10], False, "", "the stale"),
        # scores, and logits behind them
        ([5], True, ", the last one of 6 alone: what writes them ends too early", UNWRITTEN),
        ([11], True, ", the last one of 6 alone: what writes them ends too early", UNWRITTEN),
        ([4, 5], True, ", behind the first 4 of 6 alone: what writes them ends at a multiple of 4", UNWRITTEN),
        ([10, 11], True, ", behind the first 4 of 6 alone: what writes them ends at a multiple of 4", UNWRITTEN),
        ([5, 11], True, "", "the stale"),
        ([5, 6], True, "", "the stale"),
        ([4, 6], True, "", "the stale"),
        ([6], True, "", "the stale"),
    ],
)  # fmt: skip
def test_the_last_ones_that_are_stuck_were_not_written(
    places: list[int], halves: bool, told: str, cure: str
) -> None:
    expected = cells(20, 12, low=20)
    device = expected.copy()
    device[:, places] = 4
    words = replace(COLUMN_WORDS, halves="exchanged" if halves else "")
    [found] = values.stuck([view_of(expected, device)], words)
    stuck_at = ", ".join(["4"] * len(places))
    assert found.explanation.endswith(f"stuck at {stuck_at}{told}") and found.cure.startswith(cure)


def test_what_is_muted_has_that_cure_though_it_is_the_last_ones() -> None:
    expected = cells(9, 3, low=20)
    device: Int8 = np.tile(SILENT, (9, 1))
    [found] = values.stuck([view_of(expected, device)], COLUMN_WORDS, SILENT)
    assert found.cure.startswith("Look at what mutes")


@pytest.mark.parametrize(
    ("by", "sure"), [([3, 4], None), ([4, 4], 2), ([-4, 4], 2), ([8, 0], 2), ([-7, 0], None)]
)
def test_two_stale_values_are_enough_where_they_are_far_off_together(by: list[int], sure: int | None) -> None:
    right = np.full((9, 3), 100, np.int8)
    device = right.copy()
    device[4, 1:] += np.array(by, np.int8)
    first = next(iter(values.not_refreshed([view_of(right, right), view_of(right, device)], COLUMN_WORDS)))
    assert (first.cause, first.sure) == ("stale", sure)


def test_signs_are_flipped_within_int8() -> None:
    found = {name: change for name, _, change in values._BITS}
    each = np.array([-128, -127, -1, 0, 1, 127], np.int8)
    assert found["sign flipped"](each).tolist() == [127, 127, 1, 0, -1, -127]
    assert found["sign flipped, wrapped"](each).tolist() == [-128, 127, 1, 0, -1, -127]
    assert found["magnitude"](each).tolist() == [127, 127, 1, 0, 1, 127]
    assert found["doubled"](np.array([-128, -65, -64, 63, 64], np.int8)).tolist() == [
        -128,
        -128,
        -128,
        126,
        127,
    ]
