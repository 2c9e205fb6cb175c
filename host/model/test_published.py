"""Models that others trained: the published wake words over whole streams, state included; skipped where absent."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import zoom

from ..bundle.schema import ModelInfo
from ..checkout import ROOT
from ..frontend.rounding import quantised
from ..native_stderr import captured_stderr
from . import micro
from .cut import cut_after
from .inspect import inspect_model, read_graph
from .interpreter import Int8, LocalInterpreter, as_tensors
from .locate import MicroTrace, ReferenceTrace, first_difference
from .micro import MicroInterpreter
from .reference import ReferenceInterpreter

MODELS = ROOT.parent / "shared" / "models"
GOLDEN = MODELS / "golden" / "microfrontend.npz"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not GOLDEN.is_file(), reason=f"the published models are not at {MODELS}"),
]
Make = Callable[[bytes, ModelInfo], LocalInterpreter]
ENGINES = [
    ReferenceInterpreter,
    pytest.param(MicroInterpreter, marks=pytest.mark.skipif(not micro.available(), reason="no TFLite Micro")),
]
WAKE_WORDS = ("okay_nabu", "hey_jarvis")
FEATURE_UNIT = 0.0390625


def loaded(name: str) -> tuple[bytes, ModelInfo]:
    data = (MODELS / "microwakeword" / f"{name}.tflite").read_bytes()
    return data, inspect_model(data)


def windows_of(features: Any, model: ModelInfo) -> Int8:
    """Every column once: [n, 3, 40] of the model's cells."""
    cells = quantised(features * FEATURE_UNIT, model.input.scale, model.input.zero_point)
    frames = model.input.shape[1]
    whole = len(cells) // frames * frames
    return cells[:whole].reshape(-1, *model.input.shape[1:])


@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("name", WAKE_WORDS)
def test_a_wake_words_outputs_are_the_publishers_over_the_whole_stream(make: Make, name: str) -> None:
    data, model = loaded(name)
    interpreter = make(data, model)
    with np.load(GOLDEN) as golden:
        signals = sorted(key.removesuffix("_features") for key in golden if key.endswith("_features"))
        assert len(signals) == 8
        for signal in signals[:: 1 if make is MicroInterpreter else 3]:
            interpreter.reset()
            outputs = interpreter.run(windows_of(golden[f"{signal}_features"], model))
            as_uint8 = outputs.scores.view(np.uint8) ^ 0x80
            np.testing.assert_array_equal(as_uint8.ravel(), golden[f"{signal}_{name}"].ravel())


@pytest.mark.skipif(not micro.available(), reason="no TFLite Micro")
@pytest.mark.parametrize("name", WAKE_WORDS)
def test_every_tensor_is_the_same_in_both_so_every_variable_is(name: str) -> None:
    """The outputs are almost empty; READ_VARIABLE's outputs hold the whole state as the window before left it."""
    data, model = loaded(name)
    read = [op for op in read_graph(data).operators if op.name == "READ_VARIABLE"]
    assert len(read) == 6
    with np.load(GOLDEN) as golden:
        windows = windows_of(golden["speechish_features"], model)
    loud = np.random.default_rng(4).integers(-128, 128, (40, *model.input.shape[1:])).astype(np.int8)
    assert first_difference(data, model, np.concatenate([windows, loud])) is None


@pytest.mark.skipif(not micro.available(), reason="no TFLite Micro")
@pytest.mark.parametrize("name", WAKE_WORDS)
def test_every_variable_at_the_end_of_every_signal_is_the_same_in_both(name: str) -> None:
    """What READ_VARIABLE gives in one window more is what the stream left behind; each stream in a new interpreter."""
    data, model = loaded(name)
    read = [op.outputs[0] for op in read_graph(data).operators if op.name == "READ_VARIABLE"]
    states = set()
    with np.load(GOLDEN) as golden:
        signals = [key.removesuffix("_features") for key in golden if key.endswith("_features")]
        for signal in signals:
            tensors = as_tensors(model, windows_of(golden[f"{signal}_features"], model))
            found = []
            for trace in (ReferenceTrace(data), MicroTrace(data, model.cells)):
                for tensor in tensors:
                    trace.run(tensor, ())
                found.append(trace.run(tensors[0], read))
            for number in read:
                np.testing.assert_array_equal(found[0][number], found[1][number], err_msg=signal)
            states.add(b"".join(found[0][number].tobytes() for number in read))
    assert len(states) == len(signals) == 8, "the state tells signals apart"


