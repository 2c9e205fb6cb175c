"""Decisions by scores that fall or rise too slowly, of some windows alone, and of one class at a time."""

from dataclasses import replace

import numpy as np
import pytest

from ...detector.argmax import Int8Winner
from ...detector.detector import Change, Detector
from ...detector.n_of_m import Int8Votes
from ...detector.rule import Int8Rule
from ...detector.threshold import Int8Thresholds
from .deciding import more_rules
from .detections import Rule, explaining_rule
from .evidence import Before, FileRecord
from .fakes_views import cells, file_of, piece_of
from .heard_scores import limited, rules
from .scores_told import scores_over_streams

T = Int8Thresholds((40,), (10,), (True,))
TWO = Int8Thresholds((40, 40), (10, 10), (True, True))
SCORES = np.array([[0, 50, 0, 0, 45, 20, 5, 70, 0, 0, 41]], np.int8).T
BOTH = np.concatenate([SCORES, np.concatenate([SCORES[:1], SCORES[:-1]])], axis=1)
NOTHING = file_of(piece_of(cells(0, 1), cells(0, 1)))


def told(rule: Int8Rule, words: str, scores: np.ndarray, file: FileRecord = NOTHING) -> list[Change]:  # type: ignore[type-arg]
    (found,) = [each for each in rules(rule) if each.explanation == words]
    return found.decide(file, scores)


def windows(changes: list[Change]) -> list[tuple[int, int, bool, int]]:
    return [(change.window, change.label, change.active, change.score) for change in changes]


@pytest.mark.parametrize(
    ("by", "up", "given"),
    [
        (20, False, [0, 50, 30, 10, 45, 25, 5, 70, 50, 30, 41]),
        (20, True, [0, 20, 0, 0, 20, 20, 5, 25, 0, 0, 20]),
    ],
)
def test_scores_that_fall_or_rise_slowly(by: int, up: bool, given: list[int]) -> None:
    assert limited(SCORES, by, up)[:, 0].tolist() == given
    edge = np.array([[-128], [127], [-128]], np.int8)
    assert limited(edge, 64, up)[:, 0].tolist() == ([-128, -64, -128] if up else [-128, 127, 63])


def test_what_falls_slowly_stays_active_and_may_tell_its_own_score() -> None:
    words = "what a window decides by falls by 20 at most from one window to the next"
    own, that = f"{words}, and tells its own score", f"{words}, and tells that"
    assert windows(told(T, own, SCORES)) == [(1, 0, True, 50), (6, 0, False, 5), (7, 0, True, 70)]
    assert windows(told(T, that, SCORES)) == [(1, 0, True, 50), (6, 0, False, 5), (7, 0, True, 70)]
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(np.array([[99, 9]], np.int8),) * 2)
    behind = file_of(piece_of(cells(0, 1), cells(0, 1)), before=Before("b", 0, piece, None))
    more = "; it goes on with what the stream before left"
    assert windows(told(T, own + more, SCORES[:1], behind)) == [(0, 0, True, 0)]
    assert windows(told(T, that + more, SCORES[:1], behind)) == [(0, 0, True, 79)]
    assert told(T, own, SCORES[:1], behind) == []


def test_what_a_window_tells_behind_its_scores_decides() -> None:
    words = "a window decides by what the model gives behind its scores (logits) instead of by these"
    outputs = np.concatenate([np.zeros_like(SCORES), SCORES], axis=1)
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(outputs, outputs))
    right = windows(Detector(T).update(SCORES))
    assert len(right) > 2 and windows(told(T, words, SCORES * 0, file_of(piece))) == right
    low = np.concatenate([outputs, np.zeros_like(outputs)], axis=1)  # of numbers of 16 bits
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(low, low))
    assert windows(told(T, words, SCORES * 0, file_of(piece))) == right
    # of all windows they must be known, and be there
    late, none = (
        piece_of(cells(0, 1), cells(0, 1), outputs=(outputs, outputs), first_window=1),
        outputs[:, :1],
    )
    for other in (late, piece_of(cells(0, 1), cells(0, 1), outputs=(none, none))):
        assert told(T, words, SCORES * 0 + 50, file_of(other)) == []
    short = piece_of(cells(0, 1), cells(0, 1), outputs=(outputs[:-1], outputs[:-1]))
    assert told(T, words, SCORES * 0 + 50, file_of(short)) == []


def test_what_rises_slowly_begins_late_and_may_tell_its_own_score() -> None:
    words = "what a window decides by rises by 20 at most from one window to the next"
    scores = np.array([[0, 50, 55, 60, 5]], np.int8).T
    assert windows(told(T, f"{words}, and tells its own score", scores)) == [
        (2, 0, True, 55),
        (4, 0, False, 5),
    ]
    assert windows(told(T, f"{words}, and tells that", scores)) == [(2, 0, True, 40), (4, 0, False, 5)]


