"""What the ops of a model give, a fault at one of them, and what is run again."""

from pathlib import Path

import numpy as np
import pytest

from ..errors import HilError
from .cut import cut_before, fed_after
from .inspect import read_graph
from .micro import available
from .op_fault import FaultyRunner, OpFault, with_other_weights
from .reference import build
from .traced import ASSIGN_VARIABLE, WRITTEN_INPUT, told_tensors
from .tracer import PlainRunner, Tracer

FILES = Path(__file__).with_name("testdata")
MODELS = ("flat", "fullyconv", "grouped", "int16", "sigmoid", "softmax", "stream", "svdf", "uint8")
CUT = [name for name in MODELS if name != "stream"]
needs_micro = pytest.mark.skipif(not available(), reason="no tflite-micro here")


def _model(name: str) -> bytes:
    return (FILES / f"{name}.tflite").read_bytes()


def _inputs(runner: PlainRunner, seed: int = 0) -> list[bytes]:
    random = np.random.default_rng(seed)
    return [random.bytes(size) for size in runner.interpreter.input_bytes()]


def test_what_is_written_besides_outputs_is_told() -> None:
    assert [told.role for told in told_tensors(_model("svdf")) if told.role >= WRITTEN_INPUT] == [0x84]
    written = [told for told in told_tensors(_model("stream")) if told.role >= WRITTEN_INPUT]
    assert {told.role for told in written} == {WRITTEN_INPUT + 1}
    assert {told.code for told in written} == {ASSIGN_VARIABLE}
    graph = read_graph(_model("stream"))
    handles = {op.outputs[0] for op in graph.operators if op.name == "VAR_HANDLE"}
    assert handles and not handles & {told.tensor for told in told_tensors(_model("stream"))}


@needs_micro
@pytest.mark.parametrize("name", CUT)
def test_tensors_are_those_of_the_reference(name: str) -> None:
    model = _model(name)
    runner = PlainRunner(model)
    inputs = _inputs(runner)
    run = runner.run(inputs)
    reference = build(model, keep_all=True)
    details = reference.get_input_details()[0]
    reference.set_tensor(
        details["index"], np.frombuffer(inputs[0], details["dtype"]).reshape(details["shape"])
    )
    reference.invoke()
    for told, data in run.tensors:
        assert reference.get_tensor(told.tensor).tobytes() == data, told


@needs_micro
@pytest.mark.parametrize("name", CUT)
def test_a_fault_shows_at_its_op_first_and_nothing_is_other_without_it(name: str) -> None:
    model = _model(name)
    inputs = _inputs(PlainRunner(model))
    right = PlainRunner(model).run(inputs)
    for op in range(len(read_graph(model).operators)):
        assert FaultyRunner(model, OpFault(op=op)).run(inputs) == right
        wrong = FaultyRunner(model, OpFault(op=op, add=1)).run(inputs)
        departed = [
            told.op
            for (told, data), (_, expected) in zip(wrong.tensors, right.tensors, strict=True)
            if data != expected
        ]
        assert departed[0] == op, op


@needs_micro
def test_what_follows_a_fault_follows_from_it() -> None:
    model = _model("sigmoid")
    inputs = _inputs(PlainRunner(model))
    right = PlainRunner(model).run(inputs)
    wrong = FaultyRunner(model, OpFault(op=0, cell=3, add=100)).run(inputs)
    assert sum(a != b for a, b in zip(wrong.tensors, right.tensors, strict=True)) > 1


@needs_micro
def test_a_model_whose_variables_lie_on_both_sides_is_not_cut() -> None:
    model = _model("stream")
    with pytest.raises(HilError, match="variable"):
        FaultyRunner(model, OpFault(op=3, add=1))
    with pytest.raises(ValueError, match="nothing comes after"):
        fed_after(model, len(read_graph(model).operators) - 1)
    with pytest.raises(ValueError, match="variable"):
        cut_before(model, 3)


@needs_micro
def test_the_op_whose_weights_are_others_departs_first() -> None:
    model = _model("sigmoid")
    inputs = _inputs(PlainRunner(model))
    right = PlainRunner(model).run(inputs)
    op = next(i for i, op in enumerate(read_graph(model).operators) if op.name == "FULLY_CONNECTED")
    stale = with_other_weights(model, op)
    assert len(stale) == len(model) and sum(a != b for a, b in zip(stale, model, strict=True)) == 1
    wrong = PlainRunner(stale).run(inputs)
    departed = [
        told.op
        for (told, data), (_, other) in zip(wrong.tensors, right.tensors, strict=True)
        if data != other
    ]
    assert departed[:1] in ([op], [])


@needs_micro
@pytest.mark.parametrize("name", ["stream", "svdf"])
def test_a_trace_begins_from_what_was_kept(name: str) -> None:
    model = _model(name)
    runner = PlainRunner(model)
    windows = [_inputs(runner, seed)[0] for seed in range(5)]
    runs = [runner.run([window]) for window in windows]
    tracer = Tracer(lambda: PlainRunner(model), stateful=True)
    for window in windows[:3]:
        tracer.saw(window)
    assert tracer.keep() == (0, 0)
    for window in windows[3:]:
        tracer.saw(window)
    assert tracer.trace([windows[3]]) == runs[3] != tracer.trace([windows[4]])
    assert tracer.trace([windows[3]]) == runs[3]


@pytest.mark.parametrize(
    "text",
    ["op=1,cell=-1,add=1", "op=x", "op", "", "cell=3", "op=1,every=0", "foo=1", "weights=-2", "op=1,op_=2"],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(HilError):
        OpFault.parse(text)
