"""More models of one op each, for `op_cases.CASES`: ops that few audio models use, and those that remember."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import SCHEMA as schema
from .graph import Graph

INT8, INT16, INT32 = (getattr(schema.TensorType, name) for name in ("INT8", "INT16", "INT32"))
Rng = np.random.Generator
Case = Callable[[Rng, bool], bytes]


def _input(graph: Graph, rng: Rng, wide: bool, shape: tuple[int, ...], span: float = 2.0) -> int:
    if wide:
        return graph.tensor("input", shape, INT16, span * rng.uniform(0.7, 1.3) / 32768)
    return graph.tensor("input", shape, INT8, span * rng.uniform(0.7, 1.3) / 128, int(rng.integers(-40, 41)))


def _like(graph: Graph, wide: bool, source: int, shape: tuple[int, ...]) -> int:
    """An output of another shape with the input's scale."""
    return graph.tensor("output", shape, INT16 if wide else INT8, *graph.quantisation(source))


def _constant(graph: Graph, name: str, values: Any) -> int:
    array = np.array(values, np.int32)
    return graph.tensor(name, array.shape, INT32, data=array)


def rearranged(op: str, out: Callable[[int, int], tuple[int, ...]], **options: Any) -> Case:
    """An op of an image [n, 2r, 2r, 4c] that keeps its scale; out: the output's shape of (r, c)."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, depth = Graph(), int(rng.integers(2, 6)), int(rng.integers(1, 4))
        source = _input(graph, rng, wide, (1, 2 * rows, 2 * rows, 4 * depth))
        graph.op(op, 2, [source], [output := _like(graph, wide, source, out(rows, depth))], **options)
        return graph.file([source], [output])

    return make


def mirror_pad(rng: Rng, wide: bool) -> bytes:
    """MIRROR_PAD, reflecting."""
    graph, rows = Graph(), int(rng.integers(3, 9))
    source = _input(graph, rng, wide, (rows, rows + 1))
    pads = _constant(graph, "pads", [[1, 2], [2, 1]])
    output = _like(graph, wide, source, (rows + 3, rows + 4))
    graph.op("MIRROR_PAD", 2, [source, pads], [output], mode=schema.MirrorPadMode.REFLECT)
    return graph.file([source], [output])


def resized(op: str) -> Case:
    """RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, depth = Graph(), int(rng.integers(2, 7)), int(rng.integers(1, 4))
        side = int(rng.integers(rows, 3 * rows))
        source = _input(graph, rng, wide, (1, rows, rows, depth))
        output = _like(graph, wide, source, (1, side, side, depth))
        graph.op(op, 3, [source, _constant(graph, "size", [side, side])], [output], halfPixelCenters=True)
        return graph.file([source], [output])

    return make


def batch_to_space(rng: Rng, wide: bool) -> bytes:
    """BATCH_TO_SPACE_ND with crops."""
    graph, rows, depth = Graph(), int(rng.integers(2, 6)), int(rng.integers(1, 4))
    source = _input(graph, rng, wide, (4, rows, rows, depth))
    block, crops = _constant(graph, "block", [2, 2]), _constant(graph, "crops", [[0, 1], [0, 1]])
    output = _like(graph, wide, source, (1, 2 * rows - 1, 2 * rows - 1, depth))
    graph.op("BATCH_TO_SPACE_ND", 3, [source, block, crops], [output])
    return graph.file([source], [output])


def gathered(rng: Rng, wide: bool) -> bytes:
    """GATHER of rows."""
    graph, rows = Graph(), int(rng.integers(3, 9))
    source = _input(graph, rng, wide, (rows, 5))
    places = _constant(graph, "places", rng.integers(0, rows, 4))
    output = _like(graph, wide, source, (4, 5))
    graph.op("GATHER", 2, [source, places], [output], axis=0)
    return graph.file([source], [output])


def reduced_extreme(op: str) -> Case:
    """REDUCE_MAX and REDUCE_MIN over one axis."""

    def make(rng: Rng, wide: bool) -> bytes:
        graph, rows, columns = Graph(), int(rng.integers(4, 12)), int(rng.integers(3, 9))
        source = _input(graph, rng, wide, (1, rows, columns))
        output = _like(graph, wide, source, (1, columns))
        graph.op(op, 2, [source, _constant(graph, "axes", [1])], [output], keepDims=False)
        return graph.file([source], [output])

    return make


def prelu(rng: Rng, wide: bool) -> bytes:
    """PRELU with a slope for each channel."""
    graph, depth = Graph(), int(rng.integers(2, 6))
    shape = (1, 6, 7, depth)
    source = _input(graph, rng, wide, shape)
    data = rng.integers(-128, 128, (1, 1, depth)).astype(np.int16 if wide else np.int8)
    slopes = graph.tensor("slopes", (1, 1, depth), INT16 if wide else INT8, 0.004, 0, data=data)
    output = graph.tensor("output", shape, INT16 if wide else INT8, 2.2 / (32768 if wide else 128))
    graph.op("PRELU", 1, [source, slopes], [output])
    return graph.file([source], [output])


