"""What each op of a model gives: which tensors those are, and their bytes where TFLite Micro's wheel runs the model.

The wheel can preserve all tensors. It is never asked for a resource tensor: that ends the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import HilError
from ..native_stderr import captured_stderr
from .flatbuffer import root
from .inspect import read_graph
from .micro import runtime, unavailable

WRITTEN_INPUT = 0x80  # a role from here on: the op's input of that number less this, into which it wrote
RESOURCE = 13  # TensorType
ASSIGN_VARIABLE = 144  # BuiltinOperator
VALUE = 1  # the input that ASSIGN_VARIABLE writes
_ROOM = 64  # bytes that a tensor may need beyond its own, aligned
_WORK = 512 * 1024  # for what is no tensor of the graph


@dataclass(frozen=True)
class Told:
    """One tensor that an op gives.

    Attributes:
        op: number of the op in the first subgraph.
        code: its builtin code.
        role: number of the output; or `WRITTEN_INPUT` and the number of an input.
        tensor: number of the tensor.
    """

    op: int
    code: int
    role: int
    tensor: int


def told_tensors(data: bytes) -> list[Told]:
    """List what the ops of a model's first subgraph give, in the order of computing.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    model = root(data)
    codes = [max(code.scalar(0, "b"), code.scalar(3, "i")) for code in model.tables(1)]
    subgraph = next(iter(model.tables(2)))
    variable = [bool(tensor.scalar(5, "B")) for tensor in subgraph.tables(0)]
    found = []
    for op, (table, operator) in enumerate(zip(subgraph.tables(3), graph.operators, strict=True)):
        code = codes[table.scalar(0, "I")]
        found += [
            Told(op, code, role, tensor)
            for role, tensor in enumerate(operator.outputs)
            if tensor >= 0 and graph.tensors[tensor].kind != RESOURCE
        ]
        found += [
            Told(op, code, WRITTEN_INPUT + number, tensor)
            for number, tensor in enumerate(operator.inputs)
            if tensor >= 0 and (variable[tensor] or (code == ASSIGN_VARIABLE and number == VALUE))
        ]
    return found


class PreservingInterpreter:
    """TFLite Micro with all tensors preserved, for a model of any inputs and outputs.

    Args:
        model: the `.tflite` file.

    Raises:
        HilError: the wheel is not there, or cannot load the model.
    """

    def __init__(self, model: bytes) -> None:
        missing = unavailable()
        if missing:
            raise HilError(missing, "trace on a board that has TFLite Micro")
        self.model = model
        self.graph = read_graph(model)
        self.told = told_tensors(model)
        self._load()

    def _load(self) -> None:
        module = runtime()
        sizes = sum(_ROOM + 8 * int(np.prod(tensor.shape or (1,))) for tensor in self.graph.tensors)
        with captured_stderr() as said:
            try:
                self._interpreter: Any = module.Interpreter.from_bytes(
                    self.model,
                    arena_size=sizes + _WORK + 4 * len(self.model),
                    intrepreter_config=module.InterpreterConfig.kPreserveAllTensors,
                )
            except (RuntimeError, ValueError) as error:
                raise HilError(
                    f"TFLite Micro cannot load the model: {_first_line(said()) or error}",
                    "use ops and shapes that it supports",
                ) from error

    def reset(self) -> None:
        """Nothing is remembered."""
        self._load()

    def input_bytes(self) -> list[int]:
        """Size of each input."""
        return [_details(self._interpreter.get_input_details(i))[2] for i in range(len(self.graph.inputs))]

    def run(self, inputs: Sequence[bytes]) -> None:
        """Run the model on the bytes of its inputs."""
        for number, data in enumerate(inputs):
            shape, dtype, _ = _details(self._interpreter.get_input_details(number))
            self._interpreter.set_input(np.frombuffer(data, dtype).reshape(shape), number)
        self._interpreter.invoke()

    def tensor(self, number: int) -> bytes:
        """Bytes of a tensor of the first subgraph, as the last run left it."""
        found = self._interpreter.GetTensor(number, 0)
        values = found["tensor_data"] if isinstance(found, dict) else found
        return bytes(np.ascontiguousarray(values).tobytes())

    def outputs(self) -> list[bytes]:
        """Bytes of the model's outputs."""
        return [self._interpreter.get_output(i).tobytes() for i in range(len(self.graph.outputs))]


def _details(details: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    shape = tuple(int(size) for size in details["shape"])
    dtype = np.dtype(details["dtype"])
    return shape, dtype, int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