def found_over(data: bytes, model: ModelInfo, cutoff: float) -> list[Int8]:
    """Windows [n, ...] of ever higher logits, the last with a score over the cutoff: a search from smooth surfaces."""
    graph = read_graph(data)
    last = next(index for index, op in enumerate(graph.operators) if op.name == "LOGISTIC")
    before = cut_after(data, last - 1)  # scores of 0 tell a search nothing
    logits = graph.tensors[graph.operators[last].inputs[0]]
    assert logits.scale is not None and logits.zero_point is not None
    wanted = np.log(cutoff / (1 - cutoff)) / logits.scale + logits.zero_point + 1
    rng = np.random.default_rng(1)
    shape = (210, model.input.shape[2])

    def height(cells: NDArray[np.float64]) -> float:
        with captured_stderr():
            interpreter = micro.runtime().Interpreter.from_bytes(before, arena_size=1 << 18)
        heights = []
        for window in tensors_of(cells):
            interpreter.set_input(window, 0)
            interpreter.invoke()
            heights.append(int(interpreter.get_output(0).ravel()[0]))
        return float(np.sort(heights)[-3:].mean()) if max(heights) < wanted else 1e3

    def tensors_of(cells: NDArray[np.float64]) -> Int8:
        return as_tensors(model, np.rint(cells).astype(np.int8).reshape(-1, *model.input.shape[1:]))

    def surface(*steps: int) -> NDArray[np.float64]:
        coarse = rng.normal(size=[size // step + 2 for size, step in zip(shape, steps, strict=True)])
        return zoom(coarse, steps, order=1)[: shape[0], : shape[1]]

    best, kept = -1e3, [np.full(shape, -128.0)]
    for number in range(1500):
        if number < 60:
            tried = surface(rng.choice([6, 12, 24]), rng.choice([4, 8, 16])) * 80 - rng.uniform(20, 120)
        else:
            change = surface(rng.choice([4, 8, 16, 32]), rng.choice([2, 5, 10, 20])) * rng.choice(
                [10, 30, 60]
            )
            begin = int(rng.integers(0, shape[0]))
            change[: begin * int(rng.integers(0, 2))] = 0
            tried = kept[-1] + change
        tried = np.clip(tried, -128, 127)
        reached = height(tried)
        if reached > best:
            best = reached
            kept.append(tried)
        if best == 1e3:
            break
    assert best == 1e3, f"the search ended at {best} of {wanted}"
    return [tensors_of(cells) for cells in kept]


@pytest.mark.skipif(not micro.available(), reason="no TFLite Micro")
@pytest.mark.parametrize("name", WAKE_WORDS)
def test_outputs_up_to_the_cutoff_are_the_same_in_both(name: str) -> None:
    """The publishers' signals hardly move the outputs; these do, up to a detection."""
    data, model = loaded(name)
    manifest = json.loads((MODELS / "microwakeword" / f"{name}.json").read_text(encoding="utf-8"))
    cutoff = manifest["micro"]["probability_cutoff"]
    seen: set[int] = set()
    reference, witness = ReferenceInterpreter(data, model), MicroInterpreter(data, model)
    for windows in found_over(data, model, cutoff):
        for interpreter in (reference, witness):
            interpreter.reset()
        scores = reference.run(windows).scores
        np.testing.assert_array_equal(scores, witness.run(windows).scores)
        seen |= set((scores.ravel().astype(int) + 128).tolist())
    assert max(seen) >= cutoff * 256
    assert len(seen) > 60, "on the way most scores were passed"


def test_a_bundle_that_claims_another_scale_is_refused() -> None:
    data, model = loaded("okay_nabu")
    with pytest.raises(Exception, match="scale"):
        ReferenceInterpreter(data, replace(model, input=replace(model.input, scale=0.5)))
