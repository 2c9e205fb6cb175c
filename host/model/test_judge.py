"""Where two interpreters part: the op is found, float64 arithmetic says which side is off, and people are told."""

import numpy as np
import pytest

from ..bundle.expectation import REFERENCE, TFLITE_MICRO, Expectation
from . import micro
from .float_op import float_output, steps_off
from .inspect import inspect_model, read_graph
from .judge import judged
from .locate import OpDifference, first_difference_of
from .op_measure import both_outputs, random_tensors, versions
from .parting_ops import advice_for, facts
from .reference import EQUAL_LITERT, LITERT, TENSORFLOW
from .samples import sample_model
from .testdata.graph import Graph
from .testdata.op_cases import CASES, INT8, binary
from .verify import verify_model

pytestmark = pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))


def parting(key: tuple[str, str], wide: bool = False) -> tuple[bytes, OpDifference]:
    for seed in range(8):
        data = CASES[key](np.random.default_rng(seed), wide)
        found = first_difference_of(data, random_tensors(read_graph(data), 6, seed))
        if found is not None:
            return data, found
    raise AssertionError(f"{key} does not part: measure the ops again (tools/measure_ops.py)")


@pytest.mark.parametrize(
    ("key", "wide", "off"),
    [
        (("SUM", ""), False, REFERENCE),
        (("BATCH_MATMUL", "adj_x and a batch"), False, REFERENCE),
        (("RELU6", "not fused, another scale"), False, TFLITE_MICRO),
        (("RELU6", "not fused, another scale"), True, TFLITE_MICRO),
        (("SPACE_TO_BATCH_ND", "padded"), False, TFLITE_MICRO),
        (("TRANSPOSE_CONV", "int32 bias"), True, TFLITE_MICRO),
        (("ABS", ""), True, "neither"),
    ],
)
def test_float64_says_which_side_is_off(key: tuple[str, str], wide: bool, off: str) -> None:
    data, found = parting(key, wide)
    verdict = judged(data, found)
    assert (verdict.side, verdict.op, verdict.off) == (TFLITE_MICRO, key[0], off)
    assert key[0] in verdict.sentence and verdict.sentence.endswith("are expected of the device.")
    if off in (REFERENCE, TFLITE_MICRO):  # the other side is right to a step or so
        right = verdict.tflite_micro_steps if off == REFERENCE else verdict.reference_steps
        assert right is not None and right < 2


def test_an_op_without_arithmetic_is_not_judged() -> None:
    data, found = parting(("SUM", ""))
    unknown = OpDifference(found.index, "SUM", "t", 1, 1, 9)
    assert judged(data, unknown).off == "unknown"


def softly_broken() -> bytes:
    """A bundle's model with SUM int8 in its middle: [1, 8, 16] -> [1, 3]."""
    rng, graph = np.random.default_rng(5), Graph()
    window = graph.tensor("window", (1, 8, 16), INT8, 0.02, 3)
    axes = graph.tensor("axes", (1,), 2, data=np.array([1], np.int32))
    sums = graph.tensor("sums", (1, 16), INT8, 0.08, -2)
    graph.op("SUM", 2, [window, axes], [sums], keepDims=False)
    logits = graph.tensor("logits", (1, 3), INT8, 0.3)
    graph.dense(sums, logits, rng, 16, 0.08 * 0.02)
    return graph.file([window], [logits])


def test_verification_records_what_is_expected() -> None:
    data = softly_broken()
    model = inspect_model(data)
    found = verify_model(data, model, windows=12)
    assert found.differing and found.expected is not None
    assert (found.expected.side, found.expected.op, found.expected.index) == (TFLITE_MICRO, "SUM", 0)
    assert found.expected.off == REFERENCE
    assert "TensorFlow's reference kernel is wrong at op 0, SUM" in found.expected.sentence
    assert not found.dead, "TFLite Micro gives a live answer"
    equal = verify_model(sample_model("flat"), inspect_model(sample_model("flat")), windows=6)
    assert equal.expected is None and not equal.dead


