"""What is tried of values at the limits of each rule, on made-up ones."""

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
    assert [each.cause for each in values.shifted([strange], COLUMN_WORDS)] == [*near, "20 columns late"]
    right = cells(60, 6)
    late = view_of(right, np.roll(right, 7, axis=0))
    found = [each.cause for each in values.shifted([late], COLUMN_WORDS)]
    assert found == ["7 columns late", "53 columns early", *near, "20 columns late"]


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
