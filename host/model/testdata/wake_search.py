"""Inputs that bring a streaming model's score up to a cutoff: a search that climbs on its logits, from a seed.

The publishers' own signals hardly move a wake word's outputs, so that equal outputs would prove little.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from ...bundle.model_info import ModelInfo
from ...native_stderr import captured_stderr
from .. import micro
from ..cut import cut_after
from ..inspect import read_graph
from ..interpreter import Int8, as_tensors

Surface = NDArray[np.float64]
Cells = Callable[[Surface], Int8]
FIRST, MOST = 60, 2000  # surfaces that are drawn before the best is climbed from, and in all
REACHED = 1e3


class Heights:
    """How high a stream's logits come.

    Args:
        data: the model's file; its LOGISTIC is cut off, because scores of 0 tell a search nothing.
        model: what it is.
        cutoff: of the score.
    """

    def __init__(self, data: bytes, model: ModelInfo, cutoff: float) -> None:
        graph = read_graph(data)
        last = next(index for index, op in enumerate(graph.operators) if op.name == "LOGISTIC")
        logits = graph.tensors[graph.operators[last].inputs[0]]
        assert logits.scale is not None and logits.zero_point is not None
        self._before, self._model = cut_after(data, last - 1), model
        self._wanted = np.log(cutoff / (1 - cutoff)) / logits.scale + logits.zero_point + 1

    def of(self, cells: Int8) -> float:
        """The mean of the three highest logits of a stream's columns, [n, bands]; REACHED over the cutoff."""
        frames = self._model.input.shape[1]
        windows = cells[: len(cells) // frames * frames].reshape(-1, frames, cells.shape[1])
        with captured_stderr():
            interpreter = micro.runtime().Interpreter.from_bytes(self._before, arena_size=1 << 18)
        found = []
        for window in as_tensors(self._model, windows):
            interpreter.set_input(window, 0)
            interpreter.invoke()
            found.append(int(interpreter.get_output(0).ravel()[0]))
        return REACHED if max(found) > self._wanted else float(np.sort(found)[-3:].mean())


def climb(heights: Heights, shape: tuple[int, int], cells: Cells, seed: int = 1) -> list[Surface]:
    """Return surfaces of ever higher logits, the last of which reaches the cutoff.

    Args:
        heights: of the model.
        shape: of a surface: columns and bands.
        cells: makes a stream's cells of a surface, whose values have a spread of some 1 around 0.
        seed: of the search.

    Raises:
        AssertionError: it does not get there.
    """
    rng = np.random.default_rng(seed)

    def surface(*steps: int) -> Surface:
        coarse = rng.normal(size=[size // step + 2 for size, step in zip(shape, steps, strict=True)])
        return np.asarray(zoom(coarse, steps, order=1)[: shape[0], : shape[1]])

    best = -REACHED
    kept: list[Surface] = []
    for number in range(MOST):
        if number < FIRST:
            tried = surface(rng.choice([6, 12, 24]), rng.choice([4, 8, 16])) - rng.uniform(-0.5, 1.5)
        else:
            change = surface(rng.choice([4, 8, 16, 32]), rng.choice([2, 5, 10, 20]))
            change[: int(rng.integers(0, shape[0])) * int(rng.integers(0, 2))] = 0
            tried = kept[-1] + change * rng.choice([0.12, 0.4, 0.8])
        reached = heights.of(cells(tried))
        if reached > best:
            best = reached
            kept.append(tried)
        if best == REACHED:
            return kept
    raise AssertionError(f"the search ended at a logit of {best}")
