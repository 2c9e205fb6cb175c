"""What is known of each op of a model: types, shapes, options; by name, as the table of kernel faults asks for them."""

import math
from dataclasses import dataclass

from .flatbuffer import DamagedError, Table, root
from .inspect import Graph, ModelError, Tensor, read_graph
from .names import type_name

Fact = int | float | str
_SUBGRAPHS, _OPERATORS, _OPTIONS = 2, 3, 4  # fields of Model, SubGraph and Operator in schema.fbs

# Fields of the options tables in schema.fbs: name, number, struct letter, default.
_OPTION_FIELDS: dict[str, tuple[tuple[str, int, str, int], ...]] = {
    "CONV_2D": (
        ("same", 0, "b", 0),
        ("stride_width", 1, "i", 0),
        ("stride_height", 2, "i", 0),
        ("dilation_width", 4, "i", 1),
        ("dilation_height", 5, "i", 1),
    ),
    "DEPTHWISE_CONV_2D": (
        ("same", 0, "b", 0),
        ("stride_width", 1, "i", 0),
        ("stride_height", 2, "i", 0),
        ("depth_multiplier", 3, "i", 0),
        ("dilation_width", 5, "i", 1),
        ("dilation_height", 6, "i", 1),
    ),
}
_SAME = 0  # Padding.SAME


@dataclass(frozen=True)
class OpFacts:
    """One op.

    Attributes:
        index: in the order of execution, from 0.
        op: its name.
        inputs, output: the tensors it reads (those that are there) and its first output.
        facts: what `when` of a known fault may ask for.
    """

    index: int
    op: str
    inputs: tuple[Tensor, ...]
    output: Tensor | None
    facts: dict[str, Fact]

    def __str__(self) -> str:
        shape = f" on {list(self.inputs[0].shape)}" if self.inputs else ""
        return f"op {self.index}, {self.op}{shape}"


def op_facts(data: bytes) -> list[OpFacts]:
    """The facts of all ops of a model.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    try:
        tables = list(next(iter(root(data).tables(_SUBGRAPHS))).tables(_OPERATORS))
        return [_facts_of(graph, index, table) for index, table in enumerate(tables)]
    except DamagedError as error:
        raise ModelError(f"the model is damaged: {error}", "copy it again, or convert it again") from error


def _facts_of(graph: Graph, index: int, table: Table) -> OpFacts:
    operator = graph.operators[index]
    inputs = tuple(graph.tensors[number] for number in operator.inputs if number != -1)
    output = graph.tensors[operator.outputs[0]] if operator.outputs and operator.outputs[0] != -1 else None
    facts: dict[str, Fact] = {}
    for role, tensor in (("input", inputs[0] if inputs else None), ("output", output)):
        if tensor is not None:
            facts.update(_tensor_facts(role, tensor))
    if len(inputs) > 1:
        facts.update(_tensor_facts("filter", inputs[1]))
    options = table.table(_OPTIONS)
    for name, number, kind, default in _OPTION_FIELDS.get(operator.name, ()):
        facts[name] = options.scalar(number, kind, default) if options is not None else default
    if "same" in facts:
        facts.update(_padding(facts))
    return OpFacts(index, operator.name, inputs, output, facts)


def _tensor_facts(role: str, tensor: Tensor) -> dict[str, Fact]:
    facts: dict[str, Fact] = {f"{role}_type": type_name(tensor.kind), f"{role}_rank": len(tensor.shape)}
    facts.update({f"{role}_dim{axis}": size for axis, size in enumerate(tensor.shape)})
    facts[f"{role}_cells"] = math.prod(tensor.shape)
    if tensor.shape:
        facts[f"{role}_last"] = tensor.shape[-1]
    if tensor.scale is not None and tensor.zero_point is not None:
        facts[f"{role}_scale"], facts[f"{role}_zero_point"] = tensor.scale, tensor.zero_point
    return facts


def _padding(facts: dict[str, Fact]) -> dict[str, Fact]:
    """Rows and columns that a convolution adds on each side: TensorFlow puts the odd one at the end."""
    found: dict[str, Fact] = {}
    facts["same"] = int(facts["same"] == _SAME)
    for axis, before, after, along in (
        (1, "pad_top", "pad_bottom", "height"),
        (2, "pad_left", "pad_right", "width"),
    ):
        try:
            size, kernel = int(facts[f"input_dim{axis}"]), int(facts[f"filter_dim{axis}"])
            stride, dilation = int(facts[f"stride_{along}"]), int(facts[f"dilation_{along}"])
            reach = (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1
        except (KeyError, ZeroDivisionError):
            continue
        total = max(0, reach - size) if facts["same"] else 0
        found[before], found[after] = total // 2, total - total // 2
    return found
