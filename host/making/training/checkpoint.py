"""Where a training stands after each epoch, so that an interrupted one goes on as if nothing had been."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import read_arrays
from ...files import atomic_write

Arrays = list[NDArray[Any]]


@dataclass
class State:
    """Everything that the next epoch depends on.

    Attributes:
        history: the rows of the epochs done.
        rng: state of the generator of draws and augmentation.
        best, waited: early stopping.
        weights, best_weights, optimiser: arrays as Keras gives them.
    """

    history: list[dict[str, float]]
    rng: dict[str, Any]
    best: float
    waited: int
    weights: Arrays
    best_weights: Arrays
    optimiser: Arrays


class Checkpoint:
    """One file that holds the last `State` of one training.

    Args:
        path: the file.
        key: what the training depends on; a file with another key is ignored.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key

    def save(self, state: State) -> None:
        """Replace the file."""
        arrays: dict[str, NDArray[Any]] = {}
        for name in ("weights", "best_weights", "optimiser"):
            for index, array in enumerate(getattr(state, name)):
                arrays[f"{name}.{index:04d}"] = np.asarray(array)
        about = {
            "key": self.key,
            "history": state.history,
            "rng": state.rng,
            "best": state.best,
            "waited": state.waited,
        }
        buffer = io.BytesIO()
        np.savez(buffer, about=np.array(json.dumps(about)), **arrays)
        atomic_write(self.path, buffer.getvalue())

    def load(self) -> State | None:
        """The state of this very training, or None: no file, a damaged one, or that of another training."""
        try:
            data = read_arrays(self.path)
            about = json.loads(str(data.pop("about")))
            if about["key"] != self.key:
                return None
            groups: dict[str, Arrays] = {"weights": [], "best_weights": [], "optimiser": []}
            for name in sorted(data):
                groups[name.split(".")[0]].append(data[name])
        except (OSError, ValueError, KeyError):
            return None
        return State(about["history"], about["rng"], about["best"], about["waited"], **groups)

    def remove(self) -> None:
        """Forget: the training is complete."""
        self.path.unlink(missing_ok=True)
