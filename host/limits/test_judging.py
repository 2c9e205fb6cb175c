"""What the device reaches on labelled recordings, from detections whose right answers are known."""

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..comparison.file import FileComparison
from ..detector.detector import Change
from . import judging
from .judging import Judged, Judgement, judge_files
from .labels import Event, FileLabels
from .resampling import drawn_figures

WINDOWS = 100


def _file(bundle: Bundle, name: str, *on: tuple[int, int], score: int = -50) -> FileComparison:
    """A file whose first class is detected from the first to the second window of each pair."""
    file = FileComparison(name, bundle)
    scores = np.full((WINDOWS, len(bundle.labels)), score, np.int8)
    for first, last in on:
        scores[first:last, 0] = 100
        file.device_changes += [Change(first, 0, True, 100), Change(last, 0, False, 20)]
    outputs = np.zeros((WINDOWS, bundle.model.values), np.int8)
    outputs[:, : len(bundle.labels)] = scores
    file.values.add_outputs(outputs, WINDOWS)
    file.samples, file.finished = round(WINDOWS * bundle.stride_seconds * bundle.settings.sample_rate), True
    return file


def _time(file: FileComparison, window: int) -> float:
    return file.window_time_s(window) - file.bundle.window_samples / file.bundle.settings.sample_rate / 2


def _judge(files: list[FileComparison], **known: FileLabels) -> Judgement:
    found = judge_files(files, known)
    assert found is not None
    return found


def test_by_recording(bundle: Bundle) -> None:
    label, rest = bundle.labels[0], set(bundle.labels[1:])
    there, nothing = FileLabels({label}, rest, timed=False), FileLabels(set(), rest, timed=False)
    files = [
        _file(bundle, "hit", (10, 20)),
        _file(bundle, "miss", score=-60),
        _file(bundle, "alarm", (30, 35), (50, 60)),
        _file(bundle, "quiet", score=-90),
    ]
    found = _judge(files, hit=there, miss=there, alarm=nothing, quiet=nothing)
    assert found.confusion(label) == (1, 1, 1, 1)
    figures = found.figures
    assert figures["accuracy"] == 0.5
    assert figures["roc-auc"] == pytest.approx((0.5 + 1 + 0 + 1) / 4)
    assert figures["average-precision"] == pytest.approx(0.5 * 0.5 + 0.5 * 2 / 3)
    assert figures["false-alarms-per-hour"] == pytest.approx(2 / (2 * files[0].audio_s / 3600))
    assert "f1" not in figures
    assert [(m.file, m.time_s) for m in found.misses] == [("miss", 0.0)]
    assert [(m.file, m.score) for m in found.false_alarms] == [("alarm", 100), ("alarm", 100)]
    assert found.false_alarms[0].time_s == pytest.approx(_time(files[2], 30))


def test_by_event(bundle: Bundle) -> None:
    label, rest = bundle.labels[0], set(bundle.labels[1:])
    file = _file(bundle, "a", (10, 20), (60, 70), (90, 92))
    near, far = _time(file, 10) + 0.01, _time(file, 40)
    events = [Event(near, near + 0.1, label), Event(far, far + 0.1, label)]
    found = judge_files([file], {"a": FileLabels({label}, rest, events)}, tolerance_s=0.02)
    assert found is not None
    assert found.judged[0].events == (1, 2, 1)
    assert found.figures["f1"] == pytest.approx(2 / (2 + 2 + 1))
    assert [m.time_s for m in found.misses] == [pytest.approx(far)]
    assert [m.time_s for m in found.false_alarms] == [pytest.approx(_time(file, w)) for w in (60, 90)]
    assert found.figures["false-alarms-per-hour"] == pytest.approx(2 / ((file.audio_s - 0.2) / 3600))


def test_a_late_detection_is_a_miss_and_no_false_alarm(bundle: Bundle) -> None:
    label, rest = bundle.labels[0], set(bundle.labels[1:])
    file = _file(bundle, "a", (30, 40))
    start = _time(file, 30) - 1.0
    found = judge_files([file], {"a": FileLabels({label}, rest, [Event(start, start + 3, label)])}, 0.5)
    assert found is not None and found.judged[0].events == (0, 1, 1)
    assert found.misses and not found.false_alarms


def test_what_nobody_is_sure_of_is_not_judged(bundle: Bundle) -> None:
    unsure = FileLabels(set(), set(bundle.labels), timed=False)
    found = _judge([_file(bundle, "a", (1, 2))], a=unsure)
    assert found.judged == [] and found.figures == {}
    assert judge_files([_file(bundle, "a")], {}) is None


def test_intervals_cover_the_figure_and_shrink(bundle: Bundle) -> None:
    label, rest = bundle.labels[0], set(bundle.labels[1:])

    def width(count: int) -> float:
        files = [_file(bundle, f"f{n}", *([(1, 9)] if n % 4 else [])) for n in range(count)]
        known = {f"f{n}": FileLabels({label} if n % 3 else set(), rest, timed=False) for n in range(count)}
        found = _judge(files, **known)
        low, high = found.intervals()["accuracy"]
        assert low < found.figures["accuracy"] < high
        assert found.intervals()["accuracy"] == (low, high), "the same each time"
        return high - low

    assert 0.3 < width(80) / width(20) < 0.8  # by the root of four times as many
    assert _judge([_file(bundle, "a")], a=FileLabels(timed=False)).intervals() == {}


def test_intervals_are_those_of_the_figures_of_each_draw() -> None:
    """All draws at once against one after the other, where classes, ties, events and sound are missing at random."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        files, labels = int(rng.integers(5, 30)), int(rng.integers(1, 4))
        judged = [
            Judged(
                f"file {file}",
                f"class {label}",
                bool(rng.integers(2)),
                bool(rng.integers(2)),
                int(rng.integers(-128, -120)),
                int(rng.integers(3)),
                float(rng.integers(3)),
                None if rng.integers(3) == 0 else tuple(rng.integers(0, 3, 3).tolist()),
            )
            for file in range(files)
            for label in range(labels)
            if label == 0 or rng.integers(4)
        ]
        draws = np.array([np.bincount(rng.integers(0, files, files), minlength=files) for _ in range(30)])
        together = drawn_figures(judged, draws.astype(float))
        for number, draw in enumerate(draws):
            drawn = [each for each in judged for _ in range(draw[int(each.file.removeprefix("file "))])]
            single = judging._figures(drawn)
            for name, values in together.items():
                assert values[number] == pytest.approx(single.get(name, np.nan), nan_ok=True), name
