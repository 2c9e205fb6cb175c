"""Outputs that are a function of the right value: what is said of it, and what is none."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from .converted import _steps, converted
from .fakes_views import OUTPUT_WORDS, cells, replay_of, view_of
from .search import Int8

RIGHT = cells(90, 4, low=-128, high=127)
Function = Callable[[Any], Any]


def device_of(change: Function, right: Int8 = RIGHT) -> Int8:
    changed: Int8 = change(right.astype(np.int64)).clip(-128, 127).astype(np.int8)
    return changed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda v: (v + 128) * 100 // 255 * 255 // 100 - 128,
            " in steps of 1 % of its range, rounded down: ",
        ),
        (lambda v: (v + 128) * 16 // 256 * 256 // 16 - 128, " in steps of 1/16 of its range, rounded down: "),
        (
            lambda v: (((v + 128) * 50 + 127) // 255 * 255 + 25) // 50 - 128,
            " in steps of 1/50 of its range, rounded: ",
        ),
        (lambda v: v * v // 128 - 100, " value: -127 → 26, "),
    ],
)
def test_a_function_of_the_right_value_and_its_steps(change: Function, told: str) -> None:
    view = view_of(RIGHT, device_of(change))
    [found] = converted([view], OUTPUT_WORDS)
    assert told in found.explanation and found.explanation.endswith(", always")
    np.testing.assert_array_equal(replay_of(found, view), view.device)


@pytest.mark.parametrize(("steps", "told"), [(1, False), (2, True), (50, True), (200, True), (201, False)])
@pytest.mark.parametrize("whole", [255, 256])
@pytest.mark.parametrize("rounded", [True, False])
def test_so_many_steps_are_tried(steps: int, told: bool, whole: int, rounded: bool) -> None:
    taken = ((np.arange(256) * steps) + (whole // 2 if rounded else 0)) // whole
    theirs = (taken * whole + (steps // 2 if rounded else 0)) // steps - 128
    table = dict(zip(range(-128, 128), theirs.clip(-128, 127).tolist(), strict=True))
    how = "rounded" if rounded else "rounded down"
    assert _steps(table) == (f" in steps of 1/{steps} of its range, {how}" if told else "")


def test_the_first_a_middle_and_the_last_value_are_told_and_others_stay() -> None:
    right = np.tile(np.arange(8, dtype=np.int8), (20, 1))
    device = np.where(right < 5, right + np.int8(50), right).astype(np.int8)
    right[0, 7] = device[0, 7] = 99
    there = np.arange(20) > 0
    view = view_of(right, device, present=there)
    [found] = converted([view], OUTPUT_WORDS)
    assert found.explanation.endswith(": 0 → 50, 2 → 52, 4 → 54, always")
    np.testing.assert_array_equal(replay_of(found, view), device)


def test_values_that_come_out_in_two_ways_are_no_function() -> None:
    device = device_of(lambda v: v // 2)
    device[5, 1] ^= 1
    assert list(converted([view_of(RIGHT, device)], OUTPUT_WORDS)) == []
    there = np.arange(len(RIGHT)) != 5
    assert list(converted([view_of(RIGHT, device, present=there)], OUTPUT_WORDS))


@pytest.mark.parametrize(("times", "told"), [(10, False), (11, True)])
def test_that_hardly_a_value_came_again_is_chance(times: int, told: bool) -> None:
    right = np.tile(np.array([1, 2, 3, 4], np.int8), (times, 1))
    assert bool(list(converted([view_of(right, right * np.int8(3))], OUTPUT_WORDS))) is told


@pytest.mark.parametrize(("values", "told"), [(3, False), (4, True)])
def test_of_few_values_a_range_is_told_elsewhere(values: int, told: bool) -> None:
    right = np.tile(np.arange(8, dtype=np.int8), (20, 1))
    device = np.where(right < values, right + np.int8(50), right).astype(np.int8)
    assert bool(list(converted([view_of(right, device)], OUTPUT_WORDS))) is told


def test_files_are_looked_at_together() -> None:
    views = [view_of(RIGHT, device_of(change)) for change in (lambda v: v // 2, lambda v: v // 2 + 1)]
    assert list(converted(views, OUTPUT_WORDS)) == []
    assert all(list(converted([view], OUTPUT_WORDS)) for view in views)
