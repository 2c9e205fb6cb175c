"""Rests, least and most durations, and scores of all that a detection lasted, each by the changes that it gives."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ...detector.detector import Change, Detector
from ...detector.threshold import Int8Thresholds
from .deciding import more_rules
from .detections import explaining_rule
from .fakes_views import cells, file_of, piece_of
from .resting import Timing, decided, lasting_scores, timed

T = Int8Thresholds((40,), (10,), (True,))
#                   0  1   2   3  4   5   6   7  8   9  10  11  12
SCORES = np.array([[0, 50, 60, 0, 45, 45, 20, 5, 70, 0, 0, 41, 90]], np.int8).T
RIGHT = [(1, True), (3, False), (4, True), (7, False), (8, True), (9, False), (11, True)]


def told(changes: list[Change]) -> list[tuple[int, bool]]:
    return [(change.window, change.active) for change in changes]


def test_without_patience_it_is_the_right_rule() -> None:
    assert decided(T, SCORES, Timing()) == Detector(T).update(SCORES)
    assert told(decided(T, SCORES, Timing())) == RIGHT


@pytest.mark.parametrize(
    ("timing", "changes"),
    [
        (Timing(rest=2), [(1, True), (3, False), (8, True), (9, False), (12, True)]),
        (Timing(apart=4), [(1, True), (3, False), (5, True), (7, False), (11, True)]),
        (Timing(apart=3), RIGHT),
        (Timing(least=3), [(1, True), (7, False), (8, True)]),
        (Timing(most=1), [(w, k % 2 == 0) for k, w in enumerate((1, 2, 4, 5, 8, 9, 11, 12))]),
    ],
)  # fmt: skip
def test_a_timing_gives_these_changes(timing: Timing, changes: list[tuple[int, bool]]) -> None:
    assert told(decided(T, SCORES, timing)) == changes


@pytest.mark.parametrize(
    ("pick", "scores"),
    [
        ("highest", [60, 45, 70]),
        ("lowest", [0, 5, 0]),
        ("beginning's", [50, 45, 70]),
        ("mean", [36, 28, 35]),
        ("last", [60, 20, 70]),
    ],
)
def test_ends_carry_a_score_of_what_lasted(pick: str, scores: list[int]) -> None:
    (rule,) = [rule for rule in lasting_scores(T) if rule.cause == f"{pick} score at ends"]
    changes = rule.decide(None, SCORES)  # type: ignore[arg-type]
    assert [change.score for change in changes if not change.active] == scores
    assert [change.score for change in changes if change.active] == [50, 45, 70, 41]


def changes_of(cause: str) -> list[Change]:
    (rule,) = [rule for rule in more_rules(T) if rule.cause == cause]
    return rule.decide(None, SCORES)  # type: ignore[arg-type]


def explained(scores: NDArray[np.int8], device: list[Change]) -> str:
    """The rule that gives a single file's detections, in words."""
    piece, right = piece_of(cells(1, 2), cells(1, 2)), Detector(T).update(scores)
    file = file_of(piece, scores=scores, expected_changes=right, device_changes=device)
    rule = explaining_rule(T, [file], more_rules(T, [file]))
    return "" if rule is None else rule.explanation


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (lambda: changes_of("rests 2"), "a class that has ended does not begin again for 2 windows"),
        (lambda: changes_of("lasts 3 at least"), "a class stays active for at least 3 to 6 windows"),
        (lambda: changes_of("highest score at ends"), "a detection's end carries the highest score it had"),
        (lambda: [c for c in Detector(T).update(SCORES) if c.window != 11][1:], ""),
    ],
)
def test_a_single_stream_is_explained(changes: Callable[[], list[Change]], words: str) -> None:
    assert words in explained(SCORES, changes())


def test_changes_at_an_end_of_a_stream_that_are_not_told() -> None:
    scores = np.array([[90, 0, 50, 0, 60]], np.int8).T
    right = Detector(T).update(scores)
    assert "in a stream's first window are not told" in explained(scores, right[1:])
    assert "in a stream's last window are not told" in explained(scores, right[:-1])


def test_figures_that_give_the_same_are_a_range() -> None:

    changes = decided(T, SCORES, Timing(most=5))
    file = file_of(piece_of(cells(1, 1), cells(1, 1)), scores=SCORES, device_changes=changes)
    ranges = [rule.explanation for rule in timed(T, [file])]
    assert "a class ends after 3 to 12 windows at the latest, which give the same here" in ranges


def test_the_rules_that_are_tried() -> None:
    rules = list(timed(T))
    assert [rule.cause for rule in rules] == [
        cause
        for n in range(1, 13)
        for cause in (f"rests {n}", f"begins {n} apart", f"lasts {n} at least", f"lasts {n} at most")
        if cause not in ("begins 1 apart", "lasts 1 at least")
    ]
    assert rules[0].explanation == "a class that has ended does not begin again for 1 window"
    assert rules[2].explanation == "a class that has ended does not begin again for 2 windows"
    assert Timing() == Timing(0, 0, 0, 0)


def test_one_number_of_windows_is_no_range() -> None:
    changes = decided(T, SCORES, Timing(most=1))
    file = file_of(piece_of(cells(1, 1), cells(1, 1)), scores=SCORES, device_changes=changes)
    assert [rule.explanation for rule in timed(T, [file])] == ["a class ends after 1 window at the latest"]
    changes = decided(T, SCORES, Timing(rest=2))
    file = file_of(piece_of(cells(1, 1), cells(1, 1)), scores=SCORES, device_changes=changes)
    assert "a class that has ended does not begin again for 2 windows" in [
        rule.explanation for rule in timed(T, [file])
    ]


@pytest.mark.parametrize(
    ("timing", "scores", "changes"),
    [
        (Timing(rest=2), [50, 0, 50, 0, 0, 50], [(0, True), (1, False), (5, True)]),
        (Timing(rest=2), [50, 0, 0, 50, 50], [(0, True), (1, False), (4, True)]),
        (Timing(apart=3), [50, 0, 50, 50], [(0, True), (1, False), (3, True)]),
        (Timing(least=3), [50, 0, 0, 0, 0], [(0, True), (3, False)]),
        (Timing(most=3), [50, 50, 50, 50, 50], [(0, True), (3, False), (4, True)]),
        (Timing(), [40, 10, 9, 39], [(0, True), (2, False)]),
    ],
)
def test_a_timing_at_its_limits(timing: Timing, scores: list[int], changes: list[tuple[int, bool]]) -> None:
    assert told(decided(T, np.array([scores], np.int8).T, timing)) == changes


def test_classes_by_themselves() -> None:
    """Only those that are detected, each with its own thresholds and its own rest."""
    rule = Int8Thresholds((40, 40, 20), (10, 10, 5), (True, False, True))
    scores = np.array([[50, 0, 50], [50, 50, 50], [0, 20, 4]], np.int8).T
    changes = decided(rule, scores, Timing(rest=1))
    assert [(c.window, c.label, c.active, c.score) for c in sorted(changes)] == [
        (0, 0, True, 50),
        (1, 0, False, 0),
        (1, 2, True, 20),
        (2, 2, False, 4),
    ]
