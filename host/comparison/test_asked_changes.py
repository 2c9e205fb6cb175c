"""Where detections do not follow from scores, more of them are asked for, and what gives all is narrowed down."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Detector
from ..link import messages as m
from ..link.codec import Payload
from .asked_changes import BLOCK, ask_for_changes
from .diagnosis import detection_findings as detection_module
from .diagnosis.detection_findings import detection_findings
from .diagnosis.evidence import DiagnosisRecord
from .diagnosis.finding import NEUTRAL
from .fakes import FakeDevice, FakeInterpreter
from .streaming import compare_file

pytestmark = pytest.mark.native
NAME = "sound.wav"


class Short:
    """Some samples as a file."""

    path = Path(NAME)
    notes: list[str] = []  # noqa: RUF012

    def __init__(self, samples: NDArray[np.int16]) -> None:
        self.samples = samples

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """In two blocks."""
        half = len(self.samples) // 2
        yield from (self.samples[:half], self.samples[half:])


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of code is looked for: that takes a build."""
    monkeypatch.setattr(detection_module, "changed_rules", lambda *_: [])


@pytest.fixture
def sound(samples: NDArray[Any]) -> Short:
    return Short(samples)


def _streamed(bundle: Bundle, device: FakeDevice, sound: Short) -> DiagnosisRecord:
    record = DiagnosisRecord(bundle)
    file = compare_file(device, bundle, sound, FakeInterpreter(bundle))
    record.add(file.recorder, file.host_changes, file.device_changes)
    return record


def _asked(
    bundle: Bundle, sound: Short, now: Callable[[], float] = lambda: 0.0, **wrong: Any
) -> DiagnosisRecord:
    device = FakeDevice(bundle, FakeInterpreter(bundle), **wrong)
    record = _streamed(bundle, device, sound)
    ask_for_changes(device, record, {NAME: sound}, FakeInterpreter(bundle), now)
    return record


def _later(bundle: Bundle) -> dict[str, Any]:
    rule = bundle.thresholds
    later = replace(rule, on=tuple(on + 20 for on in rule.on))
    return {"detector": lambda: Detector(later)}


def test_a_rule_that_few_detections_fit_is_told_as_the_only_one_by_many(bundle: Bundle, sound: Short) -> None:
    record = _asked(bundle, sound, **_later(bundle))
    (asked,) = record.asked
    assert len(asked.device_changes) > 40 and asked.before is not None and asked.scores is not None
    (finding,) = detection_findings(record)
    assert finding.cause.startswith("upper threshold +")
    count = len(asked.device_changes)
    assert finding.explanation.endswith(
        f"this gives all its detections, the {count:,} of a sound that was made to bring many among them, and a rule "
        "that was not tried may, too"
    )
    record.asked.clear()
    (few,) = detection_findings(record)
    assert few.cause != finding.cause, "a threshold is known less exactly from fewer scores"
    assert "give all its detections of its own scores, and others may, too" in few.explanation


def test_nothing_is_streamed_where_detections_follow_from_scores(bundle: Bundle, sound: Short) -> None:
    assert not _asked(bundle, sound).asked


def test_what_the_time_does_not_allow_is_not_sent(bundle: Bundle, sound: Short) -> None:
    times = iter((0.0, *(0.0,) * 40, *(21.0,) * 10_000))
    record = _asked(bundle, sound, lambda: next(times), **_later(bundle))
    (asked,) = record.asked
    before = 0 if asked.before is None else asked.before.samples
    assert before + len(asked.piece.samples) <= 40 * BLOCK


def test_a_rule_that_depends_on_what_the_run_had_is_told_though_the_sound_does_not_follow_it(
    bundle: Bundle, sound: Short
) -> None:
    """The device numbers windows by one more in its first stream only."""
    streams = 0

    def tamper(result: Payload) -> list[Payload]:
        nonlocal streams
        streams += isinstance(result, m.StreamDone)
        if isinstance(result, m.Detection) and not streams:
            return [replace(result, window=result.window + 1)]
        return [result]

    record = _asked(bundle, sound, tamper=tamper)
    assert record.asked
    (finding,) = detection_findings(record)
    assert finding.cause != NEUTRAL and "window number that is +1" in finding.explanation
    assert "made to bring many" not in finding.explanation
