"""What both interpreters have in common: windows in, int8 outputs out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..bundle.schema import ModelInfo
from .inspect import ModelError

Int8 = NDArray[np.int8]


@dataclass(frozen=True)
class Outputs:
    """A model's outputs for n windows.

    Attributes:
        scores: int8 [n, classes].
        logits: int8 [n, classes], None when the model has none.
    """

    scores: Int8
    logits: Int8 | None


class Interpreter(Protocol):
    """Something that runs a model.

    Attributes:
        name: what it is, with its version, as reports show it.
    """

    name: str

    def run(self, windows: Int8) -> Outputs:
        """Run the model on windows, int8 [n, frames, bands], one after the other.

        Raises:
            ModelError: the windows do not have the shape of the model's input, or the model fails.
        """
        ...

    def reset(self) -> None:
        """Forget what earlier windows left inside the model, as a device does at each stream's start."""
        ...


def as_inputs(model: ModelInfo, windows: Int8) -> Int8:
    """Return windows, int8 [n, frames, bands] or [n, cells], as int8 [n, *input shape].

    Raises:
        ModelError: not int8, or another number of cells than the model's input has.
    """
    if windows.dtype != np.int8 or windows.ndim < 2 or windows[0:1].size not in (0, model.cells):
        raise ModelError(
            f"features of shape {list(windows.shape)} and type {windows.dtype} do not fit the model's input "
            f"{list(model.input.shape)}, int8",
            "compute them with the front-end settings of the model's own bundle",
        )
    return np.ascontiguousarray(windows).reshape(len(windows), *model.input.shape)


def empty_outputs(model: ModelInfo, count: int) -> Outputs:
    """Return room for the outputs of `count` windows."""
    shape = (count, model.classes)
    return Outputs(np.empty(shape, np.int8), np.empty(shape, np.int8) if model.logits else None)
