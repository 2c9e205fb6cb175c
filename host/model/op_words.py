"""An op as a person names it: type, the layer it comes from, its shapes and what it was set to."""

import re
from functools import lru_cache

from .flatbuffer import DamagedError, Table, root
from .inspect import Graph, ModelError, Operator, read_graph
from .names import INT8, type_name

_SUBGRAPHS, _OPERATORS, _OPTIONS = 2, 3, 4  # fields of Model, SubGraph and Operator in schema.fbs
_ACTIVATIONS = ("", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")  # enum ActivationFunctionType
_SAME = 0  # Padding.SAME
# Where an options table has the width and height of the stride, those of the dilation, and the fused activation.
_CONVOLUTIONS = {"CONV_2D": ((1, 2), (4, 5), 3), "DEPTHWISE_CONV_2D": ((1, 2), (5, 6), 4)}
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
_ACTIVATED = {"ADD": 0, "SUB": 0, "MUL": 0, "DIV": 0, "FULLY_CONNECTED": 0, "CONCATENATION": 1}
# Ends of a tensor's name that say what computes, not which layer it is.
_PLAIN = re.compile(
    r"(?i)^(relu6?|bias_?add|conv2d|conv|depthwise(_conv2d)?|convolution|separable_conv2d|mat_?mul|add|sub|mul|sum|mean|"
    r"sigmoid|softmax|reshape|identity|fakequant\w*|fused\w*|batch_?norm\w*|avgpool|maxpool\w*|transpose|tfl\..*)(_\d+)?$"
)
LONGEST_NAME = 40


@lru_cache(maxsize=16)
def operator_tables(data: bytes) -> tuple[Table, ...]:
    """The tables of the first subgraph's ops, in order.

    Raises:
        ModelError: the file is damaged.
    """
    try:
        return tuple(next(iter(root(data).tables(_SUBGRAPHS))).tables(_OPERATORS))
    except (DamagedError, StopIteration) as error:
        raise ModelError(f"the model is damaged: {error}", "copy it again, or convert it again") from error


def layer_name(name: str) -> str:
    """The part of a tensor's name that tells the layer: `model/conv2/BiasAdd;…` is of `conv2`."""
    parts = [part for part in name.partition(";")[0].split("/") if part]
    telling = [part for part in parts if not _PLAIN.match(part)]
    found = (telling or parts or [""])[-1]
    return found if len(found) <= LONGEST_NAME else found[: LONGEST_NAME - 1] + "…"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as people write it."""
    return "×".join(map(str, shape)) or "scalar"


def op_title(data: bytes, index: int) -> str:
    """An op with its place, e.g. "op 3 of 11, DEPTHWISE_CONV_2D `conv2` (1×31×20×16, 3×3, stride 2, per-channel)".

    Args:
        data: the `.tflite` file.
        index: of the op, from 0, in its first subgraph.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    operator = graph.operators[index]
    output = next((number for number in operator.outputs if number >= 0), None)
    name = "" if output is None else layer_name(graph.tensors[output].name)
    about = op_parameters(data, index)
    return (
        f"op {index} of {len(graph.operators)}, {operator.name}"
        + (f" `{name}`" if name else "")
        + (f" ({', '.join(about)})" if about else "")
    )


def op_parameters(data: bytes, index: int) -> list[str]:
    """An op's output shape and settings, in words.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    operator, table = graph.operators[index], operator_tables(data)[index]
    words = []
    output = next((number for number in operator.outputs if number >= 0), None)
    if output is not None:
        tensor = graph.tensors[output]
        words.append(shape_text(tensor.shape))
        if tensor.kind != INT8:
            words.append(type_name(tensor.kind))
    try:
        return words + _settings(graph, operator, table.table(_OPTIONS))
    except DamagedError as error:
        raise ModelError(f"the model is damaged: {error}", "copy it again, or convert it again") from error


def _settings(graph: Graph, operator: Operator, options: Table | None) -> list[str]:
    words: list[str] = []
    fields = _CONVOLUTIONS.get(operator.name)
    if fields is not None and options is not None:
        words += _filter(graph, operator)
        stride, dilation, activation = fields
        words += _pair("stride", options, stride, plain=False)
        words += _pair("dilation", options, dilation, plain=True)
        words += _padding(options)
        words += _activation(options, activation)
        words += _per_channel(graph, operator)
    elif operator.name in _POOLS and options is not None:
        words.append(f"{options.scalar(4, 'i')}×{options.scalar(3, 'i')}")
        words += _pair("stride", options, (1, 2), plain=False)
        words += _padding(options)
    elif operator.name in _ACTIVATED:
        if operator.name == "FULLY_CONNECTED":
            words.append(f"of {_size(graph, operator.inputs[0])} cells")
        if options is not None:
            words += _activation(options, _ACTIVATED[operator.name])
        words += _per_channel(graph, operator) if operator.name == "FULLY_CONNECTED" else []
    elif operator.inputs and operator.inputs[0] >= 0:
        words.append(f"of {shape_text(graph.tensors[operator.inputs[0]].shape)}")
    return words


def _size(graph: Graph, number: int) -> int:
    size = 1
    for each in graph.tensors[number].shape:
        size *= each
    return size


def _filter(graph: Graph, operator: Operator) -> list[str]:
    if len(operator.inputs) < 2 or len(graph.tensors[operator.inputs[1]].shape) != 4:
        return []
    _, height, width, _ = graph.tensors[operator.inputs[1]].shape
    return [f"{height}×{width}"]


def _pair(name: str, options: Table, fields: tuple[int, int], plain: bool) -> list[str]:
    """A setting that has a width and a height; of `plain` ones only what is not 1."""
    width, height = (options.scalar(field, "i", 1) for field in fields)
    if width == height:
        return [] if plain and width == 1 else [f"{name} {width}"]
    return [f"{name} {height}×{width}"]


def _padding(options: Table) -> list[str]:
    return ["same padding" if options.scalar(0, "b") == _SAME else "valid padding"]


def _activation(options: Table, field: int) -> list[str]:
    number = options.scalar(field, "b")
    name = _ACTIVATIONS[number] if 0 <= number < len(_ACTIVATIONS) else f"activation {number}"
    return [name] if name else []


def _per_channel(graph: Graph, operator: Operator) -> list[str]:
    if len(operator.inputs) < 2 or operator.inputs[1] < 0:
        return []
    return ["per-channel"] if graph.tensors[operator.inputs[1]].scale is None else []