def test_which_steps_and_which_windows_are_tried() -> None:
    causes = [each.cause for each in rules(TWO)]
    steps = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 32, 48, 64)
    periods = (2, 3, 4, 5, 6, 7, 8)
    assert list(dict.fromkeys(causes)) == [
        "decides by logits",
        *(f"score {word} by {by}" for by in steps for word in ("falls", "rises")),
        "one of 2 not decided",
        *(f"one of {period} {what}" for period in periods[1:] for what in ("not decided", "decides")),
        "one class at a time",
    ]
    for period in periods:
        assert causes.count(f"one of {period} not decided") == period
        assert causes.count(f"one of {period} decides") == (period if period > 2 else 0)
    nothing = [each.explanation for each in rules(TWO) if each.cause == "one of 4 not decided"]
    alone = [each.explanation for each in rules(TWO) if each.cause == "one of 4 decides"]
    assert nothing[1] == "one window in 4 decides nothing: number 1, 5, 9, …"
    assert alone[1] == "one window in 4 alone decides: number 1, 5, 9, …"


def test_none_of_these_rules_needs_more_than_the_first_windows_to_be_ruled_out() -> None:
    for rule in (T, TWO, Int8Votes((40,), (10,), (True,), 1, 1, 1, 1)):
        assert [each.explanation for each in rules(rule) if not each.causal] == []


def test_windows_that_decide_nothing() -> None:
    one = "one window in 3 decides nothing: number 1, 4, 7, …"
    assert told(T, one, SCORES) == []
    alone = "one window in 3 alone decides: number 1, 4, 7, …"
    assert windows(told(T, alone, SCORES)) == [(1, 0, True, 50)]
    both = [each.explanation for each in rules(T) if " in 2 " in each.explanation]
    assert both == [f"one window in 2 decides nothing: number {at}, {at + 2}, {at + 4}, …" for at in (0, 1)]


def test_one_class_at_a_time() -> None:
    assert windows(told(TWO, "no class begins while another one is active", BOTH)) == [
        (1, 0, True, 50), (2, 0, False, 0), (2, 1, True, 50), (3, 1, False, 0), (4, 0, True, 45), (6, 0, False, 5),
        (7, 0, True, 70), (8, 0, False, 0), (8, 1, True, 70), (9, 1, False, 0), (10, 0, True, 41),
    ]  # fmt: skip
    ends = windows(told(TWO, "a class that begins ends all others", BOTH))
    assert (5, 0, False, 20) in ends and (5, 1, True, 45) in ends
    at = np.array([[40, 0], [10, 40], [9, 40], [9, 10]], np.int8)
    assert windows(told(TWO, "no class begins while another one is active", at)) == [
        (0, 0, True, 40), (2, 0, False, 9), (2, 1, True, 40),
    ]  # fmt: skip
    assert not [each for each in rules(T) if each.cause == "one class at a time"]


def test_other_kinds_of_detectors_may_hear_other_scores_too() -> None:
    votes = Int8Votes((40,), (10,), (True,), 1, 1, 1, 1)
    words = "a window decides by the score of the window before"
    assert windows(told(votes, words, SCORES)) == [
        (each.window + 1, each.label, each.active, each.score) for each in Detector(votes).update(SCORES[:-1])
    ]


def test_a_winner_that_must_win_twice_is_named() -> None:
    rule = Int8Winner((0, 0), (-20, -20), (True, True), 5)
    rng = np.random.default_rng(3)
    scores = rng.integers(-60, 60, (200, 2)).astype(np.int8)
    (confirmed,) = [each for each in rule.variants() if each.cause == "winner confirmed"]
    changes = Detector(confirmed.rule).update(scores)
    right = Detector(rule).update(scores)
    assert 4 < len(changes) < len(right)
    file = replace(NOTHING, scores=scores, device_changes=changes, expected_changes=right)
    found = explaining_rule(rule, [file], more_rules(rule, [file]))
    assert isinstance(found, Rule) and found.cause == "winner confirmed"
    # the stream before left the winner of its last window
    left = np.array([[-50, 50]], np.int8)
    before = Before("b", 0, piece_of(cells(0, 1), cells(0, 1), outputs=(left, left)), None)
    scores = np.concatenate([left, scores])
    goes_on = Detector(confirmed.rule).update(np.concatenate([left, scores]))
    changes = [replace(each, window=each.window - 1) for each in goes_on]
    assert changes[0] == Change(0, 1, True, 50)
    file = replace(file, before=before, scores=scores, device_changes=changes)
    found = explaining_rule(rule, [file], more_rules(rule, [file]))
    assert isinstance(found, Rule) and "what the stream before left" in found.explanation


def test_the_first_detection_may_carry_what_the_last_of_the_stream_before_did() -> None:
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(np.array([[50, 9], [3, 9]], np.int8),) * 2)
    behind = file_of(piece_of(cells(0, 1), cells(0, 1)), before=Before("b", 0, piece, None))
    sources = [of for _, _, of in scores_over_streams(T)]
    right = Detector(T).update(SCORES)
    assert sources[0](behind, SCORES, right)[:3] == [3, 50, 0]
    assert sources[0](NOTHING, SCORES, right)[:3] == [None, 50, 0]
