"""Which changes are told of what messages say, by a session that says what a test wants it to; nothing is compiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from ...link import messages as m
from . import message_findings as module
from .evidence import DiagnosisRecord
from .finding import Finding
from .said import Said, Spoken

RIGHT, WRONG, OTHER = 10, 11, 12  # windows that a stream's end tells of


@dataclass
class FakeSession:
    """Tells at a stream's end, for each change, what `says` has for it.

    Attributes:
        says: by change; of short and of long streams.
        asked: conversations, each the samples of its streams.
    """

    says: list[tuple[int, int]]
    lines: list[int]
    asked: list[list[int]] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)
    telling: dict[bool, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [Alteration("a.c", line, "x", f"y{number}") for number, line in enumerate(self.lines)]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, _: Any, streams: Any) -> bytes:
        """Those of no change."""
        self.asked.append([len(stream.samples) for stream in streams])
        return bytes([RIGHT])

    def differing(self, changes: Sequence[tuple[int, int]], streams: Any) -> dict[tuple[int, int], bytes]:
        """One byte: the count that is told."""
        self.asked.append([len(stream.samples) for stream in streams])
        assert all(stream.deaf and stream.column == 0 and not stream.samples.any() for stream in streams)
        self.raw.append(streams[-1].raw)
        last = len(streams[-1].samples) > SHORT
        return {change: bytes([self.says[change[0]][last]]) for change in changes}

    def messages(self, records: bytes) -> list[m.Payload]:
        """The end alone."""
        return [m.StreamDone(windows=records[0])]


SHORT = 40_000
LONG = 50_000
Told = Callable[..., list[Finding]]


@pytest.fixture
def told(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Told:
    def findings(session: FakeSession, *spoken: Spoken, inference: bool = True) -> list[Finding]:
        monkeypatch.setattr(module, "session_of", lambda _: session)
        record = DiagnosisRecord(bundle, inference=inference)
        record.spoken[:] = spoken
        return module.message_findings(record)

    return findings


def spoken(name: str = "a.wav", samples: int = LONG, before: int = 0, windows: int = WRONG) -> Spoken:
    return Spoken(name, samples, Said(done=(0, 0, windows, 0)), before)


@pytest.mark.parametrize(("lines", "found"), [([3], 1), ([3, 4, 5], 1), ([3, 3, 4, 5], 1), ([3, 4, 5, 6], 0)])
def test_three_lines_are_told_and_not_four(told: Told, lines: list[int], found: int) -> None:
    findings = told(FakeSession([(WRONG, WRONG)] * len(lines), lines), spoken())
    assert len(findings) == found
    if findings:
        assert findings[0].explanation.count("a.c, line") == len(set(lines))
        assert (
            findings[0].cause == "a.c line 3"
            and "`y0` instead of `x` (a.c, line 3)" in findings[0].explanation
        )
        assert (findings[0].share, findings[0].verified) == (1.0, True)
        alone = findings[0].explanation.endswith("; this gives all numbers, counts and detections that came")
        assert alone == (len(set(lines)) == 1)
        assert ("that came, and others may, too: the firmware" in findings[0].explanation) != alone


def test_only_what_shows_in_a_short_stream_is_tried_and_only_what_gives_all_is_told(
    told: Told, bundle: Bundle
) -> None:
    session = FakeSession([(RIGHT, WRONG), (WRONG, OTHER), (OTHER, WRONG)], [1, 2, 3])
    (finding,) = told(session, spoken("b.wav", LONG + 1, before=500), spoken("a.wav", LONG))
    assert finding.cause == "a.c line 3" and finding.files == ("b.wav", "a.wav")
    assert session.asked[2:] == [[LONG], [500, LONG + 1]], "the shortest first, each behind the file before"
    assert bundle.stride == 7, "of the bundle's own, 37 are 256 columns and more"
    short = bundle.settings.samples_for(bundle.frames + 37 * bundle.stride)
    assert session.asked[:2] == [[short, short]] * 2 and short < SHORT


def test_what_shows_in_a_short_stream_is_looked_for_once_with_inference_and_once_without(told: Told) -> None:
    session = FakeSession([(RIGHT, WRONG), (WRONG, WRONG)], [1, 2])
    for inference, new in ((True, 3), (True, 1), (False, 3), (False, 1), (True, 1)):
        asked = len(session.asked)
        each = spoken()
        each.said.inference = inference
        (finding,) = told(session, each, inference=inference)
        assert finding.cause == "a.c line 2" and len(session.asked) - asked == new


@pytest.mark.parametrize(("stride", "strides"), [(64, 4), (65, 4), (63, 5), (200, 3)])
def test_a_short_stream_is_three_windows_and_256_columns_at_least(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, stride: int, strides: int
) -> None:
    session = FakeSession([(RIGHT, RIGHT)], [1])
    monkeypatch.setattr(module, "session_of", lambda _: session)
    other = replace(bundle, stride=stride)
    record = DiagnosisRecord(other)
    record.spoken.append(spoken())
    assert module.message_findings(record) == []
    short = other.settings.samples_for(other.frames + strides * stride)
    assert session.asked[0] == [short] * 2 and len(session.raw[0]) == strides + 1


def test_of_two_files_both_must_be_given(told: Told) -> None:
    session = FakeSession([(WRONG, WRONG)], [1])
    assert told(session, spoken(), spoken(windows=OTHER)) == []


@pytest.mark.parametrize(("seconds", "tried"), [(60, True), (60.001, False)])
def test_long_files_are_left_out(told: Told, bundle: Bundle, seconds: float, tried: bool) -> None:
    session = FakeSession([(WRONG, WRONG)], [1])
    samples = round(seconds * bundle.settings.sample_rate)
    assert bool(told(session, spoken(samples=samples))) == tried == bool(session.asked)


def test_streams_of_the_other_kind_are_left_out(told: Told) -> None:
    session = FakeSession([(WRONG, WRONG)], [1])
    assert told(session, spoken(), inference=False) == [] and not session.asked
    without = Spoken("a.wav", LONG, Said(inference=False, done=(0, 0, WRONG, 0)), 0)
    assert told(session, without, inference=False) and session.raw == [None, None]


def test_the_model_gives_what_the_board_told(told: Told, bundle: Bundle) -> None:
    said = Said(outputs=[b"\1\2", b"\1", b"\3\4"], done=(0, 0, WRONG, 0))
    session = FakeSession([(WRONG, WRONG)], [1])
    assert told(session, Spoken("a.wav", LONG, said, 0))
    assert bundle.model.values == 2 and session.raw[-1].tolist() == [[1, 2], [0, 0], [3, 4]]
    assert session.raw[0][:, 0].tolist() == 19 * [0, 127], (
        "of the short stream, so that detections come and go"
    )
