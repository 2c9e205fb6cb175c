"""A wrong way to decide beside a wrong way to tell it: both are told, and only where one alone does not do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change, Detector
from ...detector.n_of_m import Int8Votes
from ...detector.rule import Int8Rule
from . import detection_findings
from .deciding import more_rules
from .detections import explaining_rule, giving
from .elsewhere import Elsewhere
from .evidence import FileRecord
from .fakes_views import cells
from .test_detections import RIGHT, SCORES, file_with
from .test_elsewhere import elsewhere
from .test_findings import Told, told, with_changes
from .two_rules import two_rules

__all__ = ["told"]

OTHER = replace(RIGHT, on=(25, 31, 0), off=(5, 9, 0))
EXCHANGED = (
    "the two thresholds are exchanged: a class becomes active at the lower, and inactive below the upper one"
)
UPPER = "both thresholds are off by +1; +1 is > instead of >="


def exchanged(t: Int8Rule) -> Int8Rule:
    return replace(t, on=t.off, off=t.on)


def above(t: Int8Rule) -> Int8Rule:
    return replace(t, on=tuple(value + 1 for value in t.on), off=tuple(value + 1 for value in t.off))


def upper_above(t: Int8Rule) -> Int8Rule:
    return replace(t, on=tuple(value + 1 for value in t.on))


def lower_below(t: Int8Rule) -> Int8Rule:
    return replace(t, off=tuple(value - 1 for value in t.off))


def labels_turned(changes: list[Change]) -> list[Change]:
    return [replace(change, label=1 - change.label) for change in changes]


def first_scores(changes: list[Change]) -> list[Change]:
    """An end carries the score of its beginning."""
    began: dict[int, int] = {}
    found = []
    for change in changes:
        if change.active:
            began[change.label] = change.score
        found.append(replace(change, score=began[change.label]))
    return found


def a_number_more(changes: list[Change]) -> list[Change]:
    return [replace(change, window=change.window + 1) for change in changes]


def decided_by(t: Int8Rule, tell: Callable[[list[Change]], list[Change]]) -> FileRecord:
    late = -1 if tell is a_number_more else 0
    return file_with(tell(Detector(t).update(SCORES)), detections_late=late)


@pytest.mark.parametrize(
    ("wrong", "tell", "words"),
    [
        (exchanged, labels_turned, (EXCHANGED, "detections name another label: class 0 as 1, class 1 as 0")),
        (above, first_scores, (UPPER, "a detection's end carries the score that it began with")),
        (
            upper_above,
            first_scores,
            (
                "the upper threshold is off by +1; +1 is > instead of >=",
                "a detection's end carries the score that it began with",
            ),
        ),
        (
            lower_below,
            labels_turned,
            ("the lower threshold is off by -1", "detections name another label: class 0 as 1, class 1 as 0"),
        ),
        (above, a_number_more, (UPPER, "detections are told with a window number that is +1")),
    ],
)
def test_both_are_told(
    wrong: Callable[[Int8Rule], Int8Rule],
    tell: Callable[[list[Change]], list[Change]],
    words: tuple[str, str],
) -> None:
    file = decided_by(wrong(RIGHT), tell)
    assert explaining_rule(RIGHT, [file], more_rules(RIGHT, [file])) is None
    found = giving(two_rules(RIGHT, [file]), [file])
    assert found is not None
    assert found.explanation == f"{words[0]}; and besides, {words[1]}"
    assert "comparison" in found.cure and "DETECTION message" in found.cure


@pytest.mark.parametrize(("count", "tried"), [(11, False), (12, True)])
def test_of_few_detections_no_pair_is_tried(count: int, tried: bool) -> None:
    every = Detector(above(RIGHT)).update(SCORES)
    scores = SCORES[: every[count - 1].window + 1]
    device = Detector(above(RIGHT)).update(scores)
    assert len(device) == count
    assert bool(list(two_rules(RIGHT, [file_with(first_scores(device), scores)]))) == tried


def test_a_way_to_decide_that_gives_more_or_fewer_is_left_out() -> None:
    file = decided_by(exchanged(RIGHT), labels_turned)
    causes = {rule.cause.split(";")[0] for rule in two_rules(RIGHT, [file])}
    assert "thresholds exchanged" in causes and "hysteresis missing" not in causes


def test_a_pair_must_give_what_a_deployed_bundle_decided_too() -> None:
    file = decided_by(above(RIGHT), first_scores)
    heard = cells(200, 3, seed=8)
    same = file_with(first_scores(Detector(above(OTHER)).update(heard)), heard)
    another = file_with(first_scores(Detector(OTHER).update(heard)), heard)

    def narrowed(there: Elsewhere) -> int | None:
        found = giving(two_rules(RIGHT, [file]), [file], there.narrowed)
        assert found is not None and found.explanation.startswith(UPPER)
        return found.deployed

    assert narrowed(elsewhere((OTHER, same))) == 1
    assert narrowed(elsewhere((OTHER, another))) == 0  # told, as nothing else is left; nobody else decided so


def test_other_kinds_of_detectors_have_pairs_of_their_variants() -> None:
    votes = Int8Votes((40, 50, 45), (10, 20, 5), (True, True, False), n=2, m=3, duration=1, hold=1)
    wrong = replace(votes, on=votes.off, off=votes.on)
    file = file_with(labels_turned(Detector(wrong).update(SCORES)))
    found = giving(two_rules(votes, [file]), [file])
    assert found is not None and found.explanation.startswith("the two thresholds are exchanged")


def test_a_finding_names_both(bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither a rule nor a line of the code gives all."""
    rule = next(two_rules(RIGHT, [decided_by(exchanged(RIGHT), labels_turned)]))
    monkeypatch.setattr(detection_findings, "explaining_rule", lambda *_: None)
    monkeypatch.setattr(detection_findings, "changed_rules", lambda *_: [])
    monkeypatch.setattr(detection_findings, "giving", lambda *_: rule)
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert finding.cause == rule.cause and "; and besides, " in finding.explanation
