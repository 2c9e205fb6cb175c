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
    over_streams = {rule.cause for rule in by_counts(T, both) if rule.over_streams}
    assert over_streams == {
        rule.cause for rule in by_counts(T, both) if rule.cause.endswith(" of all streams")
    }


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


def test_what_a_window_may_decide_by() -> None:
    ways = [
        "the score of the window before",
        "the score of 2 windows before",
        "the score of 3 windows before",
        "the mean of its score and the 1 before it",
        "the mean of its score and the 2 before it",
        "the mean of its score and the 3 before it",
        "the higher of its score and the one before it",
        "its score smoothed (by 0.5 of the way to each)",
        "its score smoothed (by 0.25 of the way to each)",
        "its score smoothed (by 0.125 of the way to each)",
    ]
    assert list(dict.fromkeys(rule.cause for rule in by_other_scores(T))) == [
        f"decides by {way}" for way in ways
    ]
    assert counting._smooth(0.5)(np.array([8.0, 0.0, 4.0])).tolist() == [8.0, 4.0, 4.0]
    assert counting._smooth(0.125)(np.array([8.0, 0.0])).tolist() == [8.0, 7.0]
    by_four = dict(counting.WAYS)[ways[5]]
    assert by_four(np.array([4.0, 8.0, 8.0, 8.0, 12.0])).tolist() == [4.0, 5.0, 6.0, 7.0, 9.0]


def test_counts_are_told_in_words_and_do_what_they_say() -> None:
    rules = {rule.explanation: rule for rule in by_counts(T, files_with([Change(0, 0, True, 1)]))}
    nth = ("2nd", "3rd", "4th", "5th", "6th")
    begins = [
        f"a class begins with the {n} window at or above its upper threshold, in a row or not: " for n in nth
    ]
    ends = [f"a class ends with the {n} window below its lower threshold, in a row or not: " for n in nth]
    back = "one on the other side does not set the count back"
    down = "one on the other side counts one down instead of setting the count back"
    assert set(rules) == {first + words for first in begins + ends for words in (back, down)}
    assert rules[begins[0] + back].decide(NOTHING, SCORES) == counted(T, SCORES, 2, True, 0, 0)
    assert rules[begins[1] + down].decide(NOTHING, SCORES) == counted(T, SCORES, 3, True, 1, 0)
    assert rules[ends[0] + down].decide(NOTHING, SCORES) == counted(T, SCORES, 2, False, 1, 0)


def test_a_score_at_a_threshold_reaches_it() -> None:
    at = np.array([[40, 10, 9, 40, 10, 9]], np.int8).T
    (before,) = [
        rule for rule in by_other_scores(T) if rule.explanation.endswith("the window before, and tells that")
    ]
    assert told(before.decide(NOTHING, at)) == [(1, True, 40), (3, False, 9), (4, True, 40)]
    assert told(counted(T, at, 1, True, 0, 0)) == [(0, True, 40), (2, False, 9), (3, True, 40), (5, False, 9)]
    upper, _ = by_crossings(T)
    assert told(upper.decide(NOTHING, at)) == [(0, True, 40), (3, False, 40)]
    lowest = Int8Thresholds((-128,), (-128,), (True,))
    (before,) = [rule for rule in by_other_scores(lowest) if rule.explanation == before.explanation]
    assert told(before.decide(NOTHING, at)) == [(0, True, -128)], "what is before a stream reaches no other"


def test_any_difference_of_two_scores_wraps() -> None:
    scores = np.arange(-128, 128)
    for on in (-128, -1, 0, 40, 127):
        limits = Int8Thresholds((on,), (on,), (True,))
        wraps, active, inactive = otherwise(limits)
        begins = [bool(wraps.decide(NOTHING, np.array([[score]], np.int8))) for score in scores]
        assert begins == ((scores - on).astype(np.int8) >= 0).tolist()
    assert (active.explanation, inactive.explanation) == (
        "every change is told as one to active",
        "every change is told as one to inactive",
    )


def test_numbers_are_told_of_three_windows_and_not_of_one_number_for_all() -> None:
    right = Detector(T).update(SCORES)
    for count, found in ((3, 1), (2, 0)):
        scores = SCORES[: right[count].window]
        changes = [replace(change, window=9 * change.window) for change in right[:count]]
        (file,) = files_with(changes)
        assert len(list(numbered(T, [replace(file, scores=scores)]))) == found
    assert list(numbered(T, files_with([replace(change, window=5) for change in right]))) == []


def test_a_stream_shorter_than_what_is_looked_back_has_a_decision_for_each_window() -> None:
    for windows in (1, 2, 3):
        scores = np.arange(float(windows))
        for back in (1, 2, 3):
            decided = counting._earlier(back)(scores)
            assert decided.tolist() == [max(0.0, window - back) for window in range(windows)]
