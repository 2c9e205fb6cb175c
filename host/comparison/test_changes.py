"""Detections of both sides: the same, missing, extra, shifted, of another score."""

import random
from dataclasses import replace

import pytest

from ..detector.detector import Change
from .changes import SHIFT_WINDOWS, ChangePair, differing_changes

ON = Change(10, 0, True, 90)
OFF = Change(20, 0, False, -5)


def test_equal_changes_leave_nothing() -> None:
    assert differing_changes([ON, OFF], [OFF, ON]) == []


def test_kinds() -> None:
    late = Change(12, 0, True, 80)
    assert [p.kind for p in differing_changes([ON], [])] == ["missing"]
    assert [p.kind for p in differing_changes([], [ON])] == ["extra"]
    assert differing_changes([ON], [late]) == [ChangePair(ON, late)]
    assert ChangePair(ON, late).kind == "shifted"
    assert ChangePair(ON, Change(10, 0, True, 91)).kind == "score"


def test_another_label_or_direction_or_far_away_is_no_shift() -> None:
    for other in (Change(10, 1, True, 90), Change(10, 0, False, 90), Change(11 + SHIFT_WINDOWS, 0, True, 90)):
        assert sorted(p.kind for p in differing_changes([ON], [other])) == ["extra", "missing"]


@pytest.mark.parametrize("shift", [-20, 20])
def test_twenty_windows_are_the_most_that_a_shift_may_be(shift: int) -> None:
    on = replace(ON, window=50)
    assert SHIFT_WINDOWS == 20
    moved = replace(on, window=50 + shift)
    assert differing_changes([on], [moved]) == [ChangePair(on, moved)]
    farther = replace(on, window=50 + shift + (1 if shift > 0 else -1))
    assert [pair.kind for pair in differing_changes([on], [farther])] in (
        ["missing", "extra"],
        ["extra", "missing"],
    )


@pytest.mark.parametrize(
    ("windows", "nearest"), [((7, 14), 7), ((2, 14), 14), ((1, 6), 6), ((13, 15), 13), ((1, 5, 12, 19), 12)]
)
def test_the_nearest_may_be_on_either_side(windows: tuple[int, ...], nearest: int) -> None:
    device = [Change(window, 0, True, 1) for window in windows]
    (pair,) = (pair for pair in differing_changes([ON], device) if pair.host is not None)
    assert pair.device is not None and pair.device.window == nearest


def test_a_change_sent_twice_is_extra() -> None:
    assert differing_changes([ON], [ON, ON]) == [ChangePair(None, ON)]


def test_the_nearest_is_taken_and_each_once() -> None:
    near, far = Change(11, 0, True, 1), Change(14, 0, True, 1)
    assert differing_changes([ON], [far, near]) == [ChangePair(ON, near), ChangePair(None, far)]


def test_thousands_that_all_differ_take_no_time() -> None:
    rng = random.Random(1)
    host = [Change(3 * i, 0, i % 2 == 0, 1) for i in range(20_000)]
    device = [Change(change.window + rng.choice((0, 1)), 0, change.active, 2) for change in host]
    pairs = differing_changes(host, device)
    assert len(pairs) == len(host)
    assert {pair.kind for pair in pairs} == {"score", "shifted"}
