"""Decisions by other scores than a window's own, and by counts that are not set back."""

from dataclasses import replace

import numpy as np
import pytest

from ...detector.detector import Change, Detector
from ...detector.threshold import Int8Thresholds
from . import counting
from .counting import by_counts, by_crossings, by_other_scores, counted, numbered, otherwise
from .evidence import Before, FileRecord
from .fakes_views import cells, file_of, piece_of

T = Int8Thresholds((40,), (10,), (True,))
#                   0  1   2   3  4   5   6   7  8   9  10  11  12
SCORES = np.array([[0, 50, 60, 0, 45, 45, 20, 5, 70, 0, 0, 41, 90]], np.int8).T
NOTHING = file_of(piece_of(cells(0, 1), cells(0, 1)))


def told(changes: list[Change]) -> list[tuple[int, bool, int]]:
    return [(change.window, change.active, change.score) for change in changes]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("the score of the window before, and tells its own score", [(2, True, 60), (4, False, 45), (5, True, 45),
         (8, False, 70), (9, True, 0), (10, False, 0), (12, True, 90)]),
        ("the score of the window before, and tells that", [(2, True, 50), (4, False, 0), (5, True, 45), (8, False, 5),
         (9, True, 70), (10, False, 0), (12, True, 41)]),
        ("the higher of its score and the one before it, and tells that", [(1, True, 50), (10, False, 0),
         (11, True, 41)]),
        ("the mean of its score and the 1 before it, and tells that", [(2, True, 55), (10, False, 0), (12, True, 65)]),
        ("its score smoothed (by 0.5 of the way to each), and tells that", [(8, True, 43)]),
    ],
)  # fmt: skip
def test_a_window_decides_by_other_scores(words: str, changes: list[tuple[int, bool, int]]) -> None:
    (rule,) = [rule for rule in by_other_scores(T) if rule.explanation == f"a window decides by {words}"]
    assert told(rule.decide(NOTHING, SCORES)) == changes


def test_scores_of_the_stream_before_go_on() -> None:
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(np.array([[0, 9], [99, 9]], np.int8),) * 2)
    file = file_of(piece_of(cells(0, 1), cells(0, 1)), before=Before("b", 0, piece, None))
    rules = {rule.explanation: rule for rule in by_other_scores(T)}
    own = "a window decides by the score of the window before, and tells its own score"
    assert told(rules[own].decide(file, SCORES[:2])) == []
    goes_on = f"{own}; it goes on with what the stream before left"
    assert told(rules[goes_on].decide(file, SCORES[:2])) == [(0, True, 0), (1, False, 50)]


@pytest.mark.parametrize(
    ("count", "on", "less", "begun", "changes"),
    [
        (2, True, 0, 0, [(2, True), (3, False), (5, True), (7, False), (11, True)]),
        (2, True, 1, 0, [(2, True), (3, False), (5, True), (7, False), (12, True)]),
        (2, True, 0, 1, [(1, True), (3, False), (5, True), (7, False), (11, True)]),
        (2, False, 0, 0, [(1, True), (7, False), (8, True), (10, False), (11, True)]),
        (2, False, 1, 0, [(1, True), (10, False), (11, True)]),
    ],
)
def test_counts_that_are_not_set_back(
    count: int, on: bool, less: int, begun: int, changes: list[tuple[int, bool]]
) -> None:
    found = counted(T, SCORES, count, on, less, begun)
    assert [(change.window, change.active) for change in found] == changes


def files_with(*decided: list[Change]) -> list[FileRecord]:
    piece = piece_of(cells(0, 1), cells(0, 1))
    return [file_of(piece, scores=SCORES, device_changes=changes) for changes in decided]


def test_a_count_that_outlives_streams_is_told_where_no_other_gives_the_changes() -> None:
    def causes(files: list[FileRecord]) -> list[str]:
        return [
            rule.cause
            for rule in by_counts(T, files)
            if all(rule.decide(file, SCORES) == file.device_changes for file in files)
        ]

    assert causes(files_with(counted(T, SCORES, 2, True, 0, 0)))[0] == "begins after 2 in all"
    assert "begins after 2 of all streams" not in causes(files_with(counted(T, SCORES, 2, True, 0, 0)))
    both = files_with(counted(T, SCORES, 2, True, 0, 0), counted(T, SCORES, 2, True, 0, 1))
    assert causes(both) == ["begins after 2 of all streams"]


def test_crossings_toggle() -> None:
    (upper, lower) = by_crossings(T)
    assert told(upper.decide(NOTHING, SCORES)) == [
        (1, True, 50),
        (4, False, 45),
        (8, True, 70),
        (11, False, 41),
    ]
    assert told(lower.decide(NOTHING, SCORES)) == [
        (1, True, 50),
        (4, False, 45),
        (8, True, 70),
        (11, False, 41),
    ]
    low = np.array([[20, 0, 30, 50]], np.int8).T
    assert told(lower.decide(NOTHING, low)) == [(0, True, 20), (2, False, 30)]


def test_other_numbers_than_a_windows_are_told() -> None:
    right = Detector(T).update(SCORES)
    for by, more, words in (
        (16, 0, "16 times their window's number,"),
        (128, 7, "128 times their window's number +7,"),
    ):
        device = [replace(change, window=by * change.window + more) for change in right]
        (rule,) = numbered(T, files_with(device))
        assert words in rule.explanation and rule.decide(NOTHING, SCORES) == device
    assert list(numbered(T, files_with(right))) == [] == list(numbered(T, files_with(right[1:])))
    assert (
        list(numbered(T, files_with([replace(change, window=change.window + 3) for change in right]))) == []
    )
    odd = [replace(change, window=16 * change.window + (change.window == 3)) for change in right]
    assert list(numbered(T, files_with(odd))) == [] == list(numbered(T))


def test_a_difference_that_wraps_and_changes_that_all_tell_the_same() -> None:
    wraps, active, inactive = otherwise(T)
    far = np.array([[-90, -88, -87, 50, 9, 5]], np.int8).T
    assert told(wraps.decide(NOTHING, far)) == [(0, True, -90), (1, False, -88), (3, True, 50), (4, False, 9)]
    for rule, which in ((active, True), (inactive, False)):
        found = told(rule.decide(NOTHING, SCORES))
        assert [window for window, *_ in found] == [1, 3, 4, 7, 8, 9, 11]
        assert all(each is which for _, each, _ in found)


def test_a_stream_shorter_than_what_is_looked_back_has_a_decision_for_each_window() -> None:
    for windows in (1, 2, 3):
        scores = np.arange(float(windows))
        for back in (1, 2, 3):
            decided = counting._earlier(back)(scores)
            assert decided.tolist() == [max(0.0, window - back) for window in range(windows)]
