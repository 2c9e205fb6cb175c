"""Where two interpreters part: the first op whose output differs."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..bundle.schema import ModelInfo
from ..native_stderr import captured_stderr
from .inspect import Graph, read_graph
from .interpreter import Int8, as_inputs
from .micro import runtime
from .reference import lite


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
    """

    index: int
    op: str
    tensor: str
    cells: int
    of: int
    largest: int

    def __str__(self) -> str:
        cells = f"{self.cells} of {self.of} cells of {self.tensor}"
        return f"op {self.index}, {self.op}: {cells} differ by up to {self.largest}"


def first_difference(model_bytes: bytes, model: ModelInfo, window: Int8) -> OpDifference | None:
    """Run one window in the reference and in TFLite Micro with all tensors kept, and compare op by op.

    Args:
        model_bytes: a `.tflite` file that both can load.
        model: what it is.
        window: int8, the input's cells in any shape.

    Returns:
        The first op that differs, None when none does.
    """
    cells = as_inputs(model, window.reshape(1, -1))[0]
    graph = read_graph(model_bytes)
    numbers = [number for operator in graph.operators for number in operator.outputs]
    theirs = _micro_tensors(model_bytes, model, cells, numbers)
    ours = _reference_tensors(model_bytes, cells, numbers)
    return compare_ops(graph, ours, theirs)


def compare_ops(graph: Graph, ours: dict[int, Int8], theirs: dict[int, Int8]) -> OpDifference | None:
    """Return the first op of `graph` of whose outputs the two sides, by tensor number, hold different values."""
    for index, operator in enumerate(graph.operators):
        for number in operator.outputs:
            gaps = np.abs(ours[number].astype(np.int64) - theirs[number].astype(np.int64))
            if gaps.any():
                name = graph.tensors[number].name
                return OpDifference(
                    index, operator.name, name, np.count_nonzero(gaps), gaps.size, int(gaps.max())
                )
    return None


def _reference_tensors(model_bytes: bytes, cells: Int8, numbers: list[int]) -> dict[int, Int8]:
    _, interpreter_class, reference_kernels = lite()
    with warnings.catch_warnings(), captured_stderr():
        warnings.simplefilter("ignore")
        interpreter = interpreter_class(
            model_content=model_bytes,
            experimental_op_resolver_type=reference_kernels,
            experimental_preserve_all_tensors=True,
            num_threads=1,
        )
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], cells)
        interpreter.invoke()
        return {number: interpreter.get_tensor(number) for number in numbers}


def _micro_tensors(model_bytes: bytes, model: ModelInfo, cells: Int8, numbers: list[int]) -> dict[int, Int8]:
    module = runtime()
    with captured_stderr():
        interpreter = module.Interpreter.from_bytes(
            model_bytes,
            arena_size=max(1 << 20, 64 * len(model_bytes), 256 * model.cells),  # nothing in it is used twice
            intrepreter_config=module.InterpreterConfig.kPreserveAllTensors,
        )
        interpreter.set_input(cells, 0)
        interpreter.invoke()
        return {number: np.array(interpreter.GetTensor(number, 0)["tensor_data"]) for number in numbers}
