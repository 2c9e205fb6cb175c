"""A model cut short after one of its ops, so that what happens up to there can be told from what happens after it."""

import struct

from .flatbuffer import DamagedError, Table, root
from .inspect import read_graph

_SUBGRAPHS, _OUTPUTS, _OPERATORS = 2, 2, 3  # fields of Model, SubGraph and SubGraph in schema.fbs


def cut_after(data: bytes, op: int) -> bytes:
    """Return the model with op number `op` as its last one, whose first output is the model's only output.

    The file keeps its length: two vectors are shortened and one number exchanged in place, so weights, quantisation and
    all that was damaged stay as they are.

    Args:
        data: a `.tflite` file.
        op: 0 to the number of ops less one.

    Raises:
        ModelError: the file cannot be read.
        ValueError: it has no such op, the op no output, or the model none to replace.
    """
    graph = read_graph(data)
    if not 0 <= op < len(graph.operators) or not graph.operators[op].outputs or not graph.outputs:
        raise ValueError(f"the model cannot be cut after op {op}")
    subgraph = next(iter(root(data).tables(_SUBGRAPHS)))
    cut = bytearray(data)
    put(cut, vector_of(subgraph, _OPERATORS) - 4, op + 1)
    outputs = vector_of(subgraph, _OUTPUTS)
    put(cut, outputs - 4, 1)
    put(cut, outputs, graph.operators[op].outputs[0])
    return bytes(cut)


def vector_of(table: Table, field: int) -> int:
    """Return at which byte the items of a vector that is not empty begin."""
    start, count = table.vector(field, 4)
    if not count:
        raise DamagedError("a vector that was there is gone")
    return start


def put(data: bytearray, at: int, value: int) -> None:
    """Write a 32-bit number."""
    struct.pack_into("<I", data, at, value)
