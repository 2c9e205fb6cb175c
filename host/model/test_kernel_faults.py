"""The table of known kernel faults: its form, what each row strikes and what it leaves alone, and versions."""

from dataclasses import replace

import pytest

from .inspect import Tensor
from .kernel_faults import (
    CERTAINTIES,
    EFFECTS,
    DeviceKernels,
    KernelFault,
    KnownFault,
    fault_table,
    known_faults,
)
from .kernel_names import ESP_NN, ESP_NN_ANSI, KERNELS, REFERENCE
from .names import INT8
from .op_facts import Fact, OpFacts, _padding, op_facts
from .samples import sample_model

FAULTS = {fault.id: fault for fault in fault_table()}
CHIP = DeviceKernels(ESP_NN, "esp32")


def _op(op: str, **facts: Fact) -> OpFacts:
    tensor = Tensor("x", INT8, (1, 1, 1, 10), (), 0.5, 0)
    return OpFacts(5, op, (tensor,), tensor, facts)


# the smallest change that spares an op, for every row
STRUCK: dict[str, tuple[OpFacts, list[dict[str, Fact]]]] = {
    "espnn-softmax-rank": (
        _op("SOFTMAX", input_type="int8", output_type="int8", input_rank=4, input_dim1=1, input_last=10),
        [{"input_rank": 2}, {"input_dim1": 10}, {"output_type": "int16"}],
    ),
    "espnn-conv-grouped": (
        _op("CONV_2D", input_type="int8", input_dim3=4, filter_dim3=2, dilation_width=1, dilation_height=1),
        [{"filter_dim3": 4}, {"dilation_width": 2}, {"input_type": "int16"}],
    ),
    "espnn-s3-dense-alignment": (
        _op("FULLY_CONNECTED", input_type="int8", filter_type="int8"),
        [{"filter_type": "int4"}],
    ),
    "espnn-s3-depthwise-padding": (
        _op(
            "DEPTHWISE_CONV_2D",
            input_type="int8",
            depth_multiplier=1,
            input_dim3=32,
            filter_dim1=3,
            filter_dim2=3,
            pad_top=0,
            pad_left=1,
        ),
        [{"pad_top": 1}, {"input_dim3": 24}, {"depth_multiplier": 2}, {"filter_dim1": 5}],
    ),
    "espnn-s3-conv-padding": (
        _op(
            "CONV_2D",
            input_type="int8",
            same=1,
            pad_top=1,
            pad_left=0,
            pad_bottom=1,
            pad_right=1,
            dilation_width=1,
            dilation_height=1,
        ),
        [{"pad_right": 0}, {"pad_top": 0}, {"same": 0}],
    ),
    "tflm-relu6-scale": (_op("RELU6", input_scale=0.5, output_scale=0.25), [{"output_scale": 0.5}]),
    "tflm-relu6-zero-point": (
        _op("RELU6", input_scale=0.5, output_scale=0.5, input_zero_point=0, output_zero_point=-128),
        [{"output_zero_point": 0}, {"output_scale": 0.25}],
    ),
    "tflm-space-to-batch-padding": (
        _op("SPACE_TO_BATCH_ND", input_type="int8", input_cells=30, output_cells=32),
        [{"output_cells": 30}],
    ),
    "tflm-softmax-classes": (_op("SOFTMAX", input_type="int8", input_last=512), [{"input_last": 511}]),
}


def test_every_row_has_a_case_and_words_for_people() -> None:
    assert set(STRUCK) == set(FAULTS)
    for fault in FAULTS.values():
        assert fault.effect in EFFECTS and fault.certain in CERTAINTIES and set(fault.kernels) <= set(KERNELS)
        assert fault.what and fault.cure and fault.source and fault.when
        assert not fault.what.endswith(".") and not fault.cure.endswith(".")


@pytest.mark.parametrize("name", STRUCK)
def test_a_row_strikes_its_ops_and_spares_the_next_ones(name: str) -> None:
    fault, (op, spared) = FAULTS[name], STRUCK[name]
    assert fault.strikes(op)
    assert not fault.strikes(replace(op, op="ADD"))
    for change in spared:
        assert not fault.strikes(replace(op, facts={**op.facts, **change})), change
    for left, _, right in fault.when:  # a fact that is not there holds nothing
        for fact in {*str(left).split(" + "), *str(right).split(" + ")} & set(op.facts):
            fewer = {key: value for key, value in op.facts.items() if key != fact}
            assert not fault.strikes(replace(op, facts=fewer)), fact


