"""Runs a window again and tells what each op gives, as the virtual board's inference process is asked to."""

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from .traced import PreservingInterpreter, Told

MOST_HISTORY = 64 << 20  # bytes of windows that are remembered for a model that remembers
_RECORD = struct.Struct("<BBHHHII")  # subgraph, role, op, code, nothing, tensor, bytes
_NUMBER = struct.Struct("<I")


class Run(NamedTuple):
    """What an inference gave: each told tensor with its bytes, and the model's outputs."""

    tensors: list[tuple[Told, bytes]]
    outputs: list[bytes]

    def packed(self) -> bytes:
        """As firmware/virtual/tracing.h has it."""
        parts = [_NUMBER.pack(len(self.tensors))]
        for told, data in self.tensors:
            parts += [_RECORD.pack(0, told.role, told.op, told.code, 0, told.tensor, len(data)), data]
        parts.append(_NUMBER.pack(len(self.outputs)))
        for output in self.outputs:
            parts += [_NUMBER.pack(len(output)), output]
        return b"".join(parts)


class Runner(Protocol):
    """A model with its tensors preserved, as the board computes it."""

    def run(self, inputs: Sequence[bytes]) -> Run:
        """One inference; what the model remembers goes on from the one before."""
        ...


class PlainRunner:
    """The model as it is.

    Args:
        model: the `.tflite` file.
    """

    def __init__(self, model: bytes) -> None:
        self.interpreter = PreservingInterpreter(model)

    def run(self, inputs: Sequence[bytes]) -> Run:
        """See `Runner.run`."""
        interpreter = self.interpreter
        interpreter.run(inputs)
        return Run(
            [(told, interpreter.tensor(told.tensor)) for told in interpreter.told], interpreter.outputs()
        )


class Tracer:
    """Repeats the last window of a model, with what it remembered before it.

    Args:
        make: makes the model anew, with nothing remembered.
        stateful: whether it remembers.
    """

    def __init__(self, make: Callable[[], Runner], stateful: bool) -> None:
        self._make, self._stateful = make, stateful
        self._runner: Runner | None = None
        self._history: list[bytes] = []
        self._bytes = 0
        self._kept: int | None = None

    def use(self, make: Callable[[], Runner]) -> None:
        """Let another model be what is traced from now on."""
        self._make, self._runner = make, None

    def saw(self, cells: bytes) -> None:
        """The model was run on these."""
        if self._stateful and self._bytes <= MOST_HISTORY:
            self._history.append(cells)
            self._bytes += len(cells)

    def keep(self) -> tuple[int, int]:
        """What it remembers now is what the next traces begin from.

        Returns:
            (0, 0); or the bytes that this would take, and those that there are.
        """
        if self._bytes > MOST_HISTORY:
            return self._bytes, MOST_HISTORY
        self._kept = len(self._history)
        return 0, 0

    def trace(self, inputs: Sequence[bytes]) -> Run:
        """One inference, told.

        Raises:
            HilError: TFLite Micro is missing.
        """
        if self._runner is None or self._stateful:
            self._runner = self._make()
        for cells in self._history[: self._kept or 0]:
            self._runner.run([cells])
        return self._runner.run(inputs)
