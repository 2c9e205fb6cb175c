"""A file's comparison against a device that is right, and against ones that are wrong in each way we know of."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from .diagnosis.diagnose import diagnose
from .diagnosis.evidence import DiagnosisRecord
from .diagnosis.finding import Finding
from .expected import Expected
from .fakes import FakeDevice, FakeInterpreter, Tamper
from .file import FileComparison

BLOCK = 5000


def compare(
    bundle: Bundle,
    samples: NDArray[Any],
    tamper: Tamper | None = None,
    flawed_witness: bool = False,
    inference: bool = True,
) -> FileComparison:
    """Stream `samples` as `compare_file` does, the host's results a block behind or ahead of the device's."""
    comparison = FileComparison("a.wav", bundle, inference)
    interpreter = FakeInterpreter(bundle)
    witness = FakeInterpreter(bundle, 1) if flawed_witness else FakeInterpreter(bundle)
    reference = Expected(bundle, interpreter if inference else None, witness if inference else None)

    def blocks() -> Iterator[NDArray[Any]]:
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            yield block
            comparison.add_host(reference.push(block), len(block))
        comparison.end_audio()

    for result in FakeDevice(bundle, interpreter, tamper).stream(blocks(), inference=inference):
        comparison.add_device(result)
    return comparison


def explained(bundle: Bundle, comparison: FileComparison) -> list[Finding]:
    """The diagnosis of a run of this file alone."""
    record = DiagnosisRecord(bundle, lambda: FakeInterpreter(bundle))
    record.add(comparison.recorder, comparison.host_changes, comparison.device_changes)
    return diagnose(record)


def on(kind: type[Payload], change: Callable[[Payload], list[Payload]]) -> Tamper:
    """Do something to all messages of one kind."""
    return lambda message: change(message) if isinstance(message, kind) else [message]


def with_cell(message: m.Features, cell: int, difference: int) -> m.Features:
    cells = bytearray(message.cells)
    cells[cell] = (cells[cell] + difference) % 256
    return replace(message, cells=bytes(cells))


def test_a_device_that_is_right(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples)
    columns = bundle.settings.columns(len(samples))
    windows = (columns - bundle.frames) // bundle.stride + 1
    assert found.agreed
    assert found.features.compared == columns * bundle.settings.bands
    assert found.windows == windows
    assert found.scores.compared == found.logits.compared == windows * len(bundle.labels)
    assert found.outputs.compared == 2 * found.scores.compared
    assert (found.mismatches, found.problems, found.recorder.outputs.different) == ([], [], 0)
    assert (found.features.largest, found.features.allowed) == (0, 0)
    assert found.host_changes == found.device_changes
    assert {change.active for change in found.host_changes} == {True, False}
    assert found.latencies.summary()["total"].count == windows
    assert found.audio_s == len(samples) / bundle.settings.sample_rate


def test_one_wrong_cell_is_found_and_explained(bundle: Bundle, samples: NDArray[Any]) -> None:
    bands = bundle.settings.bands
    hit = on(m.Features, lambda f: [with_cell(f, 3 * bands + 5, 2) if f.first_column == 70 else f])  # type: ignore[attr-defined, arg-type]
    found = compare(bundle, samples, hit)
    assert (found.features.different, found.features.largest) == (1, 2)
    assert not found.agreed
    (mismatch,) = found.mismatches
    assert (mismatch.kind, mismatch.where) == ("feature", "column 73, band 5")
    assert mismatch.time_s == pytest.approx(73 * bundle.settings.hop / bundle.settings.sample_rate)
    assert int(mismatch.device.split()[0]) - int(mismatch.host) == 2
    assert mismatch.device.endswith("(+2 LSB)")
    (finding,) = explained(bundle, found)
    assert not finding.verified
    assert finding.place.startswith("a.wav, column 73, band 5")


def test_differences_are_counted_in_full_but_explained_in_part(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples, on(m.Features, lambda f: [with_cell(f, 0, 128)]))  # type: ignore[arg-type]
    messages = sum(
        isinstance(message, m.Features)
        for message in FakeDevice(bundle, FakeInterpreter(bundle)).stream([samples])
    )
    # one cell each of about as many messages: the device cuts its columns anew in every block
    assert messages <= found.features.different <= messages + len(samples) / BLOCK + 1
    assert found.features.largest == 128
    assert len(found.mismatches) == 10


def test_scores_and_logits_are_told_apart(bundle: Bundle, samples: NDArray[Any]) -> None:
    classes = len(bundle.labels)

    def logit_of_window_4(window: m.WindowResult) -> list[Payload]:
        outputs = np.frombuffer(window.outputs, np.int8).copy()
        if window.index == 4:
            outputs[classes + 1] -= 3
        return [replace(window, outputs=outputs.tobytes())]

    found = compare(bundle, samples, on(m.WindowResult, logit_of_window_4))  # type: ignore[arg-type]
    assert (found.scores.different, found.logits.different, found.logits.largest) == (0, 1, 3)
    (mismatch,) = found.mismatches
    assert (mismatch.kind, mismatch.where) == ("logit", "window 4, logit of 'robin'")
    end = 4 * bundle.stride * bundle.settings.hop + bundle.window_samples
    assert mismatch.time_s == pytest.approx(end / bundle.settings.sample_rate)
    (finding,) = explained(bundle, found)
    assert (finding.stage, finding.verified) == ("outputs", False)
    assert "their columns are equal" in finding.explanation


def test_windows_whose_features_differ_too_are_told_apart(bundle: Bundle, samples: NDArray[Any]) -> None:
    """Window 4 covers column 4 * 7 to 4 * 7 + 48, window 20 does not cover any differing column."""

    def tamper(message: Payload) -> list[Payload]:
        if isinstance(message, m.Features) and message.first_column == 70:
            return [with_cell(message, 0, 1)]
        if isinstance(message, m.WindowResult) and message.index in (4, 20):
            return [replace(message, outputs=bytes((byte + 1) % 256 for byte in message.outputs))]
        return [message]

    found = compare(bundle, samples, tamper)
    assert (found.output_windows, found.explained_windows) == (2, 1)
    findings = explained(bundle, found)
    assert [(finding.stage, finding.verified) for finding in findings] == [
        ("features", False),
        ("outputs", False),
    ]


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        (
            m.Features,
            lambda f: [] if f.first_column == 14 else [f],
            "7 feature columns missing on the device",
        ),
        (
            m.Features,
            lambda f: [f, f] if f.first_column == 14 else [f],
            "7 feature columns sent twice by the device",
        ),
        (m.WindowResult, lambda w: [] if w.index == 3 else [w], "1 windows missing on the device"),
        (m.WindowResult, lambda w: [w, w] if w.index == 3 else [w], "1 windows sent twice by the device"),
        (m.StreamDone, lambda d: [replace(d, samples=7)], "the device counted 7 samples of 128,000"),
        (
            m.StreamDone,
            lambda d: [replace(d, samples=62_464)],
            "the device counted 62,464 samples of 128,000: it is told in at most 16 bits",
        ),
        (m.StreamDone, lambda d: [replace(d, detections=d.detections + 1)], "detections, "),
        (
            m.Features,
            lambda f: [replace(f, cells=f.cells[:-1]) if f.first_column == 14 else f],
            "cells from column 14 on",
        ),
        (
            m.WindowResult,
            lambda w: [replace(w, first_column=9) if w.index == 3 else w],
            "window 3 begins at column 9, 21 is right",
        ),
        (
            m.WindowResult,
            lambda w: [replace(w, outputs=w.outputs[:-1]) if w.index == 3 else w],
            "window 3 has outputs: 9, 10 is right",
        ),
    ],
)
def test_lost_repeated_and_odd_results_are_named(
    bundle: Bundle,
    samples: NDArray[Any],
    kind: type[Payload],
    change: Callable[[Payload], list[Payload]],
    problem: str,
) -> None:
    found = compare(bundle, samples, on(kind, change))
    assert any(problem in text for text in found.problems), found.problems
    assert not found.agreed
    # what came is compared all the same, at its own place
    assert found.features.different == found.outputs.different == 0
    windows = (bundle.settings.columns(len(samples)) - bundle.frames) // bundle.stride + 1
    assert found.scores.compared >= (windows - 1) * len(bundle.labels)
    assert found.features.compared >= (bundle.settings.columns(len(samples)) - 7) * bundle.settings.bands


def test_surplus_results_are_named(bundle: Bundle, samples: NDArray[Any]) -> None:
    columns = bundle.settings.columns(len(samples))
    surplus = m.Features(first_column=columns, cells=bytes(2 * bundle.settings.bands))
    found = compare(bundle, samples, on(m.StreamDone, lambda done: [surplus, done]))
    assert "2 feature columns on the device that the audio has none for" in found.problems


def test_a_stream_that_is_not_confirmed_does_not_agree(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples, on(m.StreamDone, lambda _: []))
    assert not found.finished
    assert not found.agreed


def test_a_shifted_detection_is_explained(bundle: Bundle, samples: NDArray[Any]) -> None:
    shifted: list[int] = []
    held: list[Payload] = []

    def later(message: Payload) -> list[Payload]:
        """The first detection comes with the window after its own."""
        if isinstance(message, m.Detection) and not shifted:
            shifted.append(message.window)
            held.append(replace(message, window=message.window + 1))
            return []
        if isinstance(message, m.WindowResult) and held and message.index == shifted[0] + 1:
            return [message, held.pop()]
        return [message]

    found = compare(bundle, samples, later)
    assert found.detection_mismatches == 1
    (mismatch,) = found.mismatches
    assert mismatch.kind == "detection"
    assert mismatch.where.endswith("shifted, +1 windows")
    assert f"window {shifted[0]}," in mismatch.host
    assert f"window {shifted[0] + 1}," in mismatch.device
    (finding,) = explained(bundle, found)
    assert (finding.stage, finding.verified) == ("detections", False)


def test_a_detection_of_a_label_that_does_not_exist(bundle: Bundle, samples: NDArray[Any]) -> None:
    ghost = m.Detection(label=200, active=1, window=0, score=1)
    found = compare(bundle, samples, on(m.StreamDone, lambda done: [ghost, done]))
    assert found.mismatches[0].where == "unknown label 200, extra"


def test_a_witness_that_disagrees(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples, flawed_witness=True)
    assert found.witness_differences > 0
    assert not found.agreed


def test_features_only(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples, inference=False)
    assert found.agreed
    assert found.features.compared > 0
    assert found.outputs.compared == 0


@pytest.mark.parametrize("length", [0, 1, 1023, 1024])
def test_short_audio(bundle: Bundle, length: int) -> None:
    found = compare(bundle, np.zeros(length, np.int16))
    assert found.agreed
    assert found.windows == 0
    assert found.features.compared == (bundle.settings.bands if length == 1024 else 0)


def test_nothing_is_kept_of_what_was_compared(bundle: Bundle, samples: NDArray[Any]) -> None:
    found = compare(bundle, samples, on(m.Features, lambda f: [with_cell(f, 0, 1)]))  # type: ignore[arg-type]
    assert list(found._columns.take()) == list(found._outputs.take()) == []
    assert len(found._differing_columns) <= bundle.frames + 3 * BLOCK // bundle.settings.hop


def test_names_become_printable(bundle: Bundle) -> None:
    for name, shown in (
        ("Grünspecht 3.wav", "Grünspecht 3.wav"),
        ("a\x1b[31m\n.wav", "a\\x1b[31m\\n.wav"),
        ("\udcff.wav", "\\udcff.wav"),
    ):
        assert FileComparison(name, bundle).name == shown
