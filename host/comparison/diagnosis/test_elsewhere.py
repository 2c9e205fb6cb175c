"""A rule must give the detections of bundles that were deployed, too, with their thresholds."""

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...detector.detector import Change
from ...detector.rule import Int8Rule
from .deciding import more_rules
from .detections import Int8, Rule, explaining_rule, moved_thresholds, reproduces, right_rule, usual_rules
from .elsewhere import Elsewhere
from .evidence import FileRecord
from .test_detections import RIGHT, file_with, off_by

OTHER = replace(RIGHT, on=(30,) * 3, off=(0,) * 3)
THIRD = replace(RIGHT, on=(70,) * 3, off=(-20,) * 3)


def scores(*of: int) -> Int8:
    """Of the first class; the others are silent."""
    found = np.full((len(of), 3), -128, np.int8)
    found[:, 0] = of
    return found


def decided(right: Int8Rule, by: Int8Rule, heard: Int8) -> FileRecord:
    """A file as one rule decides it, where another one is right."""
    device, expected = (right_rule(t)(None, heard) for t in (by, right))  # type: ignore[arg-type]
    return file_with(device, heard, expected_changes=expected)


def elsewhere(*files: tuple[Int8Rule, FileRecord]) -> Elsewhere:
    bundles = [(SimpleNamespace(thresholds=right), file) for right, file in files]
    record: Any = SimpleNamespace(bundle=SimpleNamespace(thresholds=RIGHT), elsewhere=bundles)
    return Elsewhere(record)


def low(t: Int8Rule, by: int) -> Int8Rule:
    return replace(t, on=tuple(on + by for on in t.on), off=tuple(off + by for off in t.off))


def the(cause: str, rules: Iterable[Rule]) -> Rule:
    (found,) = [rule for rule in rules if rule.cause == cause]
    return found


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        ((-100, 30, 31, 0, -1), "are off by +1; +1 is > instead of >="),
        ((-100, 33, 40, 3, -1), "are off by +1 to +3, which give the same here; +1 is > instead of >="),
        ((-100, 32, 40, -1), "are off by +1 to +2, which give the same here; +1 is > instead of >="),
        ((-100, 30, 50, -1, 0, -1), "are off by +1 to +9, which give the same here; +1 is > instead of >="),
    ],
)
def test_thresholds_are_off_by_what_all_bundles_allow(heard: tuple[int, ...], words: str) -> None:
    main = decided(RIGHT, low(RIGHT, 1), scores(-100, RIGHT.on[0], RIGHT.on[0] + 9, RIGHT.off[0], -100))
    rule = the("both thresholds +1", moved_thresholds(RIGHT, [main]))
    assert "+1 to +9" in rule.explanation
    left = elsewhere((OTHER, decided(OTHER, low(OTHER, 1), scores(*heard)))).narrowed(rule)
    assert left is not None and left.deployed == 1
    assert left.explanation == f"both thresholds {words}"
    assert reproduces(left.decide, [main])


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        ((-100, 23, 25, -100), "-6 to -5, which give the same here"),
        ((-100, 24, 90, -100), "-9 to -6, which give the same here"),
        ((-100, 23, 24, -100), "-6"),
    ],
)
def test_thresholds_are_too_low_by_what_all_bundles_allow(heard: tuple[int, ...], words: str) -> None:
    main = decided(RIGHT, low(RIGHT, -6), scores(-100, RIGHT.on[0] - 10, RIGHT.on[0] - 5, -100, 90, -100))
    rule = the("upper threshold -5", moved_thresholds(RIGHT, [main]))
    assert rule.moved is not None and (rule.moved.low, rule.moved.high) == (-9, -5)
    left = elsewhere((OTHER, decided(OTHER, replace(OTHER, on=(24,) * 3), scores(*heard)))).narrowed(rule)
    assert left is not None and left.explanation == f"the upper threshold is off by {words}"


def test_of_two_bundles_each_narrows_what_the_other_leaves() -> None:
    main = decided(RIGHT, low(RIGHT, 3), scores(-100, RIGHT.on[0], RIGHT.on[0] + 9, RIGHT.off[0], -100))
    rule = the("both thresholds +1", moved_thresholds(RIGHT, [main]))
    left = elsewhere(
        (OTHER, decided(OTHER, low(OTHER, 3), scores(-100, 32, 50, -100))),
        (THIRD, decided(THIRD, low(THIRD, 3), scores(-100, 73, -100))),
    ).narrowed(rule)
    assert left is not None and left.deployed == 2
    assert left.explanation == "both thresholds are off by +3"


def test_nothing_is_left_of_thresholds_that_other_bundles_met_rightly() -> None:
    main = decided(RIGHT, low(RIGHT, 1), scores(-100, RIGHT.on[0], RIGHT.on[0] + 9, RIGHT.off[0], -100))
    rule = the("both thresholds +1", moved_thresholds(RIGHT, [main]))
    met = decided(OTHER, OTHER, scores(-100, 30, 0, -1))
    assert elsewhere((OTHER, met)).narrowed(rule) is None


