"""Every kind of detector: its rule replayed on the device's own scores names what a device does wrong."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...detector.argmax import Int8Winner
from ...detector.detector import Change, Detector
from ...detector.kinds import KINDS
from ...detector.mean_window import Int8Means
from ...detector.n_of_m import Int8Votes
from ...detector.rule import Int8Rule
from ...detector.settings import Window
from ...detector.threshold import Int8Thresholds
from .deciding import more_rules
from .detections import Int8, explaining_rule, kept_in_part, reproduces, right_rule
from .evidence import Before, FileRecord, Piece, Spread
from .fakes_views import cells, file_of, piece_of

LABELS = 3
ON, OFF, DETECT = (40, 40, 40), (10, 10, 10), (True, True, False)
RULES: dict[str, Int8Rule] = {
    "threshold": Int8Thresholds(ON, OFF, DETECT),
    "mean-window": Int8Means(ON, ON, DETECT, 6, 4, Window(frames=3, stride=1)),
    "argmax": Int8Winner(ON, OFF, DETECT, 12),
    "n-of-m": Int8Votes(ON, OFF, DETECT, 3, 5, 2, 3),
}
NOTHING = np.empty((0, LABELS), np.int8)
PIECE = Piece(
    0,
    NOTHING,
    NOTHING,
    np.empty(0, np.bool_),
    np.empty(0, np.int16),
    0,
    NOTHING,
    NOTHING,
    np.empty(0, np.bool_),
)
Told = Callable[[Change, Int8], Change | None]


def scores_of(seed: int, windows: int = 500) -> Int8:
    """Scores that rise and fall, in noise, with runs of equal ones and steps of one around the thresholds."""
    rng = np.random.default_rng(seed)
    time = np.arange(windows)[:, None]
    waves = 45 * np.sin(time / rng.uniform(3, 25, LABELS) + rng.uniform(0, 6, LABELS))
    scores = 20 + waves + rng.normal(0, 12, (windows, LABELS))
    near = rng.random((windows, LABELS)) < 0.3
    scores = np.where(near, rng.choice([39, 40, 41, 9, 10, 11], near.shape), scores)
    alike = rng.random(windows) < 0.1
    scores[alike, 1] = scores[alike, 0]
    return scores.clip(-128, 127).astype(np.int8)


def records(right: Int8Rule, decide: Callable[[Int8, Any], list[Change]]) -> list[FileRecord]:
    """Three files, on a device that decides by `decide`, which is given what the detector held before."""
    found: list[FileRecord] = []
    before = None
    for number in range(3):
        scores = scores_of(number)
        detector = Detector(right)
        expected = detector.update(scores)
        device = decide(scores, None if before is None else before.state)
        spreads = Spread(1), Spread(LABELS)
        found.append(FileRecord(f"{number}.wav", PIECE, before, *spreads, scores, expected, device))
        before = Before(f"{number}.wav", len(scores), PIECE, detector.state)
    return found


def explained(right: Int8Rule, files: list[FileRecord]) -> str:
    """What the rules say of these files, all that give the same."""
    rule = explaining_rule(right, files, more_rules(right))
    assert rule is not None and reproduces(rule.decide, files)
    return f"{rule.cause}: {rule.explanation}"


OTHERS: dict[str, tuple[Int8Rule, str]] = {  # rules in which these faults can be seen
    "counted": (Int8Means(ON, ON, DETECT, 20, 9, Window(frames=3, stride=3)), "27 slices ignored"),
    "start": (Int8Means(ON, ON, DETECT, 2, 60, Window(frames=3, stride=1)), "start not ignored"),
    "tie": (Int8Winner(ON, OFF, DETECT, 0), "last of equals"),
}
MOVED = ("+3", "-3", "4", "5", "6", "7", "8")
VARIANTS = [
    *(
        (f"{kind}-{variant.cause}", rule, variant)
        for kind, rule in RULES.items()
        for variant in rule.variants()
        if not (variant.cause.startswith("thresholds") and variant.cause.endswith(MOVED))
        and variant.cause not in {cause for _, cause in OTHERS.values()}
    ),
    *(
        (f"{name}-{cause}", rule, variant)
        for name, (rule, cause) in OTHERS.items()
        for variant in rule.variants()
        if variant.cause == cause
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "variant"), [case[1:] for case in VARIANTS], ids=[case[0] for case in VARIANTS]
)
def test_a_wrong_rule_is_named(right: Int8Rule, variant: Any) -> None:
    files = records(right, lambda scores, _: Detector(variant.rule).update(scores))
    assert not reproduces(right_rule(right), files), "these scores cannot tell it from the right rule"
    found = explained(right, files)
    assert variant.explanation in found or "or others" in found


TOLD: dict[str, tuple[Told, str]] = {
    "late": (
        lambda c, s: replace(c, window=c.window + 2) if c.window + 2 < len(s) else None,
        "2 windows late",
    ),
    "inverted": (lambda c, _: replace(c, active=not c.active), "active and inactive are exchanged"),
    "never off": (lambda c, _: c if c.active else None, "only changes to active"),
    "labels exchanged": (lambda c, _: replace(c, label=1 - c.label), "class 0 as 1"),
    "score before": (
        lambda c, s: replace(c, score=int(s[max(0, c.window - 1), c.label])),
        "score of the window before",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("kind", KINDS)
def test_the_right_decisions_told_otherwise(kind: str, name: str) -> None:
    right = RULES[kind]
    alter, words = TOLD[name]

    def decide(scores: Int8, _: Any) -> list[Change]:
        told = (alter(change, scores) for change in Detector(right).update(scores))
        return [change for change in told if change is not None]

    assert words in explained(right, records(right, decide))


@pytest.mark.slow
@pytest.mark.parametrize("begun", [False, True])
def test_the_score_of_the_window_told_where_a_rule_decides_by_a_mean(begun: bool) -> None:
    right = RULES["mean-window"]

    def decide(scores: Int8, _: Any) -> list[Change]:
        changes = Detector(right).update(scores)
        # a class has one score to tell: an end in the window in which it begins again tells that one
        again = {(c.window, c.label) for c in changes if c.active}
        return [
            replace(c, score=int(scores[c.window, c.label]))
            if not begun or (c.window, c.label) in again
            else c
            for c in changes
        ]

    words = f"detections{' that begin' if begun else ''} carry the window's own score"
    assert words in explained(right, records(right, decide))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_detector_that_is_not_reset(kind: str) -> None:
    right = RULES[kind]
    files = records(right, lambda scores, state: _continued(right, state).update(scores))
    assert "the detector keeps what was active" in explained(right, files)


def _continued(right: Int8Rule, state: Any) -> Detector:
    return Detector(right, deepcopy(state))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_not_explained(kind: str) -> None:
    right = RULES[kind]
    rng = np.random.default_rng(5)
    files = records(
        right, lambda scores, _: [c for c in Detector(right).update(scores) if rng.random() < 0.6]
    )
    assert explaining_rule(right, files, more_rules(right)) is None


def test_a_detector_keeps_each_part_of_what_it_remembers() -> None:
    right = Int8Votes((40,), (10,), (True,), 2, 3, 1, 1)
    left = right.start()
    left.active[0], left.counted[0] = True, [False, True, True]
    piece = piece_of(cells(1, 1), cells(1, 1))
    scores = np.array([[50], [0], [0], [0]], np.int8)
    file = file_of(piece, scores=scores, before=Before("b.wav", 0, piece, left))
    rules = {rule.cause.removeprefix("detector keeps "): rule for rule in kept_in_part(right)}
    assert list(rules) == ["active", "counted", "run", "active, counted", "active, run", "counted, run"]
    assert rules["counted, run"].explanation == (
        "the detector keeps which of the last windows counted and for how many windows that has been enough, "
        "or still holds from the file before, and nothing else"
    )
    for _ in range(2):  # what was left over is left as it is
        assert rules["active"].decide(file, scores) == [Change(0, 0, False, 50)]
        assert rules["counted"].decide(file, scores) == [Change(0, 0, True, 50), Change(2, 0, False, 0)]
    assert rules["counted"].decide(replace(file, before=None), scores) == []