def joined(rng: Rng, wide: bool) -> bytes:
    """CONCATENATION of the input and a constant of another scale."""
    graph, rows = Graph(), int(rng.integers(3, 9))
    source = _input(graph, rng, wide, (1, rows, 6))
    kind, limit = (INT16, 32768) if wide else (INT8, 128)
    data = rng.integers(-limit, limit, (1, 4, 6)).astype(np.int16 if wide else np.int8)
    other = graph.tensor("other", (1, 4, 6), kind, 3.1 / limit, data=data)
    output = _like(graph, wide, source, (1, rows + 4, 6))
    graph.op("CONCATENATION", 3, [source, other], [output], axis=1)
    return graph.file([source], [output])


def svdf(rng: Rng, wide: bool) -> bytes:
    """SVDF of rank 1, int8 with a state of int16: it remembers."""
    del wide
    graph, cells, units, memory = Graph(), int(rng.integers(8, 24)), int(rng.integers(2, 7)), 4
    source = _input(graph, rng, False, (1, cells))
    scale, feature, time, state = graph.quantisation(source)[0], 0.004, 1 / 16384, 0.02
    inputs = [
        source,
        graph.tensor(
            "feature",
            (units, cells),
            INT8,
            feature,
            data=rng.integers(-127, 128, (units, cells)).astype(np.int8),
        ),
        graph.tensor(
            "time",
            (units, memory),
            INT16,
            time,
            data=rng.integers(-8000, 8001, (units, memory)).astype(np.int16),
        ),
        graph.tensor("bias", (units,), INT32, state * time, data=np.zeros(units, np.int32)),
        graph.tensor("state", (1, units * memory), INT16, state, variable=True),
    ]
    assert scale > 0
    output = graph.tensor("output", (1, units), INT8, 0.02, -20)
    graph.op("SVDF", 3, inputs, [output], rank=1, fusedActivationFunction=schema.ActivationFunctionType.RELU)
    return graph.file([source], [output])


def lstm(rng: Rng, wide: bool) -> bytes:
    """UNIDIRECTIONAL_SEQUENCE_LSTM, int8 with a cell state of int16: it remembers."""
    del wide
    graph = Graph()
    steps, cells, units = (int(rng.integers(*ends)) for ends in ((8, 20), (8, 24), (4, 16)))
    source = _input(graph, rng, False, (1, steps, cells), 1.0)
    weight, state = 0.01, 1 / 128
    scale = graph.quantisation(source)[0]

    def weights(name: str, width: int) -> int:
        data = rng.integers(-127, 128, (units, width)).astype(np.int8)
        return graph.tensor(name, (units, width), INT8, weight, data=data)

    gates = ("input", "forget", "cell", "output")
    inputs = [source, *(weights(f"{gate} weights", cells) for gate in gates)]
    inputs += [weights(f"{gate} recurrent weights", units) for gate in gates]
    inputs += [-1, -1, -1]
    for gate in gates:
        numbers = rng.integers(-2000, 2001, units).astype(np.int32)
        inputs.append(graph.tensor(f"{gate} bias", (units,), INT32, scale * weight, data=numbers))
    inputs += [-1, -1, graph.tensor("output state", (1, units), INT8, state, 0, variable=True)]
    inputs += [graph.tensor("cell state", (1, units), INT16, 2.0**-11, variable=True), -1, -1, -1, -1]
    output = graph.tensor("output", (1, steps, units), INT8, state, 0)
    between = [graph.tensor(f"intermediate {i}", (0,), INT16, 2.0**-12) for i in range(4)]
    between.append(graph.tensor("hidden", (0,), INT8, state, 0))
    tanh = schema.ActivationFunctionType.TANH
    graph.op("UNIDIRECTIONAL_SEQUENCE_LSTM", 3, inputs, [output], fusedActivationFunction=tanh)
    graph.intermediates(between)
    return graph.file([source], [output])


INT8_ONLY = frozenset({("SVDF", "int16 state"), ("UNIDIRECTIONAL_SEQUENCE_LSTM", "int16 state")})
MORE: dict[tuple[str, str], Case] = {
    ("BATCH_TO_SPACE_ND", ""): batch_to_space,
    ("CONCATENATION", "other scales"): joined,
    ("DEPTH_TO_SPACE", ""): rearranged("DEPTH_TO_SPACE", lambda r, c: (1, 4 * r, 4 * r, c), blockSize=2),
    ("GATHER", ""): gathered,
    ("MIRROR_PAD", ""): mirror_pad,
    ("PRELU", ""): prelu,
    ("REDUCE_MAX", ""): reduced_extreme("REDUCE_MAX"),
    ("REDUCE_MIN", ""): reduced_extreme("REDUCE_MIN"),
    ("RESIZE_BILINEAR", ""): resized("RESIZE_BILINEAR"),
    ("RESIZE_NEAREST_NEIGHBOR", ""): resized("RESIZE_NEAREST_NEIGHBOR"),
    ("SPACE_TO_DEPTH", ""): rearranged("SPACE_TO_DEPTH", lambda r, c: (1, r, r, 16 * c), blockSize=2),
    ("SVDF", "int16 state"): svdf,
    ("UNIDIRECTIONAL_SEQUENCE_LSTM", "int16 state"): lstm,
}
