"""What a model costs on a device: multiplications, and an estimate of the ESP32's instructions with ESP-NN.

The estimate fits the costs per op that were measured on an emulated ESP32 (esp-tflite-micro 1.4.0, esp-nn 1.2.3) for a
61×40 input: every output element costs about 92 instructions of requantisation and loop, whatever it was computed from,
and a multiplication about 4. Fitted to those ops it is within a third of each, the total within 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from host.model.inspect import Operator, Tensor, read_graph

PER_OUTPUT = 92.0
PER_MAC = 4.1
PER_DEPTHWISE_MAC = 5.3
PER_LONE_DEPTHWISE_OUTPUT = 262.0
"""A depthwise convolution of a single channel runs on the plain C kernel."""
PER_POOLED_OUTPUT = 29.0
PER_POOLED_INPUT = 9.0
PER_AVERAGED_INPUT = 96.0
PER_DENSE_MAC = 8.0
PER_ELEMENT = 60.0
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
        ModelError: the file is no model.
    """
    graph = read_graph(content)
    return [_op_cost(operator, graph.tensors) for operator in graph.operators]


def total_macs(costs: Sequence[OpCost]) -> int:
    """Multiplications of one inference."""
    return sum(cost.macs for cost in costs)


def total_instructions(costs: Sequence[OpCost]) -> int:
    """Estimated instructions of one inference on the ESP32."""
    return sum(cost.instructions for cost in costs)


def _op_cost(operator: Operator, tensors: Sequence[Tensor]) -> OpCost:
    output = tensors[operator.outputs[0]].shape
    source = tensors[operator.inputs[0]].shape
    outputs, inputs = math.prod(output), math.prod(source)
    macs, instructions = 0, PER_ELEMENT * outputs
    if operator.name == "CONV_2D":
        _, height, width, channels = tensors[operator.inputs[1]].shape
        macs = outputs * height * width * channels
        instructions = PER_OUTPUT * outputs + PER_MAC * macs
    elif operator.name == "DEPTHWISE_CONV_2D":
        _, height, width, _ = tensors[operator.inputs[1]].shape
        macs = outputs * height * width
        instructions = PER_OUTPUT * outputs + PER_DEPTHWISE_MAC * macs
        if output[-1] == 1:
            instructions = PER_LONE_DEPTHWISE_OUTPUT * outputs
    elif operator.name == "FULLY_CONNECTED":
        macs = outputs * tensors[operator.inputs[1]].shape[-1]
        instructions = PER_OUTPUT * outputs + PER_DENSE_MAC * macs
    elif operator.name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        instructions = PER_POOLED_OUTPUT * outputs + PER_POOLED_INPUT * inputs
    elif operator.name == "MEAN":
        instructions = PER_AVERAGED_INPUT * inputs
    elif operator.name == "RESHAPE":
        instructions = 2.0 * outputs  # a copy
    return OpCost(operator.name, outputs, macs, round(instructions))
