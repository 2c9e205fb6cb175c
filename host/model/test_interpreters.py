"""Two independent witnesses: the reference kernels and TFLite Micro agree to the byte."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ..bundle.model_info import ModelInfo
from ..frontend.rounding import quantised
from ..native_stderr import captured_stderr
from . import micro
from .engine import Engine, MicroEngine, ReferenceEngine, choose_engine
from .inspect import ModelError, inspect_model, read_graph
from .interpreter import LocalInterpreter
from .locate import compare_ops, first_difference
from .micro import MicroInterpreter
from .reference import ReferenceInterpreter, build
from .samples import sample_model
from .testdata.graph import quantize_model
from .verify import random_windows, verify_model

NAMES = ("sigmoid", "softmax", "flat", "uint8", "int16", "stream")
Make = Callable[[bytes, ModelInfo], LocalInterpreter]
needs_micro = pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))
INTERPRETERS = [ReferenceInterpreter, pytest.param(MicroInterpreter, marks=needs_micro)]


def load(make: Make, name: str) -> LocalInterpreter:
    return make(sample_model(name), inspect_model(sample_model(name)))


@needs_micro
@pytest.mark.parametrize("name", NAMES)
def test_both_agree_to_the_byte(name: str) -> None:
    info = inspect_model(sample_model(name))
    windows = random_windows(info, 300, seed=7)
    reference = load(ReferenceInterpreter, name).run(windows)
    witness = load(MicroInterpreter, name).run(windows)
    np.testing.assert_array_equal(reference.scores, witness.scores)
    assert (reference.logits is None) == (witness.logits is None) == (info.logits is None)
    if reference.logits is not None and witness.logits is not None:
        np.testing.assert_array_equal(reference.logits, witness.logits)
        assert len(np.unique(reference.logits)) > 50, "inputs that do not move the outputs compare nothing"


@pytest.mark.parametrize("make", INTERPRETERS)
def test_scores_are_what_the_activation_makes_of_the_logits(make: Make) -> None:
    """So the roles are right: computed here in floating point from the logits."""
    for name in ("sigmoid", "softmax"):
        info = inspect_model(sample_model(name))
        assert info.logits is not None
        outputs = load(make, name).run(random_windows(info, 50, seed=3))
        assert outputs.logits is not None
        real = info.logits.scale * (outputs.logits.astype(float) - info.logits.zero_point)
        if name == "sigmoid":
            expected = 1 / (1 + np.exp(-real))
        else:
            expected = np.exp(real) / np.exp(real).sum(axis=1, keepdims=True)
        found = info.scores.scale * (outputs.scores.astype(float) - info.scores.zero_point)
        assert np.abs(found - expected).max() <= 1.01 / 256


@pytest.mark.parametrize("make", INTERPRETERS)
def test_windows_do_not_depend_on_each_other(make: Make) -> None:
    info = inspect_model(sample_model("softmax"))
    windows = random_windows(info, 12, seed=5).reshape(-1, 49, 64)
    interpreter = load(make, "softmax")
    together = interpreter.run(windows)
    for order in (range(12), reversed(range(12))):
        for i in order:
            alone = interpreter.run(windows[i : i + 1])
            assert np.array_equal(alone.scores[0], together.scores[i])
    assert interpreter.run(windows[:0]).scores.shape == (0, 5)


@pytest.mark.parametrize("make", INTERPRETERS)
def test_features_of_another_shape_are_refused(make: Make) -> None:
    interpreter = load(make, "softmax")
    wrong: list[Any] = [
        np.zeros((1, 48, 64), np.int8),
        np.zeros((1, 49, 64), np.float32),
        np.zeros(49 * 64, np.int8),
    ]
    for windows in wrong:
        with pytest.raises(ModelError, match="do not fit"):
            interpreter.run(windows)


def test_a_bundle_that_lies_about_its_model_is_found_out() -> None:
    data = sample_model("softmax")
    info = inspect_model(data)
    for lie, named in (
        (replace(info, input=replace(info.input, scale=0.5)), "input"),
        (replace(info, input=replace(info.input, shape=(1, 49, 64))), "input"),
        (replace(info, outputs=(replace(info.scores, zero_point=0), *info.outputs[1:])), "output"),
        (replace(info, outputs=tuple(replace(o, index=1 - o.index) for o in info.outputs)), "output"),
        (replace(info, outputs=(replace(info.scores, index=2),)), "outputs"),
    ):
        with pytest.raises(ModelError, match=named):
            ReferenceInterpreter(data, lie)


def test_a_damaged_model_is_refused_by_the_reference() -> None:
    data = sample_model("flat")
    info = inspect_model(data)
    with pytest.raises(ModelError, match="cannot load"):
        ReferenceInterpreter(data[: len(data) // 2], info)


@needs_micro
def test_tflite_micro_says_why_not() -> None:
    """An op whose tensors it does not take: its own words reach the message, and nothing else reaches the user."""
    data = bytearray(sample_model("flat"))
    info = inspect_model(bytes(data))
    with pytest.raises(ModelError, match="TFLite Micro cannot run the model"), captured_stderr() as said:
        MicroInterpreter(bytes(data), replace(info, input=replace(info.input, shape=(1, 16, 20))))
    assert said() == ""


@needs_micro
@pytest.mark.parametrize("name", NAMES)
def test_the_arena_is_measured(name: str) -> None:
    interpreter = MicroInterpreter(sample_model(name), inspect_model(sample_model(name)))
    assert interpreter.model.cells < interpreter.arena_used <= interpreter.arena_size


def test_verification_tells_agreement_from_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sample_model("sigmoid")
    info = inspect_model(data)
    found = verify_model(data, info, windows=20)
    assert (found.windows, found.differing, found.largest_difference) == (20, 0, 0)
    assert found.score_values > 1
    if micro.available():
        assert found.arena_bytes and found.witness
        real_run = MicroInterpreter.run

        def off_by_two(self: MicroInterpreter, windows: np.ndarray) -> object:  # type: ignore[type-arg]
            outputs = real_run(self, windows)
            outputs.scores[3] ^= 2
            return outputs

        monkeypatch.setattr(MicroInterpreter, "run", off_by_two)
        found = verify_model(data, info, windows=20)
        assert (found.differing, found.largest_difference, found.where) == (1, 2, None)
    monkeypatch.setattr("host.model.verify.unavailable", lambda: "not here")
    found = verify_model(data, info, windows=5)
    assert (found.witness, found.witness_missing, found.arena_bytes) == (None, "not here", None)


@needs_micro
@pytest.mark.parametrize("name", NAMES)
def test_no_op_differs(name: str) -> None:
    data = sample_model(name)
    info = inspect_model(data)
    assert first_difference(data, info, random_windows(info, 4, seed=9)) is None


def test_the_first_op_that_differs_is_named() -> None:
    graph = read_graph(sample_model("sigmoid"))
    numbers = [number for operator in graph.operators for number in operator.outputs]
    ours = {number: np.zeros((1, 3), np.int8) for number in numbers}
    theirs = {number: cells.copy() for number, cells in ours.items()}
    assert compare_ops(graph, ours, theirs) is None
    theirs[numbers[3]][0] = (-128, 0, 1)
    theirs[numbers[4]][0] = 1
    found = compare_ops(graph, ours, theirs)
    assert found is not None
    assert (found.index, found.op, found.cells, found.of, found.largest) == (
        3,
        graph.operators[3].name,
        2,
        3,
        128,
    )
    assert f"op 3, {found.op}: 2 of 3 cells" in str(found)


@pytest.mark.parametrize("make", [ReferenceEngine, pytest.param(MicroEngine, marks=needs_micro)])
def test_the_virtual_boards_engine_gives_scores_then_logits(make: type[Engine]) -> None:
    data = sample_model("softmax")
    info = inspect_model(data)
    assert info.logits is not None
    windows = random_windows(info, 5, seed=2)
    expected = ReferenceInterpreter(data, info).run(windows)
    assert expected.logits is not None
    engine = make(data, info.scores.index, info.logits.index)
    for i in range(5):
        assert (
            engine.invoke(windows[i].tobytes()) == expected.scores[i].tobytes() + expected.logits[i].tobytes()
        )
    with pytest.raises(ModelError, match="do not fit"):
        engine.invoke(b"short")
    with pytest.raises(ModelError, match="scores and logits"):
        make(data, info.logits.index, info.scores.index)
    with pytest.raises(ModelError):
        make(b"nothing", 0, None)


def test_the_engine_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, name = choose_engine()
    if micro.available():
        assert engine is MicroEngine and name.startswith("TFLite Micro ")
    monkeypatch.setattr("host.model.engine.unavailable", lambda: "no wheel")
    engine, name = choose_engine()
    assert engine is ReferenceEngine and "no wheel" in name


def test_native_output_is_caught_and_given_back() -> None:
    with captured_stderr() as outer:
        with captured_stderr() as inner:
            os.write(2, b"from C")
            print("from Python", file=sys.stderr)
        os.write(2, b"later")
    assert inner().startswith("from C")
    assert outer() == "later"


def test_the_host_quantises_as_the_op_does() -> None:
    rng = np.random.default_rng(3)
    for scale, zero_point in ((0.3137255012989044, 127), (0.10196078568696976, -128), (0.5, 3)):
        ties = (rng.integers(-300, 300, 500) + 0.5) * scale
        features = np.concatenate([ties, rng.uniform(-90, 30, 500)]).astype(np.float32)
        interpreter = build(quantize_model(len(features), scale, zero_point))
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], features[np.newaxis])
        interpreter.invoke()
        found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        np.testing.assert_array_equal(quantised(features, scale, zero_point), found)


@pytest.mark.parametrize("make", INTERPRETERS)
def test_a_reset_runs_the_models_own_initialisation_again(make: Make) -> None:
    """CALL_ONCE writes something else than the variables' zero points, which a mere reset would fill them with."""
    interpreter = load(make, "stream")
    windows = random_windows(interpreter.model, 12, seed=3)
    first = interpreter.run(windows).scores
    later = interpreter.run(windows).scores
    assert not np.array_equal(first, later), "it remembers nothing"
    interpreter.reset()
    np.testing.assert_array_equal(interpreter.run(windows).scores, first)
    # in pieces: a stream comes in blocks
    interpreter.reset()
    pieces = [interpreter.run(windows[at : at + 5]).scores for at in range(0, 12, 5)]
    np.testing.assert_array_equal(np.concatenate(pieces), first)
    # with the same columns all the time only the counts change: up and down by one a window
    interpreter.reset()
    logits = interpreter.run(np.full((3, interpreter.model.cells), 127, np.int8)).logits
    assert logits is not None
    np.testing.assert_array_equal(logits[2].astype(int) - logits[1], [1, -1])


@needs_micro
def test_tflite_micros_own_reset_is_not_the_models_start() -> None:
    """Why interpreters are built anew. When this fails, TFLite Micro's Reset() has become good enough."""
    data = sample_model("stream")
    window = np.full(inspect_model(data).input.shape, 5, np.int8)
    own = micro.runtime().Interpreter.from_bytes(data, arena_size=1 << 16)
    outputs = []
    for _ in range(2):
        own.set_input(window, 0)
        own.invoke()
        outputs.append(np.array(own.get_output(0)))
        own.reset()
    assert not np.array_equal(outputs[0], outputs[1])