def test_a_model_is_dead_only_when_both_sides_are() -> None:
    graph = Graph()
    window = graph.tensor("window", (1, 8), INT8, 0.02, 3)
    zero = graph.tensor("zero", (1, 8), INT8, 1.0, 0, data=np.zeros((1, 8), np.int8))
    nothing = graph.tensor("nothing", (1, 8), INT8, 0.1, 0)
    graph.op("MUL", 2, [window, zero], [nothing])
    data = graph.file([window], [nothing])
    assert verify_model(data, inspect_model(data), windows=6).dead


def test_what_the_reference_refuses_and_tflite_micro_runs() -> None:
    rng = np.random.default_rng(1)
    key = ("DEPTHWISE_CONV_2D", "int32 bias")
    data = CASES[key](rng, True)
    pairs = both_outputs(data, 2, seed=1)
    assert all(ours is None for _, _, ours, _ in pairs)


def test_arithmetic_agrees_with_kernels_that_agree_with_each_other() -> None:
    """The third opinion itself: within two steps of both wherever both are the same."""
    judged_ops = 0
    for key in sorted(CASES):
        row = next(r for r in facts()["rows"] if (r["op"], r["when"], r["type"]) == (*key, "int8"))
        if row["verdict"] != "equal":
            continue
        data = CASES[key](np.random.default_rng(3), False)
        for values, number, ours, theirs in both_outputs(data, 3, seed=4):
            assert ours is not None and np.array_equal(ours, theirs), key
            real = float_output(data, 0, values)
            if real is not None:
                judged_ops += 1
                assert steps_off(data, number, real, theirs) < (2 if key[0] == "ELU" else 1), key
    assert judged_ops > 3 * 25


def test_arithmetic_notices_one_wrong_cell() -> None:
    data = binary("ADD", 2)(np.random.default_rng(3), False)
    values, number, _, theirs = both_outputs(data, 1, seed=4)[0]
    wrong = theirs.copy()
    middle = tuple(np.argwhere(np.abs(theirs) < 100)[0])
    wrong[middle] += 5
    real = float_output(data, 0, values)
    assert real is not None and steps_off(data, number, real, wrong) > 4


def test_the_table_is_of_the_pinned_versions_and_whole() -> None:
    table = facts()
    assert table["versions"][LITERT] == EQUAL_LITERT
    assert set(versions()) <= {LITERT, TENSORFLOW, "tflite-micro"}
    assert {(row["op"], row["when"]) for row in table["rows"]} == set(CASES)
    verdicts = {(row["op"], row["when"], row["type"]): row["verdict"] for row in table["rows"]}
    assert verdicts["SUM", "", "int8"] == "reference off"
    assert verdicts["RELU6", "not fused, another scale", "int8"] == "tflite_micro off"
    assert verdicts["CONV_2D", "", "int8"] == "equal"


@pytest.mark.parametrize(
    ("key", "wide", "said"),
    [
        (("RELU6", "not fused, another scale"), False, "TFLite Micro itself is wrong here"),
        (("SUM", ""), False, "reference kernel is wrong here"),
        (("MUL", ""), True, "±1 allowed at this op"),
    ],
)
def test_people_are_told_of_a_models_ops(key: tuple[str, str], wide: bool, said: str) -> None:
    advice = advice_for(CASES[key](np.random.default_rng(0), wide))
    assert [said in each.text for each in advice] == [True], advice


def test_nothing_is_said_of_equal_ops() -> None:
    for name in ("sigmoid", "flat", "stream", "uint8"):
        assert advice_for(sample_model(name)) == []


def test_an_lstm_has_no_byte_exact_expectation() -> None:
    """The two are implemented apart from each other: what they part by grows with the state they carry."""
    key = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "int16 state")
    (advice,) = advice_for(CASES[key](np.random.default_rng(0), False))
    assert advice.op == key[0] and "no byte-exact expectation" in advice.text
    _, found = parting(key)
    assert found.op == key[0] and found.largest >= 1


def test_the_sentence_names_both_distances() -> None:
    told = Expectation(TFLITE_MICRO, "RELU6", 4, TFLITE_MICRO, 0.5, 63.0).sentence
    assert "TFLite Micro itself is wrong at op 4, RELU6" in told
    assert "the reference 0.50 steps, TFLite Micro 63.00 steps" in told