def test_facts_of_a_real_model() -> None:
    ops = op_facts(sample_model("softmax"))
    (softmax,) = [op for op in ops if op.op == "SOFTMAX"]
    assert (
        softmax.facts["input_rank"] == 2 and softmax.facts["input_last"] == softmax.facts["input_dim1"] == 5
    )
    conv = next(op for op in ops if op.op == "CONV_2D")
    assert conv.facts["filter_dim3"] == conv.facts["input_dim3"] and conv.facts["stride_width"] == 4
    assert str(softmax) == f"op {len(ops) - 1}, SOFTMAX on [1, 5]"


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "before", "after"),
    [
        (10, 3, 1, 1, 1, 1),
        (10, 3, 2, 1, 0, 1),
        (9, 3, 2, 1, 1, 1),
        (10, 5, 2, 1, 1, 2),
        (10, 1, 2, 1, 0, 0),
        (10, 3, 1, 2, 2, 2),
    ],
)
def test_padding_is_tensorflows(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    facts: dict[str, Fact] = {"same": 0, "input_dim1": size, "filter_dim1": kernel}
    facts |= {"input_dim2": 5, "filter_dim2": 1, "stride_width": 1, "dilation_width": 1}
    facts |= {"stride_height": stride, "dilation_height": dilation}
    facts["same"] = 1
    found = _padding({**facts, "same": 0})
    assert (found["pad_top"], found["pad_bottom"]) == (before, after)


@pytest.mark.parametrize(
    ("name", "fault", "op"),
    [
        ("fullyconv", "espnn-softmax-rank", "SOFTMAX on [1, 1, 1, 5]"),
        ("grouped", "espnn-conv-grouped", "CONV_2D"),
    ],
)
def test_models_that_the_table_is_about(name: str, fault: str, op: str) -> None:
    (known,) = known_faults(sample_model(name), CHIP)
    assert known.fault.id == fault and op in known.sentence
    assert known.crashes == (name == "grouped")
    assert known_faults(sample_model(name), DeviceKernels(REFERENCE)) == [], (
        "TFLite Micro's own kernel can do it"
    )


def test_the_committed_models_are_safe_on_the_classic_chip() -> None:
    for name in ("sigmoid", "softmax", "flat", "svdf"):
        assert known_faults(sample_model(name), CHIP) == []


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (None, True),
        ("1.2.3", True),
        ("1.2.3~1", True),
        ("1.2.6", False),
        ("1.10.0", False),
        ("2", False),
        ("?", True),
    ],
)
def test_a_version_switches_off_what_is_mended_and_nothing_else_does(version: str | None, told: bool) -> None:
    versions = {"esp-tflite-micro": "9.9.9"} | ({"esp-nn": version} if version is not None else {})
    found = known_faults(sample_model("sigmoid"), DeviceKernels(ESP_NN, "esp32s3", versions))
    assert ("espnn-s3-dense-alignment" in {known.fault.id for known in found}) == told


def test_plain_c_behind_the_same_wrappers_has_the_wrappers_faults_only() -> None:
    plain = DeviceKernels(ESP_NN_ANSI, "esp32")
    assert [known.fault.id for known in known_faults(sample_model("grouped"), plain)] == [
        "espnn-conv-grouped"
    ]
    assert known_faults(sample_model("fullyconv"), plain) == []


def test_other_kernels_and_chips_are_left_alone() -> None:
    model = sample_model("sigmoid")
    assert known_faults(model, DeviceKernels(ESP_NN, "esp32")) == []
    assert known_faults(model, DeviceKernels(REFERENCE, "esp32s3")) == []
    assert len(known_faults(model, DeviceKernels(ESP_NN, ""))) == 1, "any chip"


def test_the_sentence_names_op_shape_library_and_effect() -> None:
    known = KnownFault(FAULTS["espnn-softmax-rank"], (STRUCK["espnn-softmax-rank"][0],), None, "this esp32")
    assert known.sentence.startswith(
        "op 5, SOFTMAX on [1, 1, 1, 10] gives wrong values on this esp32 (esp-tflite-micro of unknown version)"
    )
    assert "Cure: flatten before the softmax" in str(known) and "Source:" in str(known)
    assert not known.crashes and known.expected


def test_only_a_crash_that_is_certain_counts_as_one() -> None:
    def known(fault: KernelFault) -> KnownFault:
        return KnownFault(fault, (STRUCK[fault.id][0],), "1.0", "x")

    assert known(FAULTS["espnn-conv-grouped"]).crashes
    assert (
        not known(FAULTS["tflm-softmax-classes"]).crashes and known(FAULTS["tflm-softmax-classes"]).expected
    )
    assert not known(FAULTS["espnn-s3-dense-alignment"]).expected
