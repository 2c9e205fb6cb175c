"""Windows beyond some number that decide nothing."""

import pytest

from . import deciding, detections
from .test_detections import ALL, RIGHT, SCORES, file_with


@pytest.mark.parametrize("windows", [40, 41])
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
