"""Multiply-accumulates of each op of a model, from its shapes: what cycles are held against."""

import math

from .inspect import Graph, Operator


def macs(graph: Graph, operator: Operator) -> int:
    """Multiply-accumulates of an op; 0 for one that has none, such as a copy or a table.

    Convolutions count every position of the filter, also those over the padding, as is usual.
    """
    if not operator.outputs or operator.outputs[0] < 0:
        return 0
    output = math.prod(graph.tensors[operator.outputs[0]].shape)
    filter_shape = _shape(graph, operator, 1)
    if operator.name == "CONV_2D" and len(filter_shape) == 4:
        return output * math.prod(filter_shape[1:])
    if operator.name == "DEPTHWISE_CONV_2D" and len(filter_shape) == 4:
        return output * filter_shape[1] * filter_shape[2]
    if operator.name == "TRANSPOSE_CONV" and len(filter_shape) == 4:
        return math.prod(_shape(graph, operator, 2)) * math.prod(filter_shape[:3])
    if operator.name == "FULLY_CONNECTED" and len(filter_shape) == 2:
        return output * filter_shape[1]
    if operator.name == "BATCH_MATMUL":
        return output * (_shape(graph, operator, 0) or (0,))[-1]
    if operator.name == "SVDF" and len(filter_shape) == 2:
        return math.prod(filter_shape) + math.prod(_shape(graph, operator, 2))
    return 0


def _shape(graph: Graph, operator: Operator, place: int) -> tuple[int, ...]:
    """The shape of an input, empty where it has none."""
    if place >= len(operator.inputs) or operator.inputs[place] < 0:
        return ()
    return graph.tensors[operator.inputs[place]].shape
