"""Takes the conversions from and to floating point off a model's ends, so that it is int8 from end to end."""

import struct

from .cut import put, vector_of
from .flatbuffer import DamagedError, Table, root
from .inspect import Graph, read_graph
from .names import FLOAT32

_SUBGRAPHS, _SIGNATURES = 2, 7  # fields of Model in schema.fbs
_INPUTS, _OUTPUTS, _OPERATORS = 1, 2, 3  # fields of SubGraph


def strip_float_ends(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the model without a QUANTIZE right behind a float input and DEQUANTIZEs right before float outputs.

    The file keeps its length: entries of vectors are moved up and numbers exchanged in place. What has no such ends, or
    others, comes back as it is: `inspect_model` says what is wrong with it.

    Returns:
        The model, and what was taken off, in words.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    dropped: dict[int, str] = {}
    inputs, outputs = list(graph.inputs), list(graph.outputs)
    for place, number in enumerate(inputs):
        users = [i for i, op in enumerate(graph.operators) if number in op.inputs]
        if _float(graph, number) and len(users) == 1 and graph.operators[users[0]].name == "QUANTIZE":
            dropped[users[0]] = "QUANTIZE of its input"
            inputs[place] = graph.operators[users[0]].outputs[0]
    for place, number in enumerate(outputs):
        makers = [i for i, op in enumerate(graph.operators) if number in op.outputs]
        others = [op for op in graph.operators if number in op.inputs]
        if _float(graph, number) and len(makers) == 1 and not others:
            maker = graph.operators[makers[0]]
            if maker.name == "DEQUANTIZE" and maker.inputs[0] not in graph.inputs:
                dropped[makers[0]] = "DEQUANTIZE of an output"
                outputs[place] = maker.inputs[0]
    if not dropped or any(_float(graph, number) for number in (*inputs, *outputs)):
        return data, ()
    return _written(data, set(dropped), inputs, outputs), tuple(dropped[index] for index in sorted(dropped))


def _float(graph: Graph, number: int) -> bool:
    return graph.tensors[number].kind == FLOAT32


def _written(data: bytes, dropped: set[int], inputs: list[int], outputs: list[int]) -> bytes:
    model = root(data)
    subgraph = next(iter(model.tables(_SUBGRAPHS)))
    out = bytearray(data)
    for field, numbers in ((_INPUTS, inputs), (_OUTPUTS, outputs)):
        start = vector_of(subgraph, field)
        for i, number in enumerate(numbers):
            put(out, start + 4 * i, number)
    _drop_entries(out, subgraph, dropped)
    if model.place(_SIGNATURES) is not None and model.length(_SIGNATURES, 4):
        put(out, vector_of(model, _SIGNATURES) - 4, 0)  # they name tensors that are ends no more
    return bytes(out)


def _drop_entries(out: bytearray, subgraph: Table, dropped: set[int]) -> None:
    """Take entries out of the vector of ops: those behind move up, and each holds the distance to its own op."""
    start = vector_of(subgraph, _OPERATORS)
    (count,) = struct.unpack_from("<I", out, start - 4)
    kept = [i for i in range(count) if i not in dropped]
    if not kept:
        raise DamagedError("a model of conversions only")
    targets = [start + 4 * i + struct.unpack_from("<I", out, start + 4 * i)[0] for i in kept]
    for place, target in enumerate(targets):
        put(out, start + 4 * place, target - (start + 4 * place))
    put(out, start - 4, len(kept))
