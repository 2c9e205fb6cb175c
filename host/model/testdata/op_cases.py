"""Models of one op each, with parameters drawn from a seed: to measure where interpreters part."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import SCHEMA as schema
from .graph import Graph
from .op_cases_more import MORE

INT8, INT16, INT32, INT64 = (getattr(schema.TensorType, name) for name in ("INT8", "INT16", "INT32", "INT64"))
NONE, RELU = schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU
Rng = np.random.Generator
Case = Callable[[Rng, bool], bytes]


def _ends(
    graph: Graph, rng: Rng, wide: bool, shape: tuple[int, ...], span: float, name: str = "input"
) -> int:
    """A tensor whose real values span about `span` on either side of 0."""
    if wide:
        return graph.tensor(name, shape, INT16, span * rng.uniform(0.7, 1.3) / 32768)
    return graph.tensor(name, shape, INT8, span * rng.uniform(0.7, 1.3) / 128, int(rng.integers(-40, 41)))


def _constant(graph: Graph, name: str, values: Any) -> int:
    array = np.array(values, np.int32)
    return graph.tensor(name, array.shape, INT32, data=array)


def unary(op: str, version: int, span: float, out: tuple[float, int] | None = None, **options: Any) -> Case:
    """out: scale for int8 (int16: 256th of it) and zero point of the output; None draws them."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, shape = Graph(), (1, 64, int(rng.integers(60, 65)))
        source = _ends(graph, rng, wide, shape, span)
        if out is None:
            output = _ends(graph, rng, wide, shape, span, "output")
        elif wide:
            output = graph.tensor("output", shape, INT16, 1 / 32768)
        else:
            output = graph.tensor("output", shape, INT8, *out)
        graph.op(op, version, [source], [output], **options)
        return graph.file([source], [output])

    return make


def binary(op: str, version: int, **options: Any) -> Case:
    """An op of the input and a constant of its shape."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, shape = Graph(), (1, 50, int(rng.integers(20, 30)))
        source = _ends(graph, rng, wide, shape, 4.0)
        same = op in ("MAXIMUM", "MINIMUM")
        info = graph.quantisation(source)
        scale = info[0] if same else 3.0 * rng.uniform(0.7, 1.3) / (32768 if wide else 128)
        zero_point = info[1] if same or wide else int(rng.integers(-40, 41))
        limits = (-32768, 32768) if wide else (-128, 128)
        data = rng.integers(*limits, shape).astype(np.int16 if wide else np.int8)
        kind = INT16 if wide else INT8
        other = graph.tensor("other", shape, kind, scale, zero_point, data=data)
        output = (
            graph.tensor("output", shape, kind, *info)
            if same
            else _ends(graph, rng, wide, shape, 7.0, "output")
        )
        if op in ("ADD", "SUB") and wide:
            options["potScaleInt16"] = False
        graph.op(op, version, [source, other], [output], **options)
        return graph.file([source], [output])

    return make


def reduced(op: str, version: int) -> Case:
    """Over one axis."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, columns = Graph(), int(rng.integers(4, 12)), int(rng.integers(3, 9))
        source = _ends(graph, rng, wide, (1, rows, columns), 2.0)
        axes = _constant(graph, "axes", [1])
        span = 2.0 * (rows**0.5 if op == "SUM" else 1)
        if op == "SUM" and wide:  # one scale is what TensorFlow asks for
            output = graph.tensor("output", (1, columns), INT16, *graph.quantisation(source))
        else:
            output = _ends(graph, rng, wide, (1, columns), span, "output")
        graph.op(op, version, [source, axes], [output], keepDims=False)
        return graph.file([source], [output])

    return make


def dense(rng: Rng, wide: bool) -> bytes:
    """FULLY_CONNECTED."""
    graph, cells, units = Graph(), int(rng.integers(8, 40)), int(rng.integers(2, 9))
    source = _ends(graph, rng, wide, (1, cells), 2.0)
    output = _ends(graph, rng, wide, (1, units), 2.0 * cells**0.5, "output")
    graph.dense(source, output, rng, cells, graph.quantisation(source)[0] * 0.01)
    return graph.file([source], [output])


