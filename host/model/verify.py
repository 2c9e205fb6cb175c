"""Runs a model before anybody relies on it: does it load, does it run, and do both interpreters agree to the byte?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.expectation import TFLITE_MICRO, Expectation
from ..bundle.model_info import INT8, MeasuredInput, ModelInfo
from .inspect import ModelError
from .interpreter import Int8, Outputs
from .judge import judged
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
        score_values: number of different int8 scores seen, on the side that shows more of them.
        dead: whether each side gave one and the same output to every window.
        expected: whose outputs a device must equal, where the two differ.
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
    dead: bool = False
    expected: Expectation | None = None


def verify_model(
    model_bytes: bytes,
    model: ModelInfo,
    windows: int = DEFAULT_WINDOWS,
    seed: int = 1,
    report: Callable[[str], object] = lambda _engine: None,
    recorded: Int8 | None = None,
) -> Verification:
    """Run the model on random windows, and on others, in both interpreters.

    Args:
        model_bytes: the `.tflite` file.
        model: what `inspect_model` says about it.
        windows: how many random ones.
        seed: of the random windows.
        report: called with the engine (`worker_protocol.REFERENCE` or `MICRO`) that is used next.
        recorded: windows that a front end made of sound, int8 [n, ...].

    Raises:
        ModelError: one of the interpreters cannot load or run it.
        HilError: the reference kernels are missing.
    """
    inputs = random_windows(model, windows, seed)
    if recorded is not None:
        inputs = np.concatenate([inputs, recorded.reshape(len(recorded), -1)])
    report(REFERENCE)
    missing = unavailable()
    try:
        reference = ReferenceInterpreter(model_bytes, model)
    except ModelError as error:
        if missing:
            raise
        report(MICRO)
        return _without_reference(model_bytes, model, inputs, error)
    ours, count = reference.run(inputs), len(inputs)
    scores, dead = len(np.unique(ours.scores)), _dead(ours)
    if missing:
        return Verification(count, reference.name, None, missing, 0, 0, None, None, scores, dead)
    report(MICRO)
    witness = MicroInterpreter(model_bytes, model)
    theirs = witness.run(inputs)
    gaps = _gaps(ours, theirs)
    differing = np.flatnonzero(gaps)
    where = None
    if len(differing):
        begin = 0 if model.stateful else differing[0]
        where = first_difference(model_bytes, model, inputs[begin : differing[0] + 1])
    return Verification(
        count,
        reference.name,
        witness.name,
        witness_missing=None,
        differing=len(differing),
        largest_difference=int(gaps.max(initial=0)),
        where=str(where) if where else None,
        arena_bytes=witness.arena_used or None,
        score_values=max(scores, len(np.unique(theirs.scores))),
        dead=dead and _dead(theirs),
        expected=judged(model_bytes, where) if where else None,
    )


def _without_reference(
    model_bytes: bytes, model: ModelInfo, inputs: Int8, refused: ModelError
) -> Verification:
    """TFLite Micro alone, where it runs what the reference refuses; failing that too, the reference's reason."""
    try:
        witness = MicroInterpreter(model_bytes, model)
    except ModelError:
        raise refused from None
    outputs = witness.run(inputs)
    return Verification(
        len(inputs),
        f"no reference ({refused.cause})",
        witness.name,
        witness_missing=None,
        differing=0,
        largest_difference=0,
        where=None,
        arena_bytes=witness.arena_used or None,
        score_values=len(np.unique(outputs.scores)),
        dead=_dead(outputs),
        expected=Expectation(TFLITE_MICRO, "none", 0, "refused"),
    )


def _dead(outputs: Outputs) -> bool:
    """Whether every window gave the same."""
    return all(bool((part == part[:1]).all()) for part in outputs.parts)


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


def random_columns(model: ModelInfo, count: int, seed: int) -> Int8:
    """Return windows as a front end hands them on, int8 [count, bytes]: `random_windows`, or levels, two bytes each.

    Levels of 16 bits are what a normaliser makes cells of: the windows are their upper bytes, and noise the lower.
    """
    windows = random_windows(model, count, seed)
    if not isinstance(model.input, MeasuredInput):
        return windows
    bands = model.input.normaliser.levels
    size = windows.shape[1] // model.input.normaliser.bands * bands
    windows = np.array([np.resize(window, size) for window in windows], np.int8).reshape(count, size)
    noise = np.random.default_rng(seed).integers(-128, 128, windows.shape, np.int8)
    halves = [each.reshape(count, -1, 1, bands) for each in (windows, noise)]
    return np.concatenate(halves, axis=2).reshape(count, -1)


def _gaps(one: Outputs, other: Outputs) -> NDArray[np.int16]:
    """Return the largest difference in each window, int16 [n]."""
    pairs = zip(one.parts, other.parts, strict=True)
    gaps: NDArray[np.int16] = np.concatenate([np.abs(a.astype(np.int16) - b) for a, b in pairs], axis=1)
    return gaps.max(axis=1)
