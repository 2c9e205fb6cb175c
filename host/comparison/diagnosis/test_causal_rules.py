"""A file's first windows are enough to see that it is not a rule which looks at no later ones."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...detector.argmax import Int8Winner
from ...detector.detector import Change
from ...detector.threshold import Int8Thresholds
from . import deciding
from .detections import Int8, Moved, kept_in_part, moved_thresholds, reporting, reproduces, usual_rules
from .scores_told import scores_told
from .test_detections import RIGHT, VOTES, Changes, decided, file_with, off_by, scores_of


@pytest.mark.parametrize(("windows", "lengths"), [(95, [95]), (96, [48]), (400, [48])])
def test_of_a_long_file_the_first_windows_show_that_it_is_another_rule(
    windows: int, lengths: list[int]
) -> None:
    asked: list[int] = []

    def decide(_: Any, scores: Int8) -> Changes:
        asked.append(len(scores))
        return []

    file = file_with([Change(47, 0, True, 1)], np.zeros((windows, 3), np.int8))
    assert not reproduces(decide, [file], causal=True)
    assert asked == lengths
    asked.clear()
    assert not reproduces(decide, [replace(file, device_changes=[Change(48, 0, True, 1)])], causal=True)
    assert asked == ([95] if windows < 96 else [48, windows])
    asked.clear()
    assert not reproduces(decide, [file])
    assert asked == [windows]


def test_what_is_said_to_depend_on_no_later_window_does_not() -> None:
    """Some 400 rules; what each gives for the first windows is the beginning of what it gives for all."""
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.integers(-40, 41, (120, 3)), axis=0).clip(-128, 127).astype(np.int8)
    for rule in (RIGHT, VOTES):
        file = file_with(decided(off_by(3, 3), walk), walk)
        rules = [*usual_rules(rule, [file]), *deciding.more_rules(rule)]
        causal = [each for each in rules if each.causal]
        assert len(causal) > (100 if rule is RIGHT else 50)
        for each in causal:
            begun = [change for change in each.decide(file, walk) if change.window < 48]
            assert sorted(each.decide(file, walk[:48])) == sorted(begun), each.explanation


def test_the_first_windows_are_enough_for_nearly_every_way_to_decide() -> None:
    """Of classes by themselves there are few rules, each as quick as the right one; of reports the last may count."""
    file = file_with(decided(off_by(3, 3), scores_of(4)), scores_of(4))
    deciding_wrongly = [
        rule
        for rule in (*usual_rules(RIGHT, [file]), *deciding.more_rules(RIGHT))
        if not rule.cure.startswith(
            ("Look at what fills", "Look at what is done with", "Look at what a rule sets")
        )
    ]
    of_classes = {
        *(f"class {label} never detected" for label in (0, 1)),
        *(
            f"{which} threshold of class {label} {by}"
            for which in ("upper", "lower")
            for label in (0, 1)
            for by in ("+1", "-1")
        ),
        *(
            f"{which} of class {label} for all"
            for which in ("thresholds", "upper threshold", "lower threshold")
            for label in (0, 1, 2)
        ),
    }
    assert {rule.cause for rule in deciding_wrongly if not rule.causal} == of_classes | {
        "first window not decided",
        "one change a window",
        "unsigned scores",
    }


def test_what_a_detector_keeps_of_the_stream_before_depends_on_no_later_window() -> None:
    winner = Int8Winner((40,) * 3, (10,) * 3, (True, True, False), 3)
    goes_on = [rule for rule in usual_rules(winner, []) if "what the stream before left" in rule.explanation]
    kept = list(kept_in_part(VOTES))
    assert goes_on and kept
    assert all(rule.causal and rule.over_streams for rule in (*goes_on, *kept))


def test_what_a_change_tells_of_its_own_stream_depends_on_no_other() -> None:
    file = file_with(decided(off_by(3, 3), scores_of(4)), scores_of(4))
    own = {told for _, told, _ in scores_told(RIGHT)}
    rules = [rule for rule in reporting(RIGHT, [file]) if rule.explanation in own]
    assert rules and not any(rule.over_streams for rule in rules)


def test_both_thresholds_may_be_off_by_other_figures_than_the_highest_change() -> None:
    """It begins at 60, 20 above its upper one; at 29, 19 above its lower one, it has not ended yet."""
    right = Int8Thresholds((40,), (10,), (True,))
    scores = np.array([[0, 55, 60, 29, 24, 55, 60, 29, 24]], np.int8).T
    file = file_with(decided(Int8Thresholds((57,), (27,), (True,)), scores), scores)
    rules = {
        rule.moved.what: rule.moved for rule in moved_thresholds(right, [file]) if rule.moved is not None
    }
    assert rules["both thresholds"] == Moved("both thresholds", 1, 1, 16, 19)
