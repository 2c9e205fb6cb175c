"""What the device computed from one file, kept so that a later run can be held against it and labels can judge it."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

MOST_SCORES = 1 << 22  # bytes kept of a file: some 12 days of one class at four windows a second


@dataclass(frozen=True)
class _Digest:
    """A digest that came from another process: nothing can be added to it."""

    value: str

    def hexdigest(self) -> str:
        return self.value

    def copy(self) -> "_Digest":
        return self


class DeviceValues:
    """Digests of all samples, cells and outputs, and the device's scores, in bounded memory.

    Args:
        classes: scores of a window; they are its first outputs.

    Attributes:
        windows: how many are in `scores`.
        whole: whether no column and no window was missing on the way.
        too_long: whether there were more scores than are kept.
    """

    __slots__ = ("_cells", "_classes", "_outputs", "_samples", "_scores", "too_long", "whole", "windows")

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._samples, self._cells, self._outputs = (hashlib.sha256() for _ in range(3))
        self._scores = bytearray()
        self.windows = 0
        self.whole = True
        self.too_long = False

    def __deepcopy__(self, memo: dict[int, Any]) -> "DeviceValues":
        """Digests copy themselves, and nothing else can."""
        twin = DeviceValues(self._classes)
        twin._samples, twin._cells, twin._outputs = (
            digest.copy() for digest in (self._samples, self._cells, self._outputs)
        )
        twin._scores = bytearray(self._scores)
        twin.windows, twin.whole, twin.too_long = self.windows, self.whole, self.too_long
        memo[id(self)] = twin
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """For another process: digests cannot go there, what they are can."""
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {name: _Digest(state[name].hexdigest()) for name in ("_samples", "_cells", "_outputs")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What came from another process is finished."""
        for name, value in state.items():
            setattr(self, name, value)

    def add_samples(self, samples: NDArray[np.int16]) -> None:
        """The next samples that were sent."""
        self._samples.update(samples.astype("<i2").tobytes())

    def add_columns(self, device: Int8 | None) -> None:
        """The next feature columns, int8 [k, bands]; None: they never came."""
        if device is None:
            self.whole = False
        else:
            self._cells.update(device.tobytes())

    def add_outputs(self, device: Int8 | None, rows: int) -> None:
        """The outputs of the next `rows` windows, int8 [rows, values]; None: they never came."""
        if device is None:
            self.whole = False
            device = np.zeros((rows, 0), np.int8)
        self._outputs.update(device.tobytes())
        scores = np.full((rows, self._classes), -128, np.int8)
        scores[:, : device.shape[1]] = device[:, : self._classes]
        self.windows += rows
        self.too_long = self.too_long or len(self._scores) + scores.size > MOST_SCORES
        if not self.too_long:
            self._scores += scores.tobytes()

    @property
    def samples_sha256(self) -> str:
        """Of the int16 samples, little-endian."""
        return self._samples.hexdigest()

    @property
    def cells_sha256(self) -> str:
        """Of all cells in order; empty when some never came."""
        return self._cells.hexdigest() if self.whole else ""

    @property
    def outputs_sha256(self) -> str:
        """Of all outputs in order; empty when some never came."""
        return self._outputs.hexdigest() if self.whole else ""

    @property
    def scores(self) -> Int8 | None:
        """Scores, int8 [windows, classes], -128 for windows that never came; None when they are too many."""
        if self.too_long or not self._classes:
            return None
        return np.frombuffer(bytes(self._scores), np.int8).reshape(-1, self._classes)
