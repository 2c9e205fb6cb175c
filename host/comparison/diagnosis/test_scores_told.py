"""Where another score of a detection comes from."""

from dataclasses import replace

import numpy as np
import pytest

from ...detector.detector import Change
from .detections import explaining_rule
from .scores_told import scores_told
from .test_detections import ALL, OUTPUTS, RIGHT, SCORES, WINDOWS, file_with


@pytest.mark.parametrize("active", [True, False])
def test_where_another_score_of_a_detection_comes_from(active: bool) -> None:
    file = file_with(ALL)
    beside = [{int(SCORES[k - 1, 1]), *SCORES[k].tolist()} for k in range(1, WINDOWS)]
    at = 1 + [len(each) for each in beside].index(4)  # so that each tells
    change = Change(at, 1, active, 99)
    told = {cause: source(file, SCORES, [change])[0] for cause, _, source in scores_told(RIGHT)}
    on, off = RIGHT.on[1], RIGHT.off[1]
    assert told == {
        "score of the window before": SCORES[at - 1, 1],
        "score of 2 windows before": SCORES[max(0, at - 2), 1],
        "score of 3 windows before": SCORES[max(0, at - 3), 1],
        "score of the window": SCORES[at, 1],
        "score of the window at beginnings": SCORES[at, 1] if active else None,
        "logit told as score": OUTPUTS[at, 4],
        "threshold told as score": on if active else off,
        "other threshold told as score": off if active else on,
        "distance told as score": (99 - (on if active else off) + 128) % 256 - 128,
        "negative score": -99,
        "score as a byte": -29,
        "half the score": 49,
        "0 told as score": 0,
        "0 told as score of ends": None if active else 0,
        "score of the next class": SCORES[at, 2],
        "score of the class before": SCORES[at, 0],
        "score of the first class": SCORES[at, 0],
        "largest score of the window": SCORES[at].max(),
        "score of the change before": None,
    }


def test_before_the_first_window_there_is_none() -> None:
    scores = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.int8)
    first = [Change(0, 1, True, 99)]
    told = {cause: source(file_with(ALL), scores, first) for cause, _, source in scores_told(RIGHT)}
    before = ("the window before", "2 windows before", "3 windows before")
    assert [told[f"score of {which}"] for which in before] == [[2]] * 3


@pytest.mark.parametrize(
    ("score", "on", "told"), [(100, -28, -128), (100, -27, 127), (-100, 29, 127), (-100, 28, -128)]
)
def test_a_distance_has_eight_bits(score: int, on: int, told: int) -> None:
    low = replace(RIGHT, on=(40, on, 45))
    (source,) = [source for cause, _, source in scores_told(low) if cause == "distance told as score"]
    assert source(file_with(ALL), SCORES, [Change(3, 1, True, score)]) == [told]


@pytest.mark.parametrize(
    ("window", "label", "logit"),
    [
        (0, 1, int(OUTPUTS[0, 4])),
        (WINDOWS - 1, 2, int(OUTPUTS[-1, 5])),
        (WINDOWS, 1, None),
        (5, 3, None),
        (-1, 1, None),
    ],
)
def test_a_logit_that_was_not_kept_is_not_known(window: int, label: int, logit: int | None) -> None:
    (source,) = [source for cause, _, source in scores_told(RIGHT) if cause == "logit told as score"]
    change = Change(window, label, True, 99)
    file = file_with(ALL)
    assert source(file, SCORES, [change]) == [logit]
    later = replace(file, piece=replace(file.piece, first_window=7))
    assert source(later, SCORES, [replace(change, window=window + 7)]) == [logit]


def test_the_change_before_tells_the_score() -> None:
    right = [Change(0, 0, True, 9), Change(1, 1, True, 2), Change(3, 0, False, 4)]
    (source,) = [source for cause, _, source in scores_told(RIGHT) if cause == "score of the change before"]
    assert source(file_with(ALL), SCORES, right) == [None, 9, 2] and source(file_with([]), SCORES, []) == []


def test_detections_with_scores_of_elsewhere_are_told_as_such() -> None:
    wrong = [replace(change, score=int(-change.score)) for change in ALL]
    found = explaining_rule(RIGHT, [file_with(wrong)], iter(()))
    assert found is not None and found.explanation == "detections carry the score with the other sign"