def convolution(op: str, version: int, bias: Any = None) -> Case:
    """CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV with weights per channel. bias: type in 16x8; None: int64."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, depth, units = (
            Graph(),
            int(rng.integers(4, 8)),
            int(rng.integers(1, 4)),
            int(rng.integers(2, 5)),
        )
        source = _ends(graph, rng, wide, (1, rows, rows, depth), 2.0)
        depthwise, transposed = op == "DEPTHWISE_CONV_2D", op == "TRANSPOSE_CONV"
        units = depth if depthwise else units
        side = 2 * rows if transposed else rows
        output = _ends(graph, rng, wide, (1, side, side, units), 8.0, "output")
        shape = (1, 3, 3, units) if depthwise else (units, 3, 3, depth)
        scales = [float(each) for each in rng.uniform(0.005, 0.02, units)]
        data = rng.integers(-127, 128, shape).astype(np.int8)
        weights = graph.tensor("weights", shape, INT8, scales, data=data, axis=3 if depthwise else 0)
        kind = (bias or INT64) if wide else INT32
        sums = [graph.quantisation(source)[0] * scale for scale in scales]
        limit = int(0.5 / max(sums))
        numbers = rng.integers(-limit, limit + 1, units).astype(np.int64 if kind == INT64 else np.int32)
        added = graph.tensor("bias", (units,), kind, sums, data=numbers)
        steps = {"padding": schema.Padding.SAME, "strideH": 1 + transposed, "strideW": 1 + transposed}
        if transposed:
            inputs = [_constant(graph, "shape", [1, side, side, units]), weights, source, added]
        else:
            inputs = [source, weights, added]
            steps |= {"dilationHFactor": 1, "dilationWFactor": 1}
        if depthwise:
            steps |= {"depthMultiplier": 1}
        elif wide and bias is not None:
            steps |= {"quantizedBiasType": bias}
        graph.op(op, version, inputs, [output], **steps)
        return graph.file([source], [output])

    return make


def matmul(adjoint: bool) -> Case:
    """BATCH_MATMUL with a constant right side; adjoint: adj_x and a batch of three."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, inner, columns, batch = Graph(), 4, 5, int(rng.integers(2, 7)), 3 if adjoint else 1
        left = (batch, inner, rows) if adjoint else (batch, rows, inner)
        source = _ends(graph, rng, wide, left, 2.0)
        limits = (-32767, 32768) if wide else (-127, 128)
        data = rng.integers(*limits, (1, inner, columns)).astype(np.int16 if wide else np.int8)
        kind = INT16 if wide else INT8
        right = graph.tensor("right", (1, inner, columns), kind, 2 / limits[1], data=data)
        output = _ends(graph, rng, wide, (batch, rows, columns), 5.0, "output")
        graph.op("BATCH_MATMUL", 3 if wide else 2, [source, right], [output], adjX=adjoint, adjY=False)
        return graph.file([source], [output])

    return make


def space_to_batch(rng: Rng, wide: bool) -> bytes:
    """SPACE_TO_BATCH_ND with padding, as dilated convolutions make it."""
    graph, rows, depth = Graph(), 2 * int(rng.integers(1, 4)) + 1, int(rng.integers(1, 4))
    source = _ends(graph, rng, wide, (1, rows, rows, depth), 2.0)
    info = graph.quantisation(source)
    high = (rows + 1) // 2
    output = graph.tensor("output", (4, high, high, depth), INT16 if wide else INT8, *info)
    block, pads = _constant(graph, "block", [2, 2]), _constant(graph, "pads", [[0, 1], [0, 1]])
    graph.op("SPACE_TO_BATCH_ND", 3, [source, block, pads], [output])
    return graph.file([source], [output])


