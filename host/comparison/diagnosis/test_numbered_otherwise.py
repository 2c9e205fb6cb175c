"""Outputs that are right as they came, and wrong by the numbers that are told of their windows alone."""

from dataclasses import replace
from typing import Any

import pytest

from ...bundle.load import Bundle
from . import diagnose as module
from .evidence import DiagnosisRecord
from .finding import Finding
from .said import Said, Spoken
from .test_findings import RIGHT, Told, adding, changed, outputs_of, record_of, told

__all__ = ["told"]
LINE = Finding(
    "messages", "session/results.c line 26", "a.wav", "fields are exchanged", "Look", "", 1.0, ("a.wav",)
)
OPS = Finding("tensors", "beside the ops", "a.wav", "all ops are right", "Look", "", 1.0, ("a.wav",))
OUTPUTS = outputs_of(RIGHT)


def run(bundle: Bundle, came: Any = OUTPUTS, whole: bool = True, name: str = "a.wav") -> DiagnosisRecord:
    """One file whose outputs differ by their numbers, and what was said of it."""
    record = record_of(bundle, answered=OUTPUTS + 1)
    said = Said(outputs=[row.tobytes() for row in came], whole=whole)
    record.spoken.append(Spoken(name, 1000, said, 0))
    return record


@pytest.fixture
def stages(told: Told, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stages of what is found of a record; `messages`: what is found of its messages."""

    def found(record: DiagnosisRecord, messages: tuple[Finding, ...] = (LINE,)) -> list[str]:
        monkeypatch.setattr(module, "message_findings", lambda _: [*messages])
        monkeypatch.setattr(module, "trace_findings", lambda *_: [OPS])
        return [each.stage for each in told(record, (), (adding(1, slice(None)),))]

    return found


def test_right_outputs_under_other_numbers_have_no_cause_of_their_own(bundle: Bundle, stages: Any) -> None:
    assert stages(run(bundle)) == ["messages"]
    assert stages(run(bundle), ()) == ["tensors", "outputs"], "no line of the code gives the messages"


@pytest.mark.parametrize(
    "how", [{"came": OUTPUTS + 1}, {"came": OUTPUTS[:-1]}, {"whole": False}, {"name": "b.wav"}]
)
def test_outputs_that_came_wrong_or_are_not_known_have_one(
    bundle: Bundle, stages: Any, how: dict[str, Any]
) -> None:
    assert stages(run(bundle, **how)) == ["tensors", "outputs", "messages"]


def test_all_files_with_other_outputs_count_and_no_others(bundle: Bundle, stages: Any) -> None:
    record = run(bundle)
    record.files.append(replace(record.files[0], name="b.wav"))
    assert stages(record) == ["tensors", "outputs", "messages"], "of b.wav nothing is known"
    record.spoken.append(replace(record.spoken[0], name="b.wav"))
    assert stages(record) == ["messages"]
    record = run(bundle)
    record.files += record_of(bundle, changed(3, 12), names=("c.wav",)).files  # columns alone
    assert "tensors" not in stages(record)


def test_windows_are_counted_from_the_first_one_kept(bundle: Bundle) -> None:
    record = run(bundle)
    (file,) = record.files
    record.files = [replace(file, piece=replace(file.piece, first_window=2))]
    assert not module._numbered_otherwise(record)
    record.spoken[0].said.outputs[:0] = [b"", b""]
    assert module._numbered_otherwise(record)
