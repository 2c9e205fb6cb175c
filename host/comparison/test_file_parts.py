"""One file's comparison fed by hand: each figure that it keeps, piece by piece."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Change
from ..link import messages as m
from ..model.interpreter import Outputs
from .diagnosis.evidence import FileRecorder
from .diagnosis.said import Said
from .expected import HostBlock
from .file import COMPARED_COLUMNS, FileComparison

Int8 = NDArray[np.int8]
ON, OFF = Change(0, 1, True, 90), Change(1, 1, False, -90)


class Recorder:
    """Writes down what it is given."""

    def __init__(self) -> None:
        self.samples: list[Any] = []
        self.columns: list[tuple[int, int, bool]] = []
        self.outputs: list[tuple[int, int, bool]] = []
        self.said = Said()
        self.detections_late = 0

    def add_samples(self, samples: Any) -> None:
        self.samples.append(samples)

    def add_columns(self, first: int, host: Int8, device: Int8 | None, *_: Any) -> None:
        self.columns.append((first, len(host), device is not None))

    def add_outputs(self, first: int, host: Int8, device: Int8 | None, *_: Any) -> None:
        self.outputs.append((first, len(host), device is not None))


def watched(bundle: Bundle) -> tuple[FileComparison, Recorder]:
    """A comparison and what its recorder is given."""
    file, recorder = FileComparison("a.wav", bundle), Recorder()
    file.recorder = cast(FileRecorder, recorder)
    return file, recorder


def outputs(bundle: Bundle, windows: int) -> Outputs:
    """Scores of 1 and logits of 2."""
    shape = windows, len(bundle.labels)
    return Outputs(np.full(shape, 1, np.int8), np.full(shape, 2, np.int8))


def cells(bundle: Bundle, columns: int, value: int = 5) -> Int8:
    return np.full((columns, bundle.settings.bands), value, np.int8)


def window(bundle: Bundle, index: int, **values: Any) -> m.WindowResult:
    """What an honest board sends for `outputs`."""
    classes = len(bundle.labels)
    right: dict[str, Any] = {
        "index": index,
        "first_column": index * bundle.stride,
        "columns": bundle.stride if index else bundle.frames,
        "frontend_ns": 49_000,
        "frontend_max_ns": 7_000,
        "inference_ns": 51_000,
        "total_ns": 100_000,
        "classes": classes,
        "has_logits": 1,
        "outputs": b"\x01" * classes + b"\x02" * classes,
    }
    return m.WindowResult(**right | values)


def test_a_file_begins_with_nothing(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    assert file.inference
    figures = (
        *(file.samples, file.windows, file.witness_differences, file.witness_compared, file.columns_received),
        *(file.output_windows, file.explained_windows, file.wall_s, file.audio_s, file.detection_mismatches),
        *(file.due_columns, file.due_windows, file.coverage.longest, file.outputs.compared),
    )
    assert figures == (0,) * len(figures)
    assert not file.finished and not file.audio_ended and not file.agreed
    assert (file.status, file.inferences, file.problems) == (None, None, [])


def test_what_the_host_computes_is_added_up(bundle: Bundle) -> None:
    file, recorder = watched(bundle)
    sound = np.arange(100, dtype=np.int16)
    file.add_host(HostBlock(cells(bundle, 3), None, samples=sound), 100)
    assert (file.samples, file.host_changes, recorder.samples) == (100, [], [sound])
    for changes in ([ON], [OFF]):
        file.add_host(HostBlock(cells(bundle, 1), outputs(bundle, 1), changes, 2, sound, 10), 50)
    assert file.samples == 200
    assert file.host_changes == [ON, OFF]
    assert (file.witness_differences, file.witness_compared) == (4, 20)
    assert len(recorder.samples) == 3
    assert file.audio_s == 200 / bundle.settings.sample_rate


@pytest.mark.parametrize("device_first", [True, False])
def test_rows_are_compared_as_soon_as_both_sides_have_them(bundle: Bundle, device_first: bool) -> None:
    file, recorder = watched(bundle)

    def host() -> None:
        file.add_host(HostBlock(cells(bundle, 4), outputs(bundle, 2)), 0)

    def device() -> None:
        file.add_device(m.Features(first_column=0, cells=cells(bundle, 3).tobytes()))
        file.add_device(window(bundle, 0))

    for side in (device, host) if device_first else (host, device):
        assert recorder.columns == recorder.outputs == []
        side()
    assert recorder.columns == [(0, 3, True)]
    assert recorder.outputs == [(0, 1, True)]
    assert file.features.compared == 3 * bundle.settings.bands
    assert file.scores.compared == file.logits.compared == len(bundle.labels)
    assert (file.features.different, file.outputs.different) == (0, 0)
    assert file.columns_received == 3
    assert file.coverage.cells == 3 * bundle.settings.bands


def test_rows_that_the_device_passed_over_are_told_as_none(bundle: Bundle) -> None:
    file, recorder = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 4), outputs(bundle, 3)), 0)
    file.add_device(m.Features(first_column=2, cells=cells(bundle, 2).tobytes()))
    file.add_device(window(bundle, 0, outputs=b"\x01"))  # in a form that cannot be compared
    assert recorder.columns == [(0, 2, False), (2, 2, True)]
    assert file.coverage.cells == 2 * bundle.settings.bands
    file.add_device(window(bundle, 2))
    assert recorder.outputs == [(0, 1, False), (1, 1, False), (2, 1, True)]
    assert file.outputs.compared == 2 * len(bundle.labels)
    assert [text.split(",")[0] for text in file.problems] == ["window 0 has outputs: 1"]
    file.end_audio()
    file.add_device(m.StreamDone(columns=4, windows=2))
    assert "1 windows missing on the device (from number 1 on)" in file.problems
    assert "2 feature columns missing on the device (from number 0 on)" in file.problems


@pytest.mark.parametrize("inference", [True, False])
def test_columns_wait_for_a_window_for_many_or_for_the_end(bundle: Bundle, inference: bool) -> None:
    file, bands = FileComparison("a.wav", bundle, inference), bundle.settings.bands
    file.add_host(HostBlock(cells(bundle, 300), None), 0)
    sent = compared = 0

    def send(columns: int) -> None:
        nonlocal sent
        file.add_device(m.Features(first_column=sent, cells=cells(bundle, columns).tobytes()))
        sent += columns

    for _ in range(5):
        send(COMPARED_COLUMNS - 1)
        assert file.features.compared == compared * bands
        send(1)
        compared = sent
        assert file.features.compared == compared * bands
        if sent + COMPARED_COLUMNS > 300:
            break
    send(3)
    assert file.features.compared == compared * bands
    file.add_device(
        window(bundle, 0) if inference else window(bundle, 0, outputs=b"", classes=0, has_logits=0)
    )
    assert file.features.compared == sent * bands
    send(2)
    file.end_audio()
    file.add_device(m.StreamDone(columns=sent, windows=1))
    assert file.features.compared == sent * bands and file.coverage.longest == sent


def test_what_a_window_says_of_its_times_is_kept(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    for index in range(2):
        file.add_device(window(bundle, index))
    assert (file.windows, file.times.windows, file.times.total_ns) == (2, 2, 200_000)
    for stage, value in (("frontend", 49), ("frontend_max", 7), ("inference", 51), ("total", 100)):
        assert file.latencies.microseconds(stage).tolist() == [value, value]
    assert file.problems == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"first_column": 8}, "begins at column 8, 7 is right"),
        ({"outputs": b"\x01" * 9}, "has outputs: 9, 10 is right"),
        (
            {"outputs": b"\x01" * 5},
            "has outputs: 5, 10 is right: the scores alone came, and the window says that logits follow: their length "
            "is left out (send_window in firmware/core/session/results.c)",
        ),
        (
            {"outputs": b""},
            "has outputs: 0, 10 is right: none came, and the window says that there are logits (send_window in "
            "firmware/core/session/results.c)",
        ),
        ({"outputs": b"\x01" * 20}, "has outputs: 20, 10 is right"),
        ({"classes": 4}, "says classes: 4, 5 is right"),
        ({"has_logits": 0}, "says has_logits: 0, 1 is right"),
        (
            {"columns": 49},
            "says columns since the one before: 49, 7 is right: that is the columns of a window",
        ),
    ],
)
def test_what_a_window_says_of_itself(bundle: Bundle, values: dict[str, Any], told: str) -> None:
    assert (bundle.stride, bundle.frames, len(bundle.labels)) == (7, 49, 5)
    file, _ = watched(bundle)
    file.add_device(window(bundle, 1, **values))
    assert file.faults.told("window-layout") == [f"window 1 {told}"]


def test_outputs_of_scores_alone_in_a_window_that_says_so(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_device(window(bundle, 1, outputs=b"\x01" * 5, has_logits=0))
    assert file.faults.told("window-layout") == [
        "window 1 has outputs: 5, 10 is right",
        "window 1 says has_logits: 0, 1 is right",
    ]


def test_numbers_told_in_few_bits_and_columns_of_the_stream_before_are_named(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_device(window(bundle, 0, columns=49 + 3))
    file.add_device(window(bundle, 40, first_column=280 & 255))
    assert file.faults.told("window-layout") == [
        "window 0 says columns since the one before: 52, 49 is right",
        "window 0 counts 3 columns of the stream before",
        "window 40 begins at column 24, 280 is right: it is told in at most 8 bits",
    ]


def test_a_window_without_a_model_has_no_outputs(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle, inference=False)
    file.add_device(window(bundle, 0, outputs=b"", classes=0, has_logits=0))
    assert file.problems == [] and file.windows == 1
    file.add_device(window(bundle, 1))
    assert [text.split(":")[0] for text in file.problems] == [
        f"window 1 {what}" for what in ("has outputs", "says classes", "says has_logits")
    ]
    assert file.outputs.compared == 0


def test_times_a_column_follow_from_right_numbers_of_columns_alone(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    file.add_device(window(bundle, 0))
    file.add_device(window(bundle, 1))
    assert (file.times.first_columns, file.times.later_columns) == (bundle.frames, bundle.stride)
    file = FileComparison("a.wav", bundle)
    file.add_device(window(bundle, 0, columns=bundle.stride))
    file.add_device(window(bundle, 1, columns=bundle.frames))
    assert (file.times.first_columns, file.times.later_columns) == (0, 0) and file.times.windows == 2


def test_by_how_much_the_first_detection_that_is_late_is_so(bundle: Bundle) -> None:
    file, recorder = watched(bundle)
    for number, of, late in ((0, 0, 0), (1, 1, 0), (4, 2, 2), (5, 2, 2), (6, 6, 2)):
        file.add_device(window(bundle, number))
        file.add_device(m.Detection(label=1, active=1, window=of, score=90))
        assert recorder.detections_late == late
    file, recorder = watched(bundle)
    file.add_device(m.Detection(label=1, active=1, window=0, score=90))
    assert recorder.detections_late == -1, "it came before its own window"


def test_detections_belong_to_the_window_before_them(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_device(m.Detection(label=1, active=1, window=3, score=90))
    assert file.problems == ["a detection of window 3 came before any window"]
    file.add_device(window(bundle, 0))
    file.add_device(m.Detection(label=1, active=1, window=0, score=90))
    assert len(file.problems) == 1
    for active in (0, 1):
        file.add_device(m.Detection(label=2, active=active, window=0, score=-1))
    assert len(file.problems) == 1
    file.add_device(m.Detection(label=1, active=2, window=1, score=90))
    assert file.problems[1:] == [
        "a detection of window 1 came after window 0",
        "a detection says active 2: neither 0 nor 1",
    ]
    assert file.device_changes == [
        *(Change(3, 1, True, 90), ON, Change(0, 2, False, -1), Change(0, 2, True, -1)),
        Change(1, 1, True, 90),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda done: done | {"samples": 999}, "the device counted 999 samples of 1,000"),
        (lambda done: done | {"columns": 5}, "the device counted 5 columns, 4 arrived"),
        (lambda done: done | {"windows": 2}, "the device counted 2 windows, 1 arrived"),
        (lambda done: done | {"detections": 0}, "the device counted 0 detections, 1 arrived"),
    ],
)
def test_the_end_counts_what_came(
    bundle: Bundle, change: Callable[[dict[str, int]], dict[str, int]], told: str
) -> None:
    right = {"samples": 1000, "columns": 4, "windows": 1, "detections": 1}
    for done, problems in ((right, []), (change(right), [told])):
        file, _ = watched(bundle)
        file.add_host(HostBlock(cells(bundle, 4), outputs(bundle, 1), [ON]), 1000)
        file.add_device(m.Features(first_column=0, cells=cells(bundle, 4).tobytes()))
        file.add_device(window(bundle, 0))
        file.add_device(m.Detection(label=1, active=1, window=0, score=90))
        file.end_audio()
        file.add_device(m.StreamDone(**done))
        assert file.problems == problems
        assert file.finished and file.agreed is not bool(problems)
        assert file.coverage.longest == 4
        file.add_device(m.StreamDone(**done))
        assert file.problems == [*problems, "the device ended the stream twice"]


def test_a_stream_that_ends_before_its_audio(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 0), None), 2000)
    file.add_device(m.StreamDone(samples=1000))
    assert file.problems == [
        "the device ended the stream after 1,000 samples, before all of the audio was sent"
    ]


def test_a_window_whose_columns_differ_is_explained_by_them(bundle: Bundle) -> None:
    """The only column that differs is the last one of window 1: windows 0 and 3 do not have it, 1 and 2 do."""
    frames, stride = bundle.frames, bundle.stride
    last = stride + frames - 1
    device = cells(bundle, 3 * stride + frames)
    device[last] += 1
    wrong = b"\x00" * 2 * len(bundle.labels)
    for index, explained in ((0, 0), (1, 1), (2, 1), (7, 1), (8, 0)):
        file, _ = watched(bundle)
        file.add_host(HostBlock(cells(bundle, len(device)), outputs(bundle, 9)), 0)
        file.add_device(m.Features(first_column=0, cells=device.tobytes()))
        for each in range(9):
            file.add_device(window(bundle, each, **({"outputs": wrong} if each == index else {})))
        assert (file.output_windows, file.explained_windows) == (1, explained), index
        assert (file.scores.different, file.logits.largest) == (len(bundle.labels), 2)


def test_the_first_of_each_kind_are_located(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 2), outputs(bundle, 12)), 0)
    device = cells(bundle, 2)
    device[1, :11] -= 3
    file.add_device(m.Features(first_column=0, cells=device.tobytes()))
    classes = len(bundle.labels)
    for index in range(12):
        file.add_device(window(bundle, index, outputs=b"\x01" * classes + b"\x02" * (classes - 1) + b"\x7f"))
    assert (file.features.different, file.features.largest, file.logits.different) == (11, 3, 12)
    where = [mismatch.where for mismatch in file.mismatches]
    assert where == [
        *(f"column 1, band {band}" for band in range(10)),
        *(f"window {index}, logit of {bundle.labels[-1]!r}" for index in range(10)),
    ]
    settings = bundle.settings
    assert file.mismatches[0].time_s == settings.hop / settings.sample_rate
    assert file.mismatches[0].text.endswith("column 1, band 0: host 5, device 2 (-3 LSB)")
    assert file.mismatches[10].text.endswith(": host 2, device 127 (+125 LSB)")


def test_detections_that_differ_are_told(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    last = len(bundle.labels) - 1
    file.add_host(HostBlock(cells(bundle, 0), None, [ON, Change(40, last, True, 70)]), 0)
    file.add_device(m.Detection(label=1, active=1, window=2, score=90))
    file.add_device(m.Detection(label=last + 1, active=0, window=90, score=-5))
    assert file.change_pairs == []  # not before the end
    file.end_audio()
    file.add_device(m.StreamDone(detections=2))
    assert file.detection_mismatches == len(file.change_pairs) == 3
    assert not file.agreed
    told = {mismatch.where: (mismatch.host, mismatch.device) for mismatch in file.mismatches}
    assert told == {
        f"{bundle.labels[1]!r}, shifted, +2 windows": (
            "on at window 0, score 90",
            "on at window 2, score 90",
        ),
        f"{bundle.labels[last]!r}, missing": ("on at window 40, score 70", "nothing"),
        f"unknown label {last + 1}, extra": ("nothing", "off at window 90, score -5"),
    }
    assert {mismatch.kind for mismatch in file.mismatches} == {"detection"}
    first = file.mismatches[0]
    assert first.time_s == file.window_time_s(file.change_pairs[0].first.window)


def test_as_many_detections_are_told_as_of_any_kind(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 0), None, [Change(9 * n, 1, n % 2 == 0, 1) for n in range(12)]), 0)
    file.end_audio()
    file.add_device(m.StreamDone())
    assert (file.detection_mismatches, len(file.mismatches)) == (12, 10)


def test_when_a_window_ends(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    settings = bundle.settings
    assert file.window_time_s(0) == bundle.window_samples / settings.sample_rate
    samples = 3 * bundle.stride * settings.hop + bundle.window_samples
    assert file.window_time_s(3) == samples / settings.sample_rate
    for samples, windows in (
        (bundle.window_samples - 1, 0),
        (bundle.window_samples, 1),
        (bundle.window_samples + bundle.stride * settings.hop - 1, 1),
        (bundle.window_samples + bundle.stride * settings.hop, 2),
    ):
        file.samples = samples
        assert file.due_windows == windows
        assert file.due_columns == settings.columns(samples)


def test_cells_that_are_no_whole_columns_are_no_columns(bundle: Bundle) -> None:
    file, recorder = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 2), None), 0)
    bands = bundle.settings.bands
    for spare, size in ((1, bands + 1), (bands - 1, 2 * bands - 1)):
        file.add_device(m.Features(first_column=1, cells=bytes(bands + spare)))
        assert file.problems[-1] == f"the device sent {size} cells from column 1 on: not {bands} a column"
    assert (len(file.problems), file.columns_received, recorder.columns) == (2, 0, [])


def test_pictures_and_coverage_get_what_was_compared(bundle: Bundle) -> None:
    file, _ = watched(bundle)
    file.add_host(HostBlock(cells(bundle, 4), outputs(bundle, 3)), 0)
    file.add_device(m.Features(first_column=1, cells=cells(bundle, 3, 6).tobytes()))
    scores = np.arange(len(bundle.labels), dtype=np.int8)
    for index in (1, 2):
        sent = (scores + index).tobytes() + bytes(len(bundle.labels))
        file.add_device(window(bundle, index, outputs=sent))
    beginning = file.traces.beginning
    assert np.array_equal(beginning.host, cells(bundle, 4))
    assert beginning.device[:, 0].tolist() == [-128, 6, 6, 6]  # what did not come is shown as silence
    assert np.array_equal(file.traces.host_scores, np.ones((3, len(bundle.labels)), np.int8))
    assert np.array_equal(file.traces.device_scores, [np.full_like(scores, -128), scores + 1, scores + 2])
    assert (file.coverage.scores, file.coverage.distinct_scores) == (2 * len(scores), len(scores) + 1)
    assert (file.coverage.cells, file.coverage.at_rails) == (3 * bundle.settings.bands, 0)
