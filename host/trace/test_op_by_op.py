"""A window op by op: the op that departs is named, what equals is said, and nothing is asked for that is equal."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..model.ends import Tensor
from ..model.flatbuffer import root
from ..model.inspect import read_graph
from ..model.op_words import layer_name, op_parameters
from ..model.worker import ModelWorker
from .fake_traces import FakeTraced
from .host_tensors import host_tensors
from .op_by_op import trace_tensors
from .overlay import overlays
from .values import trace_values
from .window import WindowTrace, passage_of, trace_window
from .words import trace_sentence

pytest.importorskip("tflite_micro")
BUNDLE = load_bundle(DEFAULT_BUNDLE)
GRAPH = read_graph(BUNDLE.model_bytes)
OPS = len(GRAPH.operators)
CONVOLUTION = next(n for n, operator in enumerate(GRAPH.operators) if operator.name == "CONV_2D")
WEIGHED = [  # ops with weights of their own
    n for n, operator in enumerate(GRAPH.operators) if operator.name.endswith(("CONV_2D", "FULLY_CONNECTED"))
]


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


@pytest.fixture(scope="module")
def sound() -> NDArray[np.int16]:
    return np.random.default_rng(1).normal(0, 3000, 30_000).astype(np.int16)


def _traced(
    device: FakeTraced, sound: NDArray[np.int16], worker: ModelWorker, window: int = 3
) -> WindowTrace:
    return trace_window(device, BUNDLE, passage_of(BUNDLE, sound, window), worker)


def _output(op: int) -> int:
    return GRAPH.operators[op].outputs[0]


def test_equal_tensors_are_all_told_and_none_is_fetched(
    worker: ModelWorker, sound: NDArray[np.int16]
) -> None:
    device = FakeTraced(BUNDLE)
    trace = _traced(device, sound, worker).tensors
    assert trace.agreed and trace.compared == OPS == len(trace.rows)
    assert trace_sentence(trace) == f"all {OPS} tensors of window 3 are equal"
    ends = BUNDLE.model.cells + BUNDLE.model.values  # the model's input and its outputs alone
    assert device.asked_bytes == ends


@pytest.mark.parametrize("op", range(OPS))
def test_the_op_that_departs_is_named(worker: ModelWorker, sound: NDArray[np.int16], op: int) -> None:
    def spoil(tensor: Tensor) -> Tensor:
        tensor = tensor.copy()
        tensor.flat[0] ^= 1
        return tensor

    trace = _traced(FakeTraced(BUNDLE, {_output(op): spoil}), sound, worker).tensors
    assert trace.departure is not None and trace.departure.row.record.op == op
    assert trace.departure.row.different == 1 and trace.departure.inputs_equal
    said = trace_sentence(trace)
    assert said.startswith(f"op {op} of {OPS}, {GRAPH.operators[op].name} `")
    assert said.endswith("; its input is equal")
    assert "at most 1 LSB" in said or "by 1 LSB" in said


def test_the_sentence_has_shape_settings_and_pattern(worker: ModelWorker, sound: NDArray[np.int16]) -> None:
    tensor = GRAPH.tensors[_output(CONVOLUTION)]
    channel = tensor.shape[-1] // 2

    def spoil(tensor: Tensor) -> Tensor:
        tensor = tensor.copy()
        tensor[0, :4, 3, channel] ^= 1
        return tensor

    trace = _traced(FakeTraced(BUNDLE, {_output(CONVOLUTION): spoil}), sound, worker).tensors
    shape, cells = "×".join(map(str, tensor.shape)), int(np.prod(tensor.shape))
    about = ", ".join(op_parameters(BUNDLE.model_bytes, CONVOLUTION))
    assert about.startswith(shape) and "stride" in about and about.endswith("per-channel")
    assert trace_sentence(trace).startswith(
        f"op {CONVOLUTION} of {OPS}, CONV_2D `{layer_name(tensor.name)}` ({about}): 4 of {cells:,} cells differ, "
        f"at most 1 LSB, all in channel {channel}"
    )


def test_an_output_that_is_written_over_is_told_with_what_ran_later(
    worker: ModelWorker, sound: NDArray[np.int16]
) -> None:
    logits = GRAPH.outputs[BUNDLE.model.logits.index] if BUNDLE.model.logits else -1
    if logits < 0:
        pytest.skip("the bundle's model has no logits")
    device = FakeTraced(BUNDLE, after={logits: lambda tensor: tensor + 1})
    trace = _traced(device, sound, worker).tensors
    assert trace.departure is None and len(trace.overwritten) == 1 and not trace.agreed
    last = GRAPH.operators[-1].name
    assert f"what ran behind it wrote over it (op {OPS - 1}, {last})" in trace_sentence(trace)


def test_an_output_behind_which_nothing_runs_was_not_written_over(
    worker: ModelWorker, sound: NDArray[np.int16]
) -> None:
    last = GRAPH.operators[-1].outputs[0]
    assert last in GRAPH.outputs
    trace = _traced(FakeTraced(BUNDLE, after={last: lambda tensor: tensor + 1}), sound, worker).tensors
    assert trace.departure is None and len(trace.overwritten) == 1
    said = trace_sentence(trace)
    assert "wrote over" not in said and said.endswith(
        "no op that ran later does that, so what reads it is wrong"
    )


def test_the_host_computes_on_the_devices_own_input(worker: ModelWorker, sound: NDArray[np.int16]) -> None:
    def columns(right: Tensor) -> Tensor:
        wrong = right.copy()
        wrong[-1, 0] ^= 3
        return wrong

    trace = _traced(FakeTraced(BUNDLE, columns=columns), sound, worker).tensors
    assert trace.input_different == 1 and trace.agreed


def test_a_board_with_another_model_is_refused(worker: ModelWorker, sound: NDArray[np.int16]) -> None:
    device = FakeTraced(BUNDLE)
    _traced(device, sound, worker)
    records = device.trace_ops()
    device.trace_ops = lambda: list(reversed(records))  # type: ignore[method-assign]
    tensor = np.zeros((1, *BUNDLE.model.input.shape), np.int8)
    host = host_tensors(worker, BUNDLE.model_bytes, tensor, "reference")
    for index, record in enumerate(records):
        object.__setattr__(record, "op", len(records) - 1 - index)
    with pytest.raises(HilError, match="runs another model"):
        trace_tensors(device, BUNDLE.model_bytes, host, 0)


def test_programs_get_all_of_it(worker: ModelWorker, sound: NDArray[np.int16]) -> None:
    traced = _traced(FakeTraced(BUNDLE, {_output(4): lambda tensor: tensor + 1}), sound, worker)
    values = trace_values(traced)
    assert values["departs_at"] == 4 and values["inputs_equal"] is True and not values["agreed"]
    assert len(values["tensors"]) == OPS
    assert values["tensors"][3]["different"] == 0 and values["tensors"][4]["different"] > 0


def test_model_explorer_gets_a_value_for_every_tensor(worker: ModelWorker, sound: NDArray[np.int16]) -> None:
    traced = _traced(FakeTraced(BUNDLE, {_output(4): lambda tensor: tensor + 1}), sound, worker)
    found = overlays(traced.tensors, GRAPH)
    results = found["mismatch"]["main"]["results"]
    assert set(results) == {GRAPH.tensors[_output(op)].name for op in range(OPS)}
    assert results[GRAPH.tensors[_output(3)].name]["value"] == 0
    assert results[GRAPH.tensors[_output(4)].name]["value"] > 0
    assert set(found["time"]["main"]["results"]) == set(results)


@pytest.mark.parametrize("op", sorted({WEIGHED[place * (len(WEIGHED) - 1) // 4] for place in range(5)}))
def test_a_weight_that_is_another_one_on_the_board_is_found(
    worker: ModelWorker, sound: NDArray[np.int16], op: int
) -> None:
    """Nothing is told of a fault: the board's own model has a weight that is not the bundle's."""
    model = bytearray(BUNDLE.model_bytes)
    number = GRAPH.operators[op].inputs[1]
    at, count = weights_of(BUNDLE.model_bytes, number)
    for place in range(at, at + count):
        model[place] ^= 0x40
    trace = _traced(FakeTraced(BUNDLE, model_bytes=bytes(model)), sound, worker).tensors
    assert trace.departure is not None and trace.departure.row.record.op == op


def weights_of(model: bytes, number: int) -> tuple[int, int]:
    """At which byte a constant tensor's values begin, and how many bytes they have."""
    table = root(model)
    tensor = list(next(iter(table.tables(2))).tables(0))[number]
    return list(table.tables(4))[tensor.scalar(2, "I")].vector(0, 1)


def test_a_window_that_the_sound_has_not_is_refused(sound: NDArray[np.int16]) -> None:
    with pytest.raises(HilError, match="no window 900, the last one is"):
        passage_of(BUNDLE, sound, 900)
    with pytest.raises(HilError, match="shorter than one"):
        passage_of(BUNDLE, sound[:100], 0)


def test_a_window_is_streamed_alone_where_that_gives_the_same(sound: NDArray[np.int16]) -> None:
    alone, whole = passage_of(BUNDLE, sound, 3), passage_of(BUNDLE, sound, 3, whole=True)
    assert (alone.streamed, whole.streamed) == (0, 3)
    assert np.array_equal(alone.columns[-BUNDLE.frames :], whole.columns[-BUNDLE.frames :])
    assert len(alone.samples) < len(whole.samples)