def test_what_came_later_than_its_window_is_no_threshold() -> None:
    main = decided(RIGHT, low(RIGHT, 1), scores(-100, RIGHT.on[0], RIGHT.on[0] + 9, RIGHT.off[0], -100))
    rule = the("both thresholds +1", moved_thresholds(RIGHT, [main]))
    late = replace(decided(OTHER, low(OTHER, 1), scores(-100, 30, 40, -1)), detections_late=2)
    assert elsewhere((OTHER, late)).narrowed(rule) is None


def test_a_rule_has_its_counterpart_with_other_thresholds() -> None:
    heard = scores(-100, 90, 90, 90, -100, 90, -100, -100, 90, 90, -100)
    late = [replace(change, window=change.window + 1) for change in right_rule(OTHER)(None, heard)]  # type: ignore[arg-type]
    rule = the("detections 1 window late", usual_rules(RIGHT, []))
    file = file_with(late[:-1], heard)
    assert elsewhere((OTHER, file)).narrowed(rule) == replace(rule, deployed=1)
    assert elsewhere((OTHER, decided(OTHER, OTHER, heard))).narrowed(rule) is None


def test_what_no_other_bundle_can_be_asked_for_stays_as_it_is() -> None:
    rule = Rule("read", "read from these detections", "", lambda _, __: [])
    none: list[Change] = []
    assert elsewhere((OTHER, file_with(none, scores(0, 9)))).narrowed(rule) == rule
    assert elsewhere().narrowed(rule) == rule


def test_bundles_with_another_kind_of_detector_and_the_one_itself_are_left_out() -> None:
    file = file_with([Change(0, 0, True, 1)] * 3, scores(0, 9), expected_changes=[Change(0, 0, True, 1)])
    here, there = (SimpleNamespace(thresholds=t) for t in (RIGHT, OTHER))
    other_kind = SimpleNamespace(thresholds=object())
    record: Any = SimpleNamespace(bundle=here, elsewhere=[(here, file), (other_kind, file), (there, file)])
    assert Elsewhere(record).changes == 4 and [each for _, each in Elsewhere(record).told] == [file]
    assert Elsewhere(SimpleNamespace(bundle=here, elsewhere=[(here, file)])).changes == 0  # type: ignore[arg-type]


def test_the_rule_that_is_told_is_one_that_fits_everywhere() -> None:
    """By itself, the lower threshold would do as well."""
    main = decided(RIGHT, low(RIGHT, 1), scores(-100, 100, RIGHT.off[0], -100, 100, RIGHT.off[0], -100))
    alone = explaining_rule(RIGHT, [main], more_rules(RIGHT, [main]))
    assert alone is not None and "the lower threshold" in alone.explanation
    others = elsewhere((OTHER, decided(OTHER, low(OTHER, 1), scores(-100, 30, 31, 0, -1))))
    found = explaining_rule(RIGHT, [main], more_rules(RIGHT, [main]), others.narrowed, others.changes)
    assert found is not None and found.cause == "both thresholds +1" and found.deployed == 1
    assert "the lower threshold is off" not in found.explanation


def test_what_was_seen_elsewhere_comes_before_what_cannot_be_asked_there() -> None:
    heard = scores(90, 90, 90, -100)
    rules = [
        Rule(name, name, "", lambda _, __: [Change(2, 0, True, 90)], deployed=deployed)
        for name, deployed in (("read", 0), ("seen", 1), ("more", 2))
    ]
    told = [Change(2, 0, True, 90)]
    file = file_with(told, heard, expected_changes=told * 3)
    narrowed = {rule.cause: rule for rule in rules}.get
    found = explaining_rule(RIGHT, [file], iter(rules), lambda rule: narrowed(rule.cause))
    assert found is not None and found.explanation == "seen; or, which gives the same here: more; or: read"


def test_where_nothing_fits_everywhere_what_fits_here_is_told() -> None:
    main = decided(RIGHT, off_by(1, 1), scores(-100, 100, RIGHT.off[0], -100, 100, RIGHT.off[0], -100))
    alone = explaining_rule(RIGHT, [main], more_rules(RIGHT, [main]))
    found = explaining_rule(RIGHT, [main], more_rules(RIGHT, [main]), lambda _: None)
    assert alone is not None and found is not None and found.explanation.startswith(alone.explanation[:30])


@pytest.mark.parametrize(("besides", "tried"), [(1, False), (2, True)])
def test_few_detections_here_and_more_elsewhere_are_enough(besides: int, tried: bool) -> None:
    file = file_with([Change(0, 0, True, 9)], scores(9, 0), expected_changes=[Change(1, 0, True, 9)])
    rule = Rule("any", "any", "", lambda _, __: [Change(0, 0, True, 9)])
    found = explaining_rule(RIGHT, [file], iter([rule]), besides=besides)
    assert (found is not None and "any" in found.explanation) == tried
