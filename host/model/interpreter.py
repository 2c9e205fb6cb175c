"""What runs a model: int8 windows in, int8 outputs out, whatever the model's own types are."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..bundle.model_info import ModelInfo
from .ends import Tensor, from_tensor, to_cells, to_tensors
from .inspect import ModelError

Int8 = NDArray[np.int8]


@dataclass(frozen=True)
class Outputs:
    """A model's outputs for n windows.

    Attributes:
        scores: int8 [n, classes].
        logits: int8 [n, classes], None when the model has none.
        low: int8 [n, classes or 2 * classes]: of int16 outputs, whose upper bytes the others then are, the low bytes.
    """

    scores: Int8
    logits: Int8 | None
    low: Int8 | None = None

    @property
    def parts(self) -> list[Int8]:
        """Those that there are, in the order in which a device sends them."""
        return [part for part in (self.scores, self.logits, self.low) if part is not None]


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


class LocalInterpreter(ABC):
    """An `Interpreter` in this process.

    Args:
        model: what it runs.
    """

    model: ModelInfo

    @abstractmethod
    def invoke(self, tensor: Tensor) -> list[Tensor]:
        """Run the model on one input tensor; return its output tensors, scores first, as they are."""

    @abstractmethod
    def reset(self) -> None:
        """See `Interpreter.reset`."""

    def run(self, windows: Int8) -> Outputs:
        """Run the model on windows, int8 [n, frames, bands]; see `Interpreter.run`."""
        tensors = as_tensors(self.model, windows)
        outputs = empty_outputs(self.model, len(tensors))
        classes = self.model.classes
        for i, tensor in enumerate(tensors):
            found = self.invoke(tensor)
            for kind, (info, values) in enumerate(zip(self.model.outputs, found, strict=True)):
                high, low = from_tensor(info, values)
                rows = outputs.logits if kind and outputs.logits is not None else outputs.scores
                rows[i] = high
                if outputs.low is not None and low is not None:
                    outputs.low[i, kind * classes : (kind + 1) * classes] = low
        return outputs


def as_tensors(model: ModelInfo, windows: Int8) -> Tensor:
    """Return windows, int8 [n, frames, bands] or [n, cells], as input tensors [n, *input shape]; see `to_cells`.

    Windows of int16 are the tensors of an int16 input already: what a device may have written otherwise.

    Raises:
        ModelError: not int8, or another number of cells than the model's input has.
    """
    if windows.dtype == np.int16 and model.input.type == "int16" and windows[0:1].size in (0, model.cells):
        return windows.reshape(len(windows), *model.input.shape)
    if windows.dtype == np.int8 and windows.ndim > 1:
        windows = to_cells(model.input, windows)
    if windows.dtype != np.int8 or windows.ndim < 2 or windows[0:1].size not in (0, model.cells):
        raise ModelError(
            f"features of shape {list(windows.shape)} and type {windows.dtype} do not fit the model's input "
            f"{list(model.input.shape)}, {model.cells} int8 cells",
            "compute them with the front-end settings of the model's own bundle",
        )
    return to_tensors(model.input, windows)


def empty_outputs(model: ModelInfo, count: int) -> Outputs:
    """Return room for the outputs of `count` windows."""
    shape = (count, model.classes)
    low = (count, model.classes * len(model.outputs))
    return Outputs(
        np.empty(shape, np.int8),
        np.empty(shape, np.int8) if model.logits else None,
        np.empty(low, np.int8) if model.scores.width == 2 else None,
    )


def joined(outputs: Outputs) -> Int8:
    """Return scores, logits and low bytes in one array [windows, values], as a device sends them."""
    parts = outputs.parts
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def each_alone(interpreter: Interpreter, windows: Int8, stateful: bool) -> Int8:
    """Run windows that know nothing of each other, as a device runs single tensors; return [windows, values].

    Args:
        interpreter: runs them.
        windows: int8 [n, ...], at least one.
        stateful: whether its model remembers.
    """
    if not stateful:
        return joined(interpreter.run(windows))
    rows = []
    for window in windows:
        interpreter.reset()
        rows.append(joined(interpreter.run(window[np.newaxis])))
    return np.concatenate(rows)


def output_parts(model: ModelInfo) -> list[tuple[str, slice]]:
    """Return what a window's values are, with their places: "score", "logit", and "low byte of the score" and so on."""
    kinds = ["score", "logit"][: len(model.outputs)]
    names = kinds + [f"low byte of the {kind}" for kind in kinds] * (model.scores.width - 1)
    return [(name, slice(i * model.classes, (i + 1) * model.classes)) for i, name in enumerate(names)]
