"""Models that others trained: the published wake words over whole streams, state included; skipped where absent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ..bundle.schema import ModelInfo
from ..checkout import ROOT
from ..frontend.rounding import quantised
from . import micro
from .inspect import inspect_model, read_graph
from .interpreter import Int8, LocalInterpreter
from .locate import first_difference
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


def test_a_bundle_that_claims_another_scale_is_refused() -> None:
    data, model = loaded("okay_nabu")
    with pytest.raises(Exception, match="scale"):
        ReferenceInterpreter(data, replace(model, input=replace(model.input, scale=0.5)))
