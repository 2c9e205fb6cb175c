"""Windows beyond some number that decide nothing."""

from itertools import pairwise

import pytest

from . import deciding, detections
from .test_detections import ALL, RIGHT, SCORES, file_with

ADJACENT = next(later.window for one, later in pairwise(ALL) if later.window == one.window + 1)


@pytest.mark.parametrize("windows", [40, 41, ADJACENT])
def test_windows_beyond_a_number_decide_nothing(windows: int) -> None:
    given = [change for change in ALL if change.window < windows]
    missing = next(change.window for change in ALL if change.window >= windows)
    file = file_with(given)
    [rule] = deciding.until(RIGHT, [file])
    assert rule.decide(file, SCORES) == given
    told = given[-1].window + 1
    which = f"number {missing}" if told == missing else f"one of the numbers {told} to {missing}"
    assert rule.explanation == f"windows from {which} on decide nothing" and rule.cure == detections.DECIDING
    assert detections.reproduces(rule.decide, [file])


def test_where_the_last_detection_came_nothing_is_said_of_late_windows() -> None:
    assert not list(deciding.until(RIGHT, [file_with(ALL[1:])])) and not list(deciding.until(RIGHT, []))


def test_where_nothing_is_ever_detected_it_may_be_from_the_first_window_on() -> None:
    [rule] = deciding.until(RIGHT, [file_with([])])
    assert rule.explanation == f"windows from one of the numbers 0 to {ALL[0].window} on decide nothing"


def test_of_two_changes_in_the_last_window_that_decided_one_is_lost_otherwise() -> None:
    at = next(at for at, (one, later) in enumerate(pairwise(ALL)) if one.window == later.window)
    [rule] = deciding.until(RIGHT, [file_with(ALL[: at + 1])])
    assert f" number {ALL[at].window + 1} on " in rule.explanation
