"""What is said of detections of which none came, that carry another score, or are of windows that there are not."""

from dataclasses import replace

import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change, Detector
from . import detection_findings as module
from .detections import Rule, explaining_rule
from .finding import NEUTRAL
from .test_detections import RIGHT, SCORES, file_with
from .test_findings import Told, told, with_changes

__all__ = ["told"]


def test_that_no_detection_is_told_at_all(bundle: Bundle, told: Told) -> None:
    (finding,) = told(with_changes(bundle, lambda _: []))
    assert (finding.cause, finding.share, finding.files) == ("none told", 1.0, ("a.wav",))
    assert "in any file, where the device's own scores give 8: none is decided" in finding.explanation
    assert "the detector's comparison" in finding.cure and "DETECTION message" in finding.cure


@pytest.mark.parametrize(
    ("counted", "words", "cure"),
    [
        (
            0,
            ", nor is one counted at a stream's end: none is decided (the detector is not run, or",
            "detector_window",
        ),
        (8, ", and 8 are counted at the streams' ends: they are decided, and not sent", "send_detection"),
        (None, "or no score reaches its threshold), or none is sent", "send_detection"),
    ],
)
def test_what_the_device_counted_tells_whether_any_was_decided(
    bundle: Bundle, told: Told, counted: int | None, words: str, cure: str
) -> None:
    record = with_changes(bundle, lambda _: [])
    record.files[0] = replace(record.files[0], counted=counted)
    (finding,) = told(record)
    assert words in finding.explanation and cure in finding.cure
    assert ("detector_window" in finding.cure) == (counted == 0)
    assert ("comparison" in finding.cure) == (counted != 8)


@pytest.mark.parametrize(("windows", "cause"), [(16, NEUTRAL), (17, "none told")])
def test_fewer_than_four_that_are_missing_may_be_missing_by_chance(
    bundle: Bundle, told: Told, windows: int, cause: str
) -> None:
    record = with_changes(bundle, lambda _: [])
    (file,) = record.files
    assert file.scores is not None
    right = [change for change in file.expected_changes if change.window < windows]
    assert len(right) == 3 + (cause != NEUTRAL)
    record.files[0] = replace(file, scores=file.scores[:windows], expected_changes=right)
    (finding,) = told(record)
    assert finding.cause == cause


def test_a_detection_with_another_score_is_told_as_such(bundle: Bundle, told: Told) -> None:
    other = with_changes(bundle, lambda found: [*found[:2], replace(found[2], score=-3), *found[3:]])
    (finding,) = told(other)
    assert finding.explanation.startswith("a class that begins is told with another score; the detections")


@pytest.mark.parametrize(("window", "findings"), [(39, 1), (40, 0)])
def test_detections_of_windows_that_there_are_not_are_not_held_against_the_rule(
    bundle: Bundle, told: Told, window: int, findings: int
) -> None:
    assert len(told(with_changes(bundle, lambda found: [*found, Change(window, 0, True, 9)]))) == findings


def test_where_ignored_labels_are_reported_the_cure_is_not_the_comparison() -> None:
    wrong = replace(RIGHT, detect=(True,) * 3)
    file = file_with(Detector(wrong).update(SCORES))
    found = explaining_rule(RIGHT, [file], iter(()))
    assert found is not None and found.explanation == "labels that the bundle ignores are reported"
    assert "bundle->detect" in found.cure and "comparison" not in found.cure


@pytest.mark.parametrize("came", [0, 3])
@pytest.mark.parametrize("lines", [0, 2])
def test_where_a_deployed_bundle_brought_some_the_detector_runs(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch, came: int, lines: int
) -> None:
    record = with_changes(bundle, lambda _: [])
    (file,) = record.files
    deployed = replace(bundle, name="deployed")
    record.elsewhere = [(deployed, replace(file, device_changes=file.expected_changes[:came]))]
    asked: list[object] = []

    def changed(*given: object) -> list[Rule]:
        asked.append(given)
        return [
            Rule(f"detect/argmax.c line {37 + place}", f"it does {place}", "", lambda *_: [])
            for place in range(lines)
        ]

    monkeypatch.setattr(module, "changed_rules", changed)
    (finding,) = told(record)
    assert finding.cause == "none told" and bool(asked) == bool(came)
    if not came:
        assert "none is decided" in finding.explanation
        return
    assert asked == [(bundle, record.files, record.elsewhere)]
    seen = "no detection is told in any file, but 3 with 1 bundle that was deployed with other figures"
    assert finding.explanation.startswith(seen)
    assert ("it does 0" in finding.explanation) == ("lines 37, 38" in finding.cure) == bool(lines)
