"""What a bundle that was deployed shows is told where the bundle in use shows nothing."""

import pytest

from ...bundle.load import Bundle
from . import diagnose as module
from .diagnose import diagnose
from .evidence import DiagnosisRecord
from .finding import NEUTRAL, Finding


def _finding(stage: str, cause: str = "it") -> Finding:
    return Finding(stage, cause, "a.wav, column 3", "it is so", "Look there", "all of them", 1.0, ())


@pytest.fixture
def record(bundle: Bundle) -> DiagnosisRecord:
    made = DiagnosisRecord(bundle)
    made.deployed = DiagnosisRecord(bundle)
    return made


@pytest.mark.parametrize(
    ("stage", "cause", "different", "hedged"),
    [
        ("features", "it", 99, True),
        ("outputs", "it", 99, True),
        ("features", "it", 100, False),
        ("detections", "it", 9, False),
        ("features", NEUTRAL, 9, False),
    ],
)
def test_a_bundle_that_was_deployed_is_told_of_by_itself(
    record: DiagnosisRecord,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    cause: str,
    different: int,
    hedged: bool,
) -> None:
    monkeypatch.setattr(
        module, "_of_files", lambda of: [_finding(stage, cause)] if of is record.deployed else []
    )
    assert record.deployed is not None
    record.deployed.features.count[0] = different
    (finding,) = diagnose(record)
    assert finding.place == "with another bundle that was deployed, a.wav, column 3"
    assert finding.explanation == "it is so" + "; so few values other causes may give, too" * hedged


def test_what_the_bundle_in_use_shows_comes_first(
    record: DiagnosisRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_of_files", lambda _: [_finding("features")])
    assert [each.place for each in diagnose(record)] == ["a.wav, column 3"]


@pytest.mark.parametrize(
    ("stage", "cause", "added"),
    [("answers", "something", True), ("detections", "a rule", False), ("answers", "slot.c line 9", False)],
)
def test_detections_of_a_bundle_that_was_deployed_stand_beside_what_the_run_shows(
    record: DiagnosisRecord, monkeypatch: pytest.MonkeyPatch, stage: str, cause: str, added: bool
) -> None:
    monkeypatch.setattr(module, "_of_files", lambda _: [_finding(stage, cause)])
    monkeypatch.setattr(
        module, "detection_findings", lambda of: [_finding("detections")] if of is record.deployed else []
    )
    places = [each.place for each in diagnose(record)]
    assert (
        places == ["a.wav, column 3", "with another bundle that was deployed, a.wav, column 3"][: 1 + added]
    )
