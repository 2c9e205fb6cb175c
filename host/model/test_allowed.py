"""Which of a model's ops may round either way, and which outputs they make; needs TensorFlow's schema alone."""

from dataclasses import replace

import numpy as np
import pytest

from .allowed import RoundingOp, allowed_cells, rounding_ops, said_of
from .inspect import inspect_model
from .samples import sample_model
from .testdata.graph import Graph
from .testdata.op_cases import INT8, INT16


def wide_model(ending: str, inside: str | None = None, relu_scale: float = 0.002) -> bytes:
    """16x8: dense, an op inside, dense, an activation."""
    rng, graph = np.random.default_rng(3), Graph()
    window = graph.tensor("features", (1, 10, 16), INT16, 80 / 32767)
    hidden = graph.tensor("hidden", (1, 6), INT16, 0.002)
    graph.dense(window, hidden, rng, 160, 80 / 32767 * 0.002)
    if inside is not None:
        after = graph.tensor("after", (1, 6), INT16, relu_scale)
        graph.op(inside, 2, [hidden], [after])
        hidden = after
    logits = graph.tensor("logits", (1, 3), INT16, 8 / 32768)
    graph.dense(hidden, logits, rng, 6, 0.002 * 0.0008)
    scores = graph.tensor("scores", (1, 3), INT16, 1 / 32768)
    graph.op(ending, 1, [logits], [scores], **({"beta": 1.0} if ending == "SOFTMAX" else {}))
    return graph.file([window], [scores, logits])


def test_an_op_that_makes_an_output_and_one_inside() -> None:
    assert rounding_ops(wide_model("LOGISTIC")) == ()
    assert rounding_ops(wide_model("SOFTMAX")) == (RoundingOp(2, "SOFTMAX", "int16", (0,)),)
    assert rounding_ops(wide_model("LOGISTIC", "ABS")) == (RoundingOp(1, "ABS", "int16", ()),)
    assert [op.makes for op in rounding_ops(wide_model("SOFTMAX", "RELU", 0.003))] == [(), (0,)]


def test_a_condition_that_a_model_does_not_meet_is_no_reason() -> None:
    assert [op.op for op in rounding_ops(wide_model("SOFTMAX", "RELU", 0.002))] == ["SOFTMAX"]


def test_ops_that_only_pass_on_are_looked_through() -> None:
    graph = Graph()
    window = graph.tensor("window", (1, 8), INT16, 0.001)
    squared = graph.tensor("abs", (1, 8), INT16, 0.001)
    flat = graph.tensor("flat", (1, 8), INT16, 0.001)
    graph.op("ABS", 2, [window], [squared])
    graph.op("RESHAPE", 1, [squared], [flat], newShape=[1, 8])
    assert rounding_ops(graph.file([window], [flat])) == (RoundingOp(0, "ABS", "int16", (0,)),)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "flat", "svdf", "uint8", "int16", "stream"])
def test_models_of_equal_ops_have_none(name: str) -> None:
    assert rounding_ops(sample_model(name)) == ()


def test_a_step_of_an_int16_may_change_both_of_its_bytes() -> None:
    model = inspect_model(wide_model("SOFTMAX"))
    ops = rounding_ops(wide_model("SOFTMAX"))

    def row(scores: list[int], logits: list[int]) -> np.ndarray:  # type: ignore[type-arg]
        values = np.array([*scores, *logits])
        high, low = values >> 8, ((values & 255) ^ 128).astype(np.uint8).view(np.int8)
        return np.concatenate([high, low]).astype(np.int8)[np.newaxis]

    expected = row([255, 5, -1], [0, 0, 0])
    assert allowed_cells(model, ops, expected, row([256, 4, 0], [0, 0, 0])).sum() == 2 + 1 + 2
    assert allowed_cells(model, ops, expected, row([257, 3, 1], [0, 0, 0])).sum() == 0
    assert allowed_cells(model, ops, expected, row([255, 5, -1], [1, 0, 0])).sum() == 0
    other = row([9, 9, 9], [7, 7, 7])
    assert allowed_cells(model, ops, expected, other).sum() == 0
    assert allowed_cells(model, ops, expected, other, other).any(axis=1).all()
    assert allowed_cells(model, (), expected, other, other).sum() == 0


def test_an_int8_step() -> None:
    model = inspect_model(sample_model("flat"))
    op = replace(RoundingOp(1, "ADD", "int8", (0,)))
    expected, came = np.array([[1, -128, 127]], np.int8), np.array([[2, -126, 126]], np.int8)
    assert allowed_cells(model, (op,), expected, came).tolist() == [[True, False, True]]


def test_nothing_is_said_without_such_an_op() -> None:
    assert said_of((), 0, 10) is None
    told = said_of((RoundingOp(4, "SOFTMAX", "int16", (0,)),), 3, 10)
    assert told is not None and "op 4, SOFTMAX int16" in told and "3 of 10 outputs" in told
    assert INT8 != INT16
