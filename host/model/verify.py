"""Runs a model before anybody relies on it: does it load, does it run, and do both interpreters agree to the byte?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.schema import INT8, ModelInfo
from .interpreter import Int8, Outputs
from .locate import first_difference
from .micro import MicroInterpreter, unavailable
from .reference import ReferenceInterpreter
from .worker_protocol import MICRO, REFERENCE

DEFAULT_WINDOWS = 64


@dataclass(frozen=True)
class Verification:
    """What came out.

    Attributes:
        windows: how many were run.
        reference: the reference's name and version.
        witness: TFLite Micro's, None when it is not there; `witness_missing` then says why.
        differing: windows in which the two differ, and the largest difference in LSB.
        largest_difference: see there.
        where: the first op that differs, in the first window that does; None when none was found.
        arena_bytes: what TFLite Micro took of its arena, None when it is not there.
        score_values: number of different int8 scores seen: 1 means that the model answers the same to everything.
    """

    windows: int
    reference: str
    witness: str | None
    witness_missing: str | None
    differing: int
    largest_difference: int
    where: str | None
    arena_bytes: int | None
    score_values: int


def verify_model(
    model_bytes: bytes,
    model: ModelInfo,
    windows: int = DEFAULT_WINDOWS,
    seed: int = 1,
    report: Callable[[str], object] = lambda _engine: None,
) -> Verification:
    """Run the model on random windows in both interpreters.

    Args:
        model_bytes: the `.tflite` file.
        model: what `inspect_model` says about it.
        windows: how many.
        seed: of the windows.
        report: called with the engine (`worker_protocol.REFERENCE` or `MICRO`) that is used next.

    Raises:
        ModelError: one of the interpreters cannot load or run it.
        HilError: TensorFlow is missing.
    """
    inputs = random_windows(model, windows, seed)
    report(REFERENCE)
    reference = ReferenceInterpreter(model_bytes, model)
    expected = reference.run(inputs)
    scores = len(np.unique(expected.scores))
    missing = unavailable()
    if missing:
        return Verification(windows, reference.name, None, missing, 0, 0, None, None, scores)
    report(MICRO)
    witness = MicroInterpreter(model_bytes, model)
    gaps = _gaps(expected, witness.run(inputs))
    differing = np.flatnonzero(gaps)
    where = first_difference(model_bytes, model, inputs[differing[0]]) if len(differing) else None
    return Verification(
        windows,
        reference.name,
        witness.name,
        witness_missing=None,
        differing=len(differing),
        largest_difference=int(gaps.max(initial=0)),
        where=str(where) if where else None,
        arena_bytes=witness.arena_used or None,
        score_values=scores,
    )


def random_windows(model: ModelInfo, count: int, seed: int) -> Int8:
    """Return windows, int8 [count, cells]: the extremes, noise of several widths, and smooth random surfaces.

    White noise alone averages out in a convolutional net and would leave most of its outputs' range untouched.
    """
    rng = np.random.default_rng(seed)
    low, high = INT8
    cells = model.cells
    windows = np.empty((count, cells), np.int8)
    for i in range(count):
        if i < 3:
            values = np.full(cells, (low, high, model.input.zero_point)[i], np.float64)
        else:
            steps = rng.normal(0, rng.choice([0.5, 4.0, 40.0]), cells)
            values = np.cumsum(steps) * (i % 2) + steps + rng.uniform(low, high)
        windows[i] = np.clip(np.round(values), low, high)
    return windows


def _gaps(one: Outputs, other: Outputs) -> NDArray[np.int16]:
    """Return the largest difference in each window, int16 [n]."""
    pairs = [(one.scores, other.scores)]
    if one.logits is not None and other.logits is not None:
        pairs.append((one.logits, other.logits))
    gaps: NDArray[np.int16] = np.concatenate([np.abs(a.astype(np.int16) - b) for a, b in pairs], axis=1)
    return gaps.max(axis=1)
