"""What a rule depends on: on no later windows, which a file's first ones may tell, and on the streams before."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...detector.detector import Change, Detector
from . import counting, deciding
from .detections import REPORTING, Int8, Rule, reproduces, usual_rules
from .evidence import Before
from .fakes_views import cells, piece_of
from .test_detections import RIGHT, VOTES, Changes, decided, file_with, off_by


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


def kinds(rules: list[Rule]) -> set[str]:
    """Their causes, of which those count once that differ in figures alone."""
    return {re.sub(r"\d+", "N", rule.cause) for rule in rules}


def test_of_nearly_all_ways_to_decide_the_first_windows_tell_whether_they_can_be_it() -> None:
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.integers(-40, 41, (120, 3)), axis=0).clip(-128, 127).astype(np.int8)
    file = file_with(decided(off_by(3, 3), walk), walk)
    rules = [*usual_rules(RIGHT, [file] * 2), *deciding.more_rules(RIGHT, [file] * 2)]
    classes = {
        f"{which} threshold of class N {by}" for which in ("upper", "lower") for by in ("+N", "-N", "for all")
    }
    assert kinds([rule for rule in rules if rule.cure != REPORTING and not rule.causal]) == {
        "class N never detected", "thresholds of class N for all", *classes, "unsigned scores", "one change a window",
        "first window not decided", "ended with the stream", "begins after N of all streams",
    }  # fmt: skip


@pytest.mark.parametrize("rule", [RIGHT, VOTES], ids=["thresholds", "votes"])
def test_rules_that_depend_on_the_streams_before_are_marked_so(rule: Any) -> None:
    """Files that differ in nothing but what came before them."""
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.integers(-40, 41, (60, 3)), axis=0).clip(-128, 127).astype(np.int8)
    files = []
    for number in range(12):
        left = np.cumsum(rng.integers(-60, 61, (6, 6)), axis=0).clip(-128, 127).astype(np.int8)
        detector = Detector(rule)
        detector.update(left[:, :3])
        before = Before("b", 0, piece_of(cells(1, 2), cells(1, 2), outputs=(left, left)), detector.state)
        told = counting.counted(
            RIGHT, walk, 2, True, 0, number % 2
        )  # the one trace that a count leaves of its start
        files.append(file_with(told, walk, before=before, changes_before=number))
    rules = [*usual_rules(rule, files[:2]), *deciding.more_rules(rule, files[:2])]
    vary = [each for each in rules if len({tuple(sorted(each.decide(file, walk))) for file in files}) > 1]
    assert [each.explanation for each in vary if not each.over_streams] == []
    marked = kinds([each for each in rules if each.over_streams])
    # a run is set back by the first window, where that alone is not enough for votes
    assert kinds(vary) == marked - {"detector keeps run"}
