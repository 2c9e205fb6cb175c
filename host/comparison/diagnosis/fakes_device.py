"""A device with one fault at one stage, made of the true C front end, the reference and the right rule. For tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...detector.detector import Change, Detector
from ...detector.rule import State
from ...link import messages as m
from ...model.interpreter import Interpreter, joined
from ..expected import Expected
from ..file import FileComparison
from .evidence import DiagnosisRecord

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

MESSAGE_COLUMNS = 7
BLOCK = 5000


@dataclass
class Held:
    """What the device has left over of the file before.

    Attributes:
        samples, columns, windows, outputs: of that file, as the device had them.
        state: of the detector at its end.
    """

    samples: Int16
    columns: Int8
    windows: Int8
    outputs: Int8
    state: State


def _same(values: NDArray, held: Held | None) -> NDArray:  # type: ignore[type-arg]
    del held
    return values


@dataclass
class FaultyDevice:
    """Computes a stream's results as the firmware does, each stage passing through a fault.

    Args:
        bundle: what it runs.
        fresh: makes its model anew.
        samples, columns, sent, inputs, outputs: change what that stage gives, knowing what was held before; `columns`
            changes what the model sees as well, `sent` only what goes to the host.
        features: computes the columns in place of the C front end.
        changes: the detections of all outputs [windows, values].
        keeps_state: whether the model goes on from the file before.
    """

    bundle: Bundle
    fresh: Callable[[], Interpreter]
    samples: Callable[[Int16, Held | None], Int16] = _same
    features: Callable[[Int16, Held | None], Int8] | None = None
    columns: Callable[[Int8, Held | None], Int8] = _same
    sent: Callable[[Int8, Held | None], Int8] = _same
    inputs: Callable[[Int8, Held | None], Int8] = _same
    outputs: Callable[[Int8, Held | None], Int8] = _same
    changes: Callable[[Int8, Held | None], list[Change]] | None = None
    keeps_state: bool = False
    _held: Held | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        quantisation = self.bundle.model.input
        self.front_end = FrontEnd(self.bundle.settings, quantisation.scale, quantisation.zero_point)
        self._model = self.fresh()

    def results(self, samples: Int16) -> list[m.Payload]:
        """All messages of one stream."""
        bundle, held = self.bundle, self._held
        heard = self.samples(samples, held)
        right = self.front_end.features(heard) if self.features is None else self.features(heard, held)
        columns = self.columns(right, held)
        sent = self.sent(columns, held)
        windows = windows_of(bundle, columns)
        inputs = self.inputs(windows, held)
        if not self.keeps_state:
            self._model.reset()
        outputs = self.outputs(joined(self._model.run(np.ascontiguousarray(inputs))), held)
        rule = Detector(bundle.thresholds)
        decided = rule.update(outputs[:, : len(bundle.labels)])
        changes = decided if self.changes is None else self.changes(outputs, held)
        self._held = Held(heard, columns, windows, outputs, rule.state)
        return [
            *(
                m.Features(first_column=first, cells=sent[first : first + MESSAGE_COLUMNS].tobytes())
                for first in range(0, len(sent), MESSAGE_COLUMNS)
            ),
            *self._windows(outputs, changes),
            m.StreamDone(
                samples=len(heard), columns=len(sent), windows=len(outputs), detections=len(changes)
            ),
        ]

    def _windows(self, outputs: Int8, changes: list[Change]) -> Iterator[m.Payload]:
        """Each window, and behind it the detections that tell its number; others behind the last one."""
        left = list(changes)
        for index, values in enumerate(outputs):
            yield self._window(index, values)
            last = index == len(outputs) - 1
            for change in [each for each in left if last or each.window == index]:
                left.remove(change)
                yield m.Detection(
                    label=change.label, active=int(change.active), window=change.window, score=change.score
                )

    def _window(self, index: int, outputs: Int8) -> m.Payload:
        classes = len(self.bundle.labels)
        return m.WindowResult(
            index=index,
            first_column=index * self.bundle.stride,
            columns=self.bundle.stride if index else self.bundle.frames,
            classes=classes,
            has_logits=int(len(outputs) > classes),
            outputs=outputs.tobytes(),
        )


def windows_of(bundle: Bundle, columns: Int8) -> Int8:
    """All windows of a file's columns, int8 [n, frames, bands]."""
    if len(columns) < bundle.frames:
        return np.empty((0, bundle.frames, bundle.settings.bands), np.int8)
    every = np.lib.stride_tricks.sliding_window_view(columns, bundle.frames, axis=0)
    return np.ascontiguousarray(every[:: bundle.stride].transpose(0, 2, 1))


def compare_all(device: FaultyDevice, files: list[Int16]) -> DiagnosisRecord:
    """Compare files one after the other, as a run does."""
    record = DiagnosisRecord(device.bundle, device.fresh)
    for number, samples in enumerate(files):
        comparison = FileComparison(f"{'abcdefgh'[number]}.wav", device.bundle)
        reference = Expected(device.bundle, device.fresh())
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            comparison.add_host(reference.push(block), len(block))
        for result in device.results(samples):
            comparison.add_device(result)
        record.add(comparison.recorder, comparison.host_changes, comparison.device_changes)
    return record


def sound(rate: int, seed: int, seconds: int = 6) -> Int16:
    """A tone that comes, goes and sweeps, in noise that does too."""
    time_s = np.arange(seconds * rate) / rate
    noise = np.random.default_rng(seed).normal(0, 60, len(time_s)) * (1 + np.sin(3 * time_s + seed))
    tone = np.sin(2 * np.pi * (500 + 300 * seed + rate / 25 * time_s) * time_s)
    return (9000 * tone * (np.sin(2 * np.pi * 0.4 * time_s + seed) > 0.2) + noise).astype(np.int16)
