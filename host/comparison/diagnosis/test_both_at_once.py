"""A class that ends and begins in one window: which of both is not told; what says little is told last."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ...detector.detector import Change, Detector
from ...detector.mean_window import Int8Means
from ...detector.settings import Window
from ...detector.threshold import Int8Thresholds
from .deciding import both_at_once, more_rules
from .detections import Rule, explaining_rule, giving, together
from .evidence import FileRecord
from .fakes_views import cells, file_of, piece_of

RULE = Int8Means((0,), (0,), (True,), 4, 3, Window(frames=1, stride=1))
SCORES = np.array(
    [[-9, -9, -9, 99, -9, 99, 99, -9, -9, 99, 99, -9, -9, 99, -9, -9, -9, -9, -9, -9]], np.int8
).T
TOLD = Detector(RULE).update(SCORES)


def of(device: list[Change], scores: np.ndarray = SCORES) -> FileRecord:  # type: ignore[type-arg]
    piece = piece_of(cells(1, 1), cells(1, 1))
    return file_of(piece, scores=scores, expected_changes=TOLD, device_changes=device)


def places(active: bool) -> list[tuple[int, bool]]:
    """Changes of windows in which the class changes twice."""
    windows = [change.window for change in TOLD]
    return [(w, active) for w in sorted(set(windows)) if windows.count(w) == 2]


WAYS: list[tuple[Callable[[Change], Change | None], str]] = [
    (lambda c: None if (c.window, c.active) in places(True) else c, "the beginning is not told"),
    (lambda c: None if (c.window, c.active) in places(False) else c, "the end is not told"),
    (
        lambda c: replace(c, window=c.window + 1) if (c.window, c.active) in places(True) else c,
        "the beginning is told with the next window",
    ),
]


def test_there_are_such_windows() -> None:
    assert len(places(True)) >= 2 and places(True) != [(c.window, True) for c in TOLD if c.active]


@pytest.mark.parametrize(("way", "words"), WAYS, ids=[words for _, words in WAYS])
def test_which_of_both_is_not_told_is_named(way: Callable[[Change], Change | None], words: str) -> None:
    last = len(SCORES) - 1
    device = [told for each in TOLD if (told := way(each)) is not None and told.window <= last]
    file = of(device)
    rules = list(both_at_once(RULE, [file]))
    found = giving([rule for rule in rules if rule.late == 0 or rule.late is None], [file])
    assert found is not None
    assert found.explanation == f"where a class ends and begins in the same window, {words}"
    rule = explaining_rule(RULE, [file], more_rules(RULE, [file]))
    assert rule is not None and words in rule.explanation
    assert "detections of the run" not in rule.explanation  # which says less


def test_nothing_is_said_where_no_class_does_both() -> None:
    right = Int8Thresholds((0,), (0,), (True,))
    file = replace(of([]), expected_changes=Detector(right).update(SCORES))
    assert not list(both_at_once(right, [file]))
    assert not list(both_at_once(right, []))


def test_what_says_little_is_told_where_nothing_else_is() -> None:
    def rule(name: str, last: bool) -> Rule:
        return Rule(name, name, "", told, last=last)

    def told(*_: object) -> list[Change]:
        return TOLD

    file = of(TOLD)
    many = [rule(f"little {number}", True) for number in range(9)]
    assert giving([*many, rule("much", False)], [file]) == rule("much", False)
    assert giving(many, [file]) == together(many)
