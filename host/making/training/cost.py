"""What a model costs on a device: multiplications, and an estimate of the ESP32's instructions with ESP-NN.

The estimate was fitted to the ops of ten models, profiled (`Device.profile`) on an emulated LX6: esp-tflite-micro
1.4.0, esp-nn 1.2.3, GCC 12.2 at -O2, 8 ns an instruction. The totals of these models are met within 4 %, a convolution
within 7 %, a pooling within 20 %. Requantising costs about a hundred instructions for every output element, whatever
it was computed from. What a multiplication costs depends on the kernel's inner loop: ESP-NN takes four channels at a
time, so a depthwise convolution of one channel into many is cheap, while a plain one starts its loop anew at every tap.

Another compiler gives other numbers: another build is known to take 5.05 M instructions for the model that takes 6.10 M
here, less at every op.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...model.inspect import Operator, Tensor, read_graph

PER_OUTPUT = 105.0
"""Bias, requantisation and store of a convolution's output element."""
PER_MAC = 7.6
PER_TAP = 33.0
"""Of a plain convolution larger than 1×1: the loop over channels starts anew for each place under the kernel."""
PER_TAP_OF_FEW = 22.0
"""The same with fewer than four channels, where no loop over fours is set up."""
FOURS = 4
"""Channels that a depthwise kernel takes at a time; those left over go one by one."""
DEPTHWISE_OUTPUT, DEPTHWISE_MAC = 82.0, 10.7
DEPTHWISE_REST_OUTPUT, DEPTHWISE_REST_MAC = 90.0, 21.5
WIDENING_OUTPUT, WIDENING_GROUP, WIDENING_MAC = 86.0, 110.0, 6.6
"""A depth multiplier: the input is read once for four outputs. The group is what each input channel costs besides."""
WIDENING_REST_MAC = 17.0
PER_POOLED_OUTPUT, PER_POOLED_INPUT = 30.0, 11.0
PER_MEAN, PER_AVERAGED_INPUT = 1500.0, 140.0
PER_DENSE, PER_DENSE_OUTPUT, PER_DENSE_MAC = 450.0, 95.0, 10.15
PER_RESHAPE, PER_COPIED_BYTE = 200.0, 0.7
PER_OP, PER_ELEMENT = 855.0, 74.0
"""Of any other op."""


@dataclass(frozen=True)
class OpCost:
    """One op of a model: output elements, multiplications, estimated instructions."""

    name: str
    outputs: int
    macs: int
    instructions: int


def model_cost(content: bytes) -> list[OpCost]:
    """The cost of each op of a `.tflite`, in order.

    Raises:
        ModelError: the file is not a model.
    """
    graph = read_graph(content)
    return [op_cost(operator, graph.tensors) for operator in graph.operators]


def total_macs(costs: Sequence[OpCost]) -> int:
    """Multiplications of one inference."""
    return sum(cost.macs for cost in costs)


def total_instructions(costs: Sequence[OpCost]) -> int:
    """Estimated instructions of one inference on the ESP32."""
    return sum(cost.instructions for cost in costs)


def op_cost(operator: Operator, tensors: Sequence[Tensor]) -> OpCost:
    """The cost of one op of a graph with these tensors."""
    output = tensors[operator.outputs[0]].shape
    source = tensors[operator.inputs[0]].shape
    outputs, inputs = math.prod(output), math.prod(source)
    macs, instructions = 0, PER_OP + PER_ELEMENT * outputs
    if operator.name == "CONV_2D":
        _, height, width, channels = tensors[operator.inputs[1]].shape
        macs = outputs * height * width * channels
        instructions = outputs * _convolution_output(height * width, channels)
    elif operator.name == "DEPTHWISE_CONV_2D":
        _, height, width, _ = tensors[operator.inputs[1]].shape
        macs = outputs * height * width
        instructions = outputs * _depthwise_output(height * width, source[-1], output[-1])
    elif operator.name == "FULLY_CONNECTED":
        macs = outputs * tensors[operator.inputs[1]].shape[-1]
        instructions = PER_DENSE + PER_DENSE_OUTPUT * outputs + PER_DENSE_MAC * macs
    elif operator.name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        instructions = PER_POOLED_OUTPUT * outputs + PER_POOLED_INPUT * inputs
    elif operator.name == "MEAN":
        instructions = PER_MEAN + PER_AVERAGED_INPUT * inputs
    elif operator.name == "RESHAPE":
        instructions = PER_RESHAPE + PER_COPIED_BYTE * outputs
    return OpCost(operator.name, outputs, macs, round(instructions))


def _convolution_output(taps: int, channels: int) -> float:
    """Instructions for one output element of a plain convolution."""
    if taps == 1:
        return PER_OUTPUT + PER_MAC * channels
    per_tap = PER_TAP if channels >= FOURS else PER_TAP_OF_FEW
    return PER_OUTPUT + taps * (per_tap + PER_MAC * channels)


def _depthwise_output(taps: int, sources: int, channels: int) -> float:
    """Instructions for one output element of a depthwise convolution, the mean over its channels."""
    multiplier = channels // max(1, sources)
    if multiplier <= 1:
        fast = channels // FOURS * FOURS / max(1, channels)
        return fast * (DEPTHWISE_OUTPUT + DEPTHWISE_MAC * taps) + (1.0 - fast) * (
            DEPTHWISE_REST_OUTPUT + DEPTHWISE_REST_MAC * taps
        )
    fast = multiplier // FOURS * FOURS / multiplier
    return fast * (WIDENING_OUTPUT + WIDENING_GROUP / multiplier + WIDENING_MAC * taps) + (1.0 - fast) * (
        DEPTHWISE_REST_OUTPUT + WIDENING_REST_MAC * taps
    )
