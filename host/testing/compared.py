"""What a comparison found, as a test asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..bundle.model_info import ModelInfo
from ..comparison.device import DeviceUnderTest
from ..comparison.file import FileComparison
from ..comparison.latency import Latencies, LatencySummary
from ..link import messages as m
from ..link.codec import Payload


@dataclass(frozen=True)
class StageLatency:
    """One stage's latencies over all windows, as the device measured them, in milliseconds.

    Attributes:
        count: windows measured.
        p50_ms, p95_ms, p99_ms, max_ms: percentiles, and the longest.
        jitter_ms: standard deviation.
    """

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    jitter_ms: float


@dataclass(frozen=True)
class Latency:
    """Latencies by stage; of a virtual board they are the computer's.

    Attributes:
        frontend: all columns of a window's stride.
        inference: the model.
        total: both, and the detector.
    """

    frontend: StageLatency
    inference: StageLatency
    total: StageLatency


@dataclass(frozen=True)
class Window:
    """What the device computed of one window.

    Attributes:
        index: its number in the stream, from 0.
        end_s: when its last sample came, in seconds from the stream's start.
        scores: real scores by label.
        logits: real logits by label; empty when the model has none.
        total_ms: how long it took.
    """

    index: int
    end_s: float
    scores: dict[str, float]
    logits: dict[str, float]
    total_ms: float


class Recorded:
    """A device whose windows are kept while they pass."""

    def __init__(self, device: DeviceUnderTest) -> None:
        self._device = device
        self.windows: list[m.WindowResult] = []

    def stream(
        self, blocks: Iterator[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """See `DeviceUnderTest.stream`."""
        for result in self._device.stream(blocks, features, inference):
            if isinstance(result, m.WindowResult):
                self.windows.append(result)
            yield result


class Result:
    """A recording on the device, beside the host's computation of it.

    Attributes:
        agreed: whether every cell, output and detection is the same, and something was compared.
        differences: what differs, a line each; the first ones of many.
        latency: by stage.
        windows: what the device computed, window by window.
        detections: changes that the device reported: time in seconds, label, whether it became active.
        notes: what a reader should know, such as how the sound was converted.
        comparison: everything else.
    """

    def __init__(self, comparison: FileComparison, windows: list[m.WindowResult], bundle: Bundle) -> None:
        self.comparison = comparison
        self.notes = comparison.notes
        self.agreed: bool = comparison.agreed and comparison.features.compared > 0
        self.latency = _latency(comparison.latencies)
        self.windows = [_window(each, bundle) for each in windows]
        labels = bundle.labels
        self.detections = [
            (_end_s(change.window, bundle), labels[change.label], change.active)
            for change in comparison.device_changes
        ]
        self.differences = [
            *comparison.problems,
            *(f"{each.kind}: {each.text}" for each in comparison.mismatches),
        ]
        if not comparison.features.compared:
            self.differences.append("nothing was compared")

    def __repr__(self) -> str:
        """What a failed assertion shows."""
        found = self.comparison
        counted = [f"{found.features.compared} cells"]
        if found.inference:
            counted.append(f"{found.scores.compared + found.logits.compared} outputs")
        verdict = "equal" if self.agreed else "; ".join(self.differences) or "not finished"
        return f"<{found.name}: {', '.join(counted)} compared: {verdict}>"


def _latency(found: Latencies) -> Latency:
    summary = found.summary()
    none = LatencySummary(0, *[float("nan")] * 5)
    return Latency(*(_stage(summary.get(stage, none)) for stage in ("frontend", "inference", "total")))


def _stage(found: LatencySummary) -> StageLatency:
    in_us = (found.p50, found.p95, found.p99, found.max, found.jitter)
    return StageLatency(found.count, *(value / 1000 for value in in_us))


def _end_s(window: int, bundle: Bundle) -> float:
    settings = bundle.settings
    columns = window * bundle.stride + bundle.frames - 1
    return (settings.span + columns * settings.hop) / settings.sample_rate


def _window(found: m.WindowResult, bundle: Bundle) -> Window:
    outputs = np.frombuffer(found.outputs, np.int8)
    scores, logits = {}, {}
    if len(outputs) == bundle.model.values:
        values = real_outputs(outputs, bundle.model)
        scores = dict(zip(bundle.labels, values[0], strict=True))
        logits = dict(zip(bundle.labels, values[1], strict=True)) if len(values) > 1 else {}
    return Window(found.index, _end_s(found.index, bundle), scores, logits, found.total_ns / 1e6)


def real_outputs(outputs: NDArray[np.int8], model: ModelInfo) -> list[list[float]]:
    """Return real scores, and logits where the model has them, of one window's values as a device sends them."""
    classes, kinds = model.classes, len(model.outputs)
    parts = outputs.reshape(-1, classes)
    found = []
    for kind, info in enumerate(model.outputs):
        values = parts[kind].astype(np.float64)
        scale, zero_point = info.scale, info.zero_point
        if info.width == 2:
            scale, zero_point = info.in_file
            values = values * 256 + parts[kinds + kind] + 128  # see model.ends.from_tensor
        found.append([float(scale * (value - zero_point)) for value in values])
    return found
