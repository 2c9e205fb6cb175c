"""A model cut in two at one of its ops, so that what happens up to there can be told from what happens after it."""

import struct

from .flatbuffer import DamagedError, Table, root
from .inspect import read_graph

_SUBGRAPHS, _INPUTS, _OUTPUTS, _OPERATORS = 2, 1, 2, 3  # fields of Model and of SubGraph in schema.fbs
_RESOURCE = 13  # TensorType


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


def fed_after(data: bytes, op: int) -> list[int]:
    """List the tensors that the ops after number `op` take from those up to it, or from the model's inputs.

    Raises:
        ModelError: the file cannot be read.
        ValueError: one of them is a resource, which cannot be handed on, or nothing comes after.
    """
    graph = read_graph(data)
    if not 0 <= op < len(graph.operators) - 1:
        raise ValueError(f"nothing comes after op {op}")
    before = set(graph.inputs) | {number for each in graph.operators[: op + 1] for number in each.outputs}
    after = [number for each in graph.operators[op + 1 :] for number in each.inputs]
    fed = [number for number in dict.fromkeys((*after, *graph.outputs)) if number in before]
    if any(graph.tensors[number].kind == _RESOURCE for number in fed):
        raise ValueError(f"the model cannot be cut after op {op}: a variable is used on both sides")
    return fed


def cut_before(data: bytes, op: int) -> bytes:
    """Return the model without the ops up to number `op`; its inputs are `fed_after`'s, its outputs stay.

    Raises:
        ModelError: the file cannot be read.
        ValueError: see `fed_after`.
    """
    fed = fed_after(data, op)
    count = len(read_graph(data).operators) - op - 1
    subgraph = next(iter(root(data).tables(_SUBGRAPHS)))
    places = (subgraph.place(_INPUTS), subgraph.place(_OPERATORS))
    if places[0] is None or places[1] is None:
        raise DamagedError("a vector that was there is gone")
    cut = bytearray(data + bytes(-len(data) % 4))
    # The offsets of the ops that stay lead on from where they are: the last one dropped gives its place to their count.
    kept = vector_of(subgraph, _OPERATORS) + 4 * op
    put(cut, kept, count)
    put(cut, places[1], kept - places[1])
    put(cut, places[0], len(cut) - places[0])
    cut += struct.pack(f"<I{len(fed)}i", len(fed), *fed)
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
