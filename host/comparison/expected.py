"""The host's side of a comparison: the same audio through the same front end and the reference interpreter."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..core.c_frontend import FrontEnd
from ..detector.detector import Change, Detector
from ..model.allowed import rounding_ops
from ..model.ends import before_int8
from ..model.interpreter import Interpreter, Outputs, joined
from .clipping import Clipping

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


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
        other: the witness's outputs, int8 [windows, values], where they are as good as the reference's: in a model
            whose kernels may round either way. Then they witness nothing, and the two figures above are 0.
    """

    columns: Int8
    outputs: Outputs | None
    changes: list[Change] = field(default_factory=list)
    witness_differences: int = 0
    samples: Int16 | None = None
    witness_compared: int = 0
    other: Int8 | None = None


class Expected:
    """The host's computation of one stream, in which interpreters start as the device does: with nothing remembered.

    Args:
        bundle: the bundle in use.
        interpreter: the reference; None computes features only.
        witness: a second interpreter to hold against the reference, or None.
        front_end: another one than the bundle's, new.
        detector: another one than the bundle's, new.

    Attributes:
        clipping: of the cells so far.
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
        self._either = witness is not None and bool(rounding_ops(bundle.model_bytes))
        self.clipping = Clipping()
        self._kept = np.empty((0, bundle.settings.bands), np.int8)  # columns that a later window still needs
        self._skip = (
            0  # columns to come before the next window begins, when the stride is longer than a window
        )

    def push(self, samples: Int16) -> HostBlock:
        """Take in the next samples."""
        columns = self._columns(samples)
        if self._interpreter is None:
            return HostBlock(columns, None, samples=samples)
        frames, stride = self._bundle.frames, self._bundle.stride
        drop = min(self._skip, len(columns))
        self._skip -= drop
        self._kept = np.concatenate([self._kept, columns[drop:]])
        count = max(0, (len(self._kept) - frames) // stride + 1)
        if count == 0:
            return HostBlock(columns, None, samples=samples)
        outputs, witnessed = self._infer(count)
        used = count * stride
        self._skip += max(0, used - len(self._kept))
        self._kept = self._kept[used:].copy()
        changes = self._detector.update(outputs.scores)
        if witnessed is None or self._either:
            return HostBlock(columns, outputs, changes, samples=samples, other=witnessed)
        differences = int(np.count_nonzero(joined(outputs) != witnessed))
        return HostBlock(columns, outputs, changes, differences, samples, witnessed.size)

    def _columns(self, samples: Int16) -> Int8:
        columns, values = self._front_end.push_with_values(samples)
        quantisation = self._bundle.model.input
        unclamped = self._bundle.settings.unclamped(values, quantisation.scale, quantisation.zero_point)
        if unclamped is not None and len(columns):
            self.clipping.add(unclamped)
        return columns

    def _infer(self, count: int) -> tuple[Outputs, Int8 | None]:
        """Outputs of the next windows, and the witness's."""
        assert self._interpreter is not None
        every = np.lib.stride_tricks.sliding_window_view(self._kept, self._bundle.frames, axis=0)
        windows = np.ascontiguousarray(every[:: self._bundle.stride].transpose(0, 2, 1)[:count])
        before = before_int8(self._bundle.model.input, windows)
        for columns in before if before is not None else ():
            self.clipping.add(columns)
        outputs = self._interpreter.run(windows)
        return outputs, None if self._witness is None else joined(self._witness.run(windows))
