"""Threshold and hysteresis on int8 scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .detector import Change, Detector
from .threshold import Int8Thresholds


def _detector() -> Detector:
    return Detector(Int8Thresholds((30, 10), (-10, 10), (True, True)))


def _scores(*rows: tuple[int, int]) -> NDArray[Any]:
    return np.array(rows, np.int8)


def test_becomes_active_at_the_threshold_and_inactive_below_release() -> None:
    changes = _detector().update(_scores((29, -128), (30, -128), (-10, -128), (-11, -128), (29, -128)))
    assert changes == [Change(1, 0, True, 30), Change(3, 0, False, -11)]


def test_classes_are_independent_and_a_window_may_change_both() -> None:
    changes = _detector().update(_scores((127, 127), (-128, 9)))
    assert changes == [
        Change(0, 0, True, 127),
        Change(0, 1, True, 127),
        Change(1, 0, False, -128),
        Change(1, 1, False, 9),
    ]


def test_ignored_classes_never_change() -> None:
    detector = Detector(Int8Thresholds((0, 0), (0, 0), (False, True)))
    assert detector.update(_scores((127, 127))) == [Change(0, 1, True, 127)]
    assert detector.state.active == [False, True]


def test_the_stream_may_come_in_any_pieces() -> None:
    scores = np.random.default_rng(3).integers(-128, 128, (200, 2)).astype(np.int8)
    whole = _detector().update(scores)
    detector = _detector()
    pieces = [change for start in range(0, 200, 17) for change in detector.update(scores[start : start + 17])]
    assert len(whole) > 20
    assert pieces == whole
