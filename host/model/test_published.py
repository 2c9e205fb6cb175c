"""Models that others trained: the published wake words over whole streams, state included; skipped where absent."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ..bundle.model_info import ModelInfo
from ..checkout import ROOT
from ..frontend.rounding import quantised
from . import micro
from .inspect import inspect_model, read_graph
from .interpreter import Int8, LocalInterpreter, as_tensors
from .locate import MicroTrace, ReferenceTrace, first_difference
from .micro import MicroInterpreter
from .reference import ReferenceInterpreter
from .testdata.wake_search import Heights, Surface, climb

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


@pytest.mark.skipif(not micro.available(), reason="no TFLite Micro")
@pytest.mark.parametrize("name", WAKE_WORDS)
def test_outputs_up_to_the_cutoff_are_the_same_in_both(name: str) -> None:
    """The publishers' signals hardly move the outputs; these do, up to a detection."""
    data, model = loaded(name)
    manifest = json.loads((MODELS / "microwakeword" / f"{name}.json").read_text(encoding="utf-8"))
    cutoff = manifest["micro"]["probability_cutoff"]
    seen: set[int] = set()
    reference, witness = ReferenceInterpreter(data, model), MicroInterpreter(data, model)

    def cells(surface: Surface) -> Int8:
        return np.clip(np.rint(surface * 80 - 30), -128, 127).astype(np.int8)

    for surface in climb(Heights(data, model, cutoff), (210, 40), cells):
        windows = cells(surface).reshape(-1, *model.input.shape[1:])
        for interpreter in (reference, witness):
            interpreter.reset()
        scores = reference.run(windows).scores
        np.testing.assert_array_equal(scores, witness.run(windows).scores)
        seen |= set((scores.ravel().astype(int) + 128).tolist())
    assert max(seen) >= cutoff * 256
    assert len(seen) > 30, "on the way many scores were passed"


def test_a_bundle_that_claims_another_scale_is_refused() -> None:
    data, model = loaded("okay_nabu")
    with pytest.raises(Exception, match="scale"):
        ReferenceInterpreter(data, replace(model, input=replace(model.input, scale=0.5)))
