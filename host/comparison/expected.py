"""The host's side of a comparison: the same audio through the same front end and the reference interpreter."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..core.c_frontend import FrontEnd
from ..model.interpreter import Interpreter, Outputs
from .detector import Change, Detector

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


def joined(outputs: Outputs) -> Int8:
    """Scores, logits and low bytes in one array [windows, values], as the device sends them."""
    parts = outputs.parts
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class HostBlock:
    """What a piece of audio completed.

    Attributes:
        columns: int8 [k, bands].
        outputs: of the windows completed, or None.
        changes: detections of those windows.
        witness_differences: output values in which the second witness disagreed with the reference.
        samples: the piece itself, int16.
        witness_compared: output values that both interpreters computed.
    """

    columns: Int8
    outputs: Outputs | None
    changes: list[Change] = field(default_factory=list)
    witness_differences: int = 0
    samples: Int16 | None = None
    witness_compared: int = 0


class Expected:
    """The host's computation of one stream, in which interpreters start as the device does: with nothing remembered.

    Args:
        bundle: the bundle in use.
        interpreter: the reference; None computes features only.
        witness: a second interpreter to hold against the reference, or None.
        front_end: another one than the bundle's, new.
        detector: another one than the bundle's, new.
    """

    def __init__(
        self,
        bundle: Bundle,
        interpreter: Interpreter | None,
        witness: Interpreter | None = None,
        front_end: FrontEnd | None = None,
        detector: Detector | None = None,
    ) -> None:
        self._bundle = bundle
        self._interpreter = interpreter
        self._witness = witness
        quantisation = bundle.model.input
        self._front_end = front_end or FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
        self._detector = detector or Detector(bundle.thresholds)
        for each in (interpreter, witness):
            if each is not None:
                each.reset()
        self._kept = np.empty((0, bundle.settings.bands), np.int8)  # columns that a later window still needs
        self._skip = (
            0  # columns to come before the next window begins, when the stride is longer than a window
        )

    def push(self, samples: Int16) -> HostBlock:
        """Take in the next samples."""
        columns = self._front_end.push(samples)
        if self._interpreter is None:
            return HostBlock(columns, None, samples=samples)
        frames, stride = self._bundle.frames, self._bundle.stride
        drop = min(self._skip, len(columns))
        self._skip -= drop
        self._kept = np.concatenate([self._kept, columns[drop:]])
        count = max(0, (len(self._kept) - frames) // stride + 1)
        if count == 0:
            return HostBlock(columns, None, samples=samples)
        outputs, differences, witnessed = self._infer(count)
        used = count * stride
        self._skip += max(0, used - len(self._kept))
        self._kept = self._kept[used:].copy()
        return HostBlock(
            columns, outputs, self._detector.update(outputs.scores), differences, samples, witnessed
        )

    def _infer(self, count: int) -> tuple[Outputs, int, int]:
        """Outputs of the next windows, how many values of the witness differ, and of how many."""
        assert self._interpreter is not None
        every = np.lib.stride_tricks.sliding_window_view(self._kept, self._bundle.frames, axis=0)
        windows = np.ascontiguousarray(every[:: self._bundle.stride].transpose(0, 2, 1)[:count])
        outputs = self._interpreter.run(windows)
        if self._witness is None:
            return outputs, 0, 0
        expected = joined(outputs)
        differ = np.count_nonzero(expected != joined(self._witness.run(windows)))
        return outputs, int(differ), expected.size
