"""One op of a model as a model of its own: its weights, quantisation, shapes and settings, and nothing else."""

import struct
from dataclasses import dataclass

from .flatbuffer import DamagedError, Table, root
from .flatbuffer_writer import (
    DATA_ALIGNMENT,
    Child,
    Scalar,
    data,
    file,
    numbers,
    raw_table,
    table,
    tables,
    text,
)
from .inspect import SCHEMA_VERSION, ModelError, read_graph

# Fields in schema.fbs.
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4  # Model
_TENSORS, _OPERATORS = 0, 3  # SubGraph
_MOST = 64
_CURE = "export another window's departure, or send the whole bundle"
# Ops whose meaning is in something else than their inputs: a variable, a subgraph.
_NOT_ALONE = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
_WITH_VECTORS = {"RESHAPE": 0, "SQUEEZE": 0}  # options with one vector of int32 and no other field


@dataclass(frozen=True)
class OneOp:
    """A model of one op.

    Attributes:
        model: the `.tflite` file.
        inputs: numbers that its inputs have in the whole model, in order.
        outputs: the same of its outputs.
    """

    model: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def one_op(model_bytes: bytes, index: int) -> OneOp:
    """Cut an op out of a model.

    Args:
        model_bytes: a `.tflite` file.
        index: of the op in its first subgraph.

    Raises:
        ModelError: the file is damaged, there is no such op, or it is none without the rest of the model.
    """
    graph = read_graph(model_bytes)
    if not 0 <= index < len(graph.operators):
        raise ModelError(f"the model has no op {index}", f"give one from 0 to {len(graph.operators) - 1}")
    operator = graph.operators[index]
    if operator.name in _NOT_ALONE or operator.custom:
        raise ModelError(f"op {index}, {operator.name}, is nothing without the rest of its model", _CURE)
    try:
        return _cut(model_bytes, index, operator.name)
    except (DamagedError, StopIteration, struct.error) as error:
        raise ModelError(f"the model is damaged: {error}", "copy it again, or convert it again") from error


def _cut(model_bytes: bytes, index: int, name: str) -> OneOp:
    model = root(model_bytes)
    subgraph = next(iter(model.tables(_SUBGRAPHS)))
    every = list(subgraph.tables(_TENSORS))
    buffers = list(model.tables(_BUFFERS))
    operator = list(subgraph.tables(_OPERATORS))[index]
    code = list(model.tables(_CODES))[operator.scalar(0, "I")]
    inputs, outputs = operator.values(1, "i", _MOST), operator.values(2, "i", _MOST)
    used = list(dict.fromkeys(number for number in (*inputs, *outputs) if number >= 0))
    place = {number: at for at, number in enumerate(used)}
    tensors, contents, given = [], [table({})], []
    for number in used:
        content = _content(buffers, every[number], model_bytes)
        if every[number].scalar(5, "b"):
            raise ModelError(
                f"op {index}, {name}, keeps a state from window to window, which a case does not hold", _CURE
            )
        tensors.append(_tensor(every[number], len(contents) if content else 0))
        if content:
            contents.append(table({0: data(content, alignment=DATA_ALIGNMENT)}))
        elif number in inputs:
            given.append(number)
    written = tuple(number for number in outputs if number >= 0)
    part = table(
        {
            0: tables(tensors),
            1: numbers("i", [place[number] for number in given]),
            2: numbers("i", [place[number] for number in written]),
            3: tables(
                [
                    _operator(
                        operator,
                        name,
                        [place.get(n, -1) for n in inputs],
                        [place.get(n, -1) for n in outputs],
                    )
                ]
            ),
            4: text("one op"),
        }
    )
    whole = table(
        {
            0: Scalar("I", SCHEMA_VERSION),
            _CODES: tables([_code(code)]),
            _SUBGRAPHS: tables([part]),
            3: text(f"op {index}, {name}"),
            _BUFFERS: tables(contents),
        }
    )
    return OneOp(file(whole, b"TFL3"), tuple(given), written)


def _content(buffers: list[Table], tensor: Table, model_bytes: bytes) -> bytes:
    """A constant's bytes; none of a tensor that is computed."""
    number = tensor.scalar(2, "I")
    if number >= len(buffers):
        raise DamagedError(f"there is no buffer {number}")
    start, count = buffers[number].vector(0, 1)
    return model_bytes[start : start + count]


def _tensor(tensor: Table, buffer: int) -> Child:
    shape = tensor.values(0, "i", _MOST)
    fields: dict[int, Scalar | Child] = {
        0: numbers("i", shape),
        1: Scalar("b", tensor.scalar(1, "b")),
        2: Scalar("I", buffer),
        3: text(tensor.text(3)),
    }
    quantisation = tensor.table(4)
    if quantisation is not None and quantisation.length(2, 4):
        most = quantisation.length(2, 4)
        scales = struct.unpack(f"<{most}f", struct.pack(f"<{most}I", *quantisation.values(2, "I", most)))
        fields[4] = table(
            {
                2: numbers("f", scales),
                3: numbers("q", quantisation.values(3, "q", max(most, 1))),
                6: Scalar("i", quantisation.scalar(6, "i")),
            }
        )
    return table(fields)


def _code(code: Table) -> Child:
    return table(
        {
            0: Scalar("b", code.scalar(0, "b")),
            2: Scalar("i", code.scalar(2, "i", 1)),
            3: Scalar("i", code.scalar(3, "i")),
        }
    )


def _operator(operator: Table, name: str, inputs: list[int], outputs: list[int]) -> Child:
    fields: dict[int, Scalar | Child] = {0: Scalar("I", 0), 1: numbers("i", inputs), 2: numbers("i", outputs)}
    options = operator.table(4)
    if options is not None:
        fields[3] = Scalar("B", operator.scalar(3, "B"))
        fields[4] = _options(options, name)
    return table(fields)


def _options(options: Table, name: str) -> Child:
    if name in _WITH_VECTORS:
        field = _WITH_VECTORS[name]
        return table({field: numbers("i", options.values(field, "i", _MOST))})
    return raw_table(*options.raw())
