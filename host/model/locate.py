"""Where two interpreters part: the first op whose output differs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..bundle.model_info import ModelInfo
from ..native_stderr import captured_stderr
from .ends import Tensor
from .inspect import Graph, read_graph
from .interpreter import Int8, as_tensors
from .micro import runtime
from .names import TENSOR_TYPES
from .reference import build

Values = dict[int, Tensor]  # by tensor number

# Kinds of tensors that hold numbers; the wheel crashes when it is asked for another, such as a variable's handle.
_NUMBERS = frozenset(
    TENSOR_TYPES.index(name) for name in ("int8", "uint8", "int16", "int32", "int64", "bool")
)


@dataclass(frozen=True)
class OpDifference:
    """The first op at which the reference and TFLite Micro differ.

    Attributes:
        index: of the op, in the order of execution.
        op: its name.
        tensor: name of the output.
        cells: how many of the output's cells differ.
        of: of how many.
        largest: difference, in steps of the tensor's integers.
        number: of the output tensor.
        inputs: values of the op's inputs, the same on both sides.
        ours, theirs: the output in the reference and in TFLite Micro.
    """

    index: int
    op: str
    tensor: str
    cells: int
    of: int
    largest: int
    number: int = field(default=-1, compare=False)
    inputs: Values = field(default_factory=dict, repr=False, compare=False)
    ours: Tensor | None = field(default=None, repr=False, compare=False)
    theirs: Tensor | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        cells = f"{self.cells} of {self.of} cells of {self.tensor}"
        return f"op {self.index}, {self.op}: {cells} differ by up to {self.largest}"


def first_difference(model_bytes: bytes, model: ModelInfo, windows: Int8) -> OpDifference | None:
    """Run windows, one after the other, in the reference and in TFLite Micro with all tensors kept; compare op by op.

    Args:
        model_bytes: a `.tflite` file that both can load.
        model: what it is.
        windows: int8 [n, ...]; a model that remembers has seen none before them.

    Returns:
        The first op that differs, in the first window in which one does; None when none does.
    """
    return first_difference_of(model_bytes, as_tensors(model, windows))


def first_difference_of(model_bytes: bytes, tensors: Tensor) -> OpDifference | None:
    """As `first_difference`, for input tensors [n, *shape] of a model that need be no bundle's."""
    graph = read_graph(model_bytes)
    numbers = traced_numbers(graph)
    reference, micro = ReferenceTrace(model_bytes), MicroTrace(model_bytes, tensors[0].size)
    for tensor in tensors:
        found = compare_ops(graph, reference.run(tensor, numbers), micro.run(tensor, numbers))
        if found is not None:
            return found
    return None


def compare_ops(graph: Graph, ours: Values, theirs: Values) -> OpDifference | None:
    """Return the first op of `graph` of whose outputs the two sides, by tensor number, hold different values."""
    for index, operator in enumerate(graph.operators):
        for number in operator.outputs:
            if number not in ours:
                continue
            gaps = np.abs(ours[number].astype(np.int64) - theirs[number].astype(np.int64))
            if gaps.any():
                return OpDifference(
                    index,
                    operator.name,
                    graph.tensors[number].name,
                    np.count_nonzero(gaps),
                    gaps.size,
                    int(gaps.max()),
                    number,
                    {each: theirs[each] for each in operator.inputs if each in theirs},
                    ours[number],
                    theirs[number],
                )
    return None


def traced_numbers(graph: Graph) -> list[int]:
    """Return the tensors of numbers that ops read or write."""
    every = {number for operator in graph.operators for number in (*operator.inputs, *operator.outputs)}
    return sorted(number for number in every if number >= 0 and graph.tensors[number].kind in _NUMBERS)


class ReferenceTrace:
    """The reference with all tensors kept."""

    def __init__(self, model_bytes: bytes) -> None:
        self._interpreter = build(model_bytes, keep_all=True)

    def run(self, tensor: Tensor, numbers: Iterable[int]) -> Values:
        """Run on one input tensor; return the tensors asked for."""
        interpreter = self._interpreter
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
        interpreter.invoke()
        return {number: interpreter.get_tensor(number) for number in numbers}


class MicroTrace:
    """TFLite Micro with all tensors kept."""

    def __init__(self, model_bytes: bytes, cells: int) -> None:
        module = runtime()
        with captured_stderr():
            self._interpreter = module.Interpreter.from_bytes(
                model_bytes,
                arena_size=max(1 << 20, 64 * len(model_bytes), 256 * cells),  # nothing in it is used twice
                intrepreter_config=module.InterpreterConfig.kPreserveAllTensors,
            )

    def run(self, tensor: Tensor, numbers: Iterable[int]) -> Values:
        """As `ReferenceTrace.run`."""
        interpreter = self._interpreter
        with captured_stderr():
            interpreter.set_input(tensor, 0)
            interpreter.invoke()
            return {number: np.array(interpreter.GetTensor(number, 0)["tensor_data"]) for number in numbers}
