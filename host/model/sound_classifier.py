"""A network that takes sound itself, as published classifiers of sound do, in the process that runs models.

Other models are held to what a device computes, byte for byte. This one only says what it hears, so it runs on the fast
kernels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .inspect import ModelError
from .reference import build, kernels

MOST_SAMPLES = 1 << 20
_CURE = (
    "give a .tflite file that takes float samples of one window and answers with float scores of its classes"
)


class SoundClassifier:
    """Float samples in, float scores out.

    Args:
        model_bytes: the `.tflite` file.

    Attributes:
        samples: of one window.
        classes: scores that it answers with; further outputs are passed over.

    Raises:
        ModelError: it cannot be loaded, or is no such network.
        HilError: no kernels are installed.
    """

    def __init__(self, model_bytes: bytes) -> None:
        found = kernels()
        try:
            self._interpreter = build(model_bytes, found._replace(resolver=type(found.resolver).AUTO))
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"the classifier cannot be loaded: {error}", _CURE) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or not outputs:
            raise ModelError(
                f"the classifier has {len(inputs)} inputs and {len(outputs)} outputs, not one and one", _CURE
            )
        shapes = []
        for what, details in (("takes", inputs[0]), ("answers with", outputs[0])):
            shape = tuple(int(size) for size in details["shape"])
            if np.dtype(details["dtype"]) != np.float32 or not shape or math.prod(shape) != shape[-1]:
                kind = np.dtype(details["dtype"]).name
                raise ModelError(f"the classifier {what} {kind} of the shape {list(shape)}", _CURE)
            shapes.append(shape)
        self._shape = shapes[0]
        self.samples, self.classes = shapes[0][-1], shapes[1][-1]
        if not 1 < self.samples <= MOST_SAMPLES:
            raise ModelError(f"the classifier takes windows of {self.samples} samples", _CURE)
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]

    def scores(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of windows, float32 [n, samples] from -1 to 1: float32 [n, classes].

        Raises:
            ModelError: the kernels refuse to run.
        """
        found = np.empty((len(windows), self.classes), np.float32)
        try:
            for place, window in enumerate(windows):
                self._interpreter.set_tensor(self._input, window.reshape(self._shape))
                self._interpreter.invoke()
                found[place] = self._interpreter.get_tensor(self._output).reshape(-1)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"the classifier cannot be run: {error}", _CURE) from error
        return found