def pool(op: str, version: int) -> Case:
    """AVERAGE_POOL_2D and MAX_POOL_2D; the scale must not change."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, depth = Graph(), 2 * int(rng.integers(2, 6)), int(rng.integers(1, 5))
        source = _ends(graph, rng, wide, (1, rows, rows, depth), 2.0)
        shape = (1, rows // 2, rows // 2, depth)
        output = graph.tensor("output", shape, INT16 if wide else INT8, *graph.quantisation(source))
        steps = {"strideH": 2, "strideW": 2, "filterHeight": 2, "filterWidth": 2}
        graph.op(op, version + wide, [source], [output], padding=schema.Padding.VALID, **steps)
        return graph.file([source], [output])

    return make


def requantised(rng: Rng, wide: bool) -> bytes:
    """QUANTIZE from one integer scale to another."""
    graph, shape = Graph(), (1, 40)
    source, output = _ends(graph, rng, wide, shape, 2.0), _ends(graph, rng, wide, shape, 2.5, "output")
    graph.op("QUANTIZE", 2, [source], [output])
    return graph.file([source], [output])


# (op, what is special) -> case
CASES: dict[tuple[str, str], Case] = {
    **MORE,
    ("ABS", ""): unary("ABS", 2, 4.0),
    ("ADD", ""): binary("ADD", 2),
    ("AVERAGE_POOL_2D", ""): pool("AVERAGE_POOL_2D", 2),
    ("BATCH_MATMUL", ""): matmul(False),
    ("BATCH_MATMUL", "adj_x and a batch"): matmul(True),
    ("CONV_2D", ""): convolution("CONV_2D", 5),
    ("CONV_2D", "int32 bias"): convolution("CONV_2D", 5, INT32),
    ("DEPTHWISE_CONV_2D", ""): convolution("DEPTHWISE_CONV_2D", 5),
    ("DEPTHWISE_CONV_2D", "int32 bias"): convolution("DEPTHWISE_CONV_2D", 5, INT32),
    ("ELU", ""): unary("ELU", 1, 4.0),
    ("FULLY_CONNECTED", ""): dense,
    ("HARD_SWISH", ""): unary("HARD_SWISH", 1, 5.0),
    ("LEAKY_RELU", ""): unary("LEAKY_RELU", 2, 4.0, alpha=0.1),
    ("L2_NORMALIZATION", ""): unary("L2_NORMALIZATION", 2, 2.0, (1 / 128, 0)),
    ("LOG_SOFTMAX", ""): unary("LOG_SOFTMAX", 2, 6.0, (16 / 256, 127)),
    ("LOGISTIC", ""): unary("LOGISTIC", 2, 6.0, (1 / 256, -128)),
    ("MAXIMUM", ""): binary("MAXIMUM", 2),
    ("MAX_POOL_2D", ""): pool("MAX_POOL_2D", 2),
    ("MEAN", ""): reduced("MEAN", 3),
    ("MINIMUM", ""): binary("MINIMUM", 2),
    ("MUL", ""): binary("MUL", 5),
    ("QUANTIZE", ""): requantised,
    ("RELU", "not fused, another scale"): unary("RELU", 3, 4.0),
    ("RELU6", "not fused, another scale"): unary("RELU6", 3, 8.0),
    ("SOFTMAX", ""): unary("SOFTMAX", 3, 6.0, (1 / 256, -128), beta=1.0),
    ("SPACE_TO_BATCH_ND", "padded"): space_to_batch,
    ("SQUARED_DIFFERENCE", ""): binary("SQUARED_DIFFERENCE", 2),
    ("SUB", ""): binary("SUB", 5),
    ("SUM", ""): reduced("SUM", 2),
    ("TANH", ""): unary("TANH", 3, 4.0, (1 / 128, 0)),
    ("TRANSPOSE_CONV", ""): convolution("TRANSPOSE_CONV", 3),
    ("TRANSPOSE_CONV", "int32 bias"): convolution("TRANSPOSE_CONV", 3, INT32),
}
