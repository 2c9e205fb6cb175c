"""Where detections do not follow from scores, more of them are asked for, and what gives all is narrowed down."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Change, Detector
from ..link import messages as m
from ..link.codec import Payload
from . import asked_changes as module
from .asked_changes import ask_for_changes
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


@pytest.mark.parametrize(("odd", "one_more"), [(False, False), (True, False), (True, True), (False, True)])
@pytest.mark.parametrize("again", [False, True])
def test_detections_of_a_run_are_counted_on_to_the_sound(
    bundle: Bundle, sound: Short, monkeypatch: pytest.MonkeyPatch, again: bool, odd: bool, one_more: bool
) -> None:
    """A file that was streamed once more, and the sound before, have brought some since."""
    record = _streamed(bundle, FakeDevice(bundle, FakeInterpreter(bundle), **_later(bundle)), sound)
    if again:
        record.repeated(NAME, False, True)
    record.changes += one_more  # of a file between
    counts: list[int] = []

    def compared(*given: Any) -> Any:
        done = compare_file(*given)
        del done.host_changes[len(done.host_changes) - (len(done.host_changes) % 2 != odd) :]
        counts.append(len(done.host_changes))
        return done

    monkeypatch.setattr(module, "compare_file", compared)
    device = FakeDevice(bundle, FakeInterpreter(bundle), **_later(bundle))
    ask_for_changes(device, record, {NAME: sound}, FakeInterpreter(bundle))
    (asked,), (file,) = record.asked, record.files
    expected = len(file.expected_changes)
    assert expected and counts[0] % 2 == odd
    # what begins would be every second one of the run from here on, too
    assert len(counts) == (3 if odd and one_more else 2) and expected % 2 == 0
    assert asked.changes_before == (1 + again) * expected + one_more + sum(counts[:-1])


def test_one_in_two_of_the_run_is_not_told_of_a_class_that_never_ends(bundle: Bundle, sound: Short) -> None:
    def tamper(result: Payload) -> list[Payload]:
        return [] if isinstance(result, m.Detection) and not result.active else [result]

    (finding,) = detection_findings(_asked(bundle, sound, tamper=tamper))
    assert finding.explanation.startswith(
        "only changes to active are reported; applied to the device's own scores"
    )


def test_nothing_is_streamed_where_detections_follow_from_scores(bundle: Bundle, sound: Short) -> None:
    assert not _asked(bundle, sound).asked


def test_what_the_time_does_not_allow_is_not_sent(bundle: Bundle, sound: Short) -> None:
    times = iter((0.0, *(0.0,) * 40, *(20.0,) * 10_000))
    record = _asked(bundle, sound, lambda: next(times), **_later(bundle))
    (asked,) = record.asked
    assert asked.before is not None and (asked.before.samples, len(asked.piece.samples)) == (40 * 2048, 0)


def _heard(
    bundle: Bundle,
    sound: Short,
    monkeypatch: pytest.MonkeyPatch,
    window: int,
    source: NDArray[Any],
    name: str = NAME,
) -> list[NDArray[Any]]:
    """Of what the sounds are made, where a detection of a window was too many."""
    record = _streamed(bundle, FakeDevice(bundle, FakeInterpreter(bundle), **_later(bundle)), sound)
    file = record.files[0]
    right, label = Change(window + 1, 0, True, 9), int(np.flatnonzero(bundle.thresholds.detect)[0])
    scores = np.full((200, len(bundle.labels)), -128, np.int8)
    told = [Change(window, label, True, 9), right]
    record.files[0] = replace(file, scores=scores, expected_changes=[right], device_changes=told)
    heard: list[NDArray[Any]] = []
    monkeypatch.setattr(module, "changing_sounds", lambda _, sounds, *__: heard.extend(sounds))
    device = FakeDevice(bundle, FakeInterpreter(bundle))
    ask_for_changes(device, record, {name: Short(source)}, FakeInterpreter(bundle))
    return heard


@pytest.mark.parametrize("window", [0, 40, 41, 100])
def test_a_sound_is_made_of_what_was_heard_around_the_first_wrong_detection(
    bundle: Bundle, sound: Short, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    step = bundle.stride * bundle.settings.hop
    source = np.random.default_rng(1).integers(-9000, 9000, 400 * step).astype(np.int16)
    (heard,) = _heard(bundle, sound, monkeypatch, window, source)
    first = max(0, window - 40) * step
    length = bundle.settings.samples_for(bundle.frames + 80 * bundle.stride)
    np.testing.assert_array_equal(heard, source[first : first + length])
    (short,) = _heard(bundle, sound, monkeypatch, window, source[: first + 500])
    np.testing.assert_array_equal(short, source[first : first + 500])
    assert _heard(bundle, sound, monkeypatch, window, source, "other.wav") == []


def test_of_a_file_no_more_is_read_than_is_heard(
    bundle: Bundle, sound: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = bundle.settings.samples_for(bundle.frames + 80 * bundle.stride)
    source = np.zeros(2 * length, np.int16)  # the first of two blocks has all
    read: list[int] = []
    blocks = Short.blocks

    def counted(self: Short) -> Iterator[NDArray[np.int16]]:
        for block in blocks(self):
            read.append(len(block))
            yield block

    monkeypatch.setattr(Short, "blocks", counted)
    (heard,) = _heard(bundle, sound, monkeypatch, 0, source)
    assert len(heard) == length and read.count(length) == 1


def test_a_sound_of_four_hundred_windows_is_asked_for(
    bundle: Bundle, sound: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(module, "changing_sounds", lambda *given: asked.append(given[3]))
    assert not _asked(bundle, sound, **_later(bundle)).asked
    assert asked == [400]


def test_all_of_a_made_sound_is_sent(bundle: Bundle, sound: Short, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        np.random.default_rng(2).integers(-9000, 9000, count).astype(np.int16) for count in (16_000, 24_001)
    ]
    monkeypatch.setattr(module, "changing_sounds", lambda *_: made)
    (asked,) = _asked(bundle, sound, **_later(bundle)).asked
    assert asked.before is not None and asked.before.samples == 16_000
    np.testing.assert_array_equal(asked.piece.samples, made[1])


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
