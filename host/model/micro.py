"""The second witness: TFLite Micro itself, from the `tflite-micro` wheel, which exists for Linux on x86-64 only."""

import functools
import re
from importlib import metadata
from typing import Any

import numpy as np

from ..bundle.model_info import ModelInfo
from ..errors import HilError
from ..native_stderr import captured_stderr
from .ends import Tensor
from .inspect import ModelError
from .interpreter import LocalInterpreter, as_tensors

_PACKAGE = "tflite-micro"
MODULE = "tflite_micro"
_LEAST_ARENA = 64 * 1024  # far smaller ones crash the wheel instead of failing
_MOST_ARENA = 256 << 20
_LACKING = re.compile(r"missing: (\d+)")
_TOTAL = re.compile(r"Arena allocation total (\d+) bytes")


@functools.cache
def runtime() -> Any:
    """Import the wheel's interpreter module; an ImportError says why not."""
    with captured_stderr():
        from tflite_micro import runtime
    return runtime


def unavailable() -> str | None:
    """Return why TFLite Micro is not there, None when it is."""
    try:
        runtime()
    except Exception as error:  # a wheel for another glibc or numpy fails in ways of its own
        return f"the {_PACKAGE} package cannot be imported here ({error}); it exists for Linux on x86-64 only"
    return None


def available() -> bool:
    """Whether TFLite Micro is there."""
    return unavailable() is None


@functools.cache
def version() -> str:
    """Return the wheel's version, e.g. "0.dev20250401"."""
    return metadata.version(_PACKAGE)


class MicroInterpreter(LocalInterpreter):
    """Runs a model with TFLite Micro. The same interface as `ReferenceInterpreter`.

    Args:
        model_bytes: the `.tflite` file; check it with `inspect_model` and load it into the reference before, because
            TFLite Micro trusts its content.
        model: what it is.
        arena_size: bytes for its tensors; None takes more than any model of its size needs.

    Attributes:
        arena_size: bytes set aside for its tensors.
        arena_used: bytes it took of them. Pointers have 64 bits here, so a 32-bit device needs somewhat less.

    Raises:
        ModelError: TFLite Micro cannot load the model; the message has its words.
        HilError: the wheel is not there.
    """

    def __init__(self, model_bytes: bytes, model: ModelInfo, arena_size: int | None = None) -> None:
        missing = unavailable()
        if missing:
            raise HilError(missing, "use the reference interpreter instead, which computes the same")
        self.name = f"TFLite Micro {version()}"
        self.model = model
        # Every tensor lies in the arena at most once, and weights stay in the model.
        self.arena_size = arena_size or _arena_for(model_bytes, model.cells)
        self._model_bytes = model_bytes
        with captured_stderr() as said:
            try:
                self._interpreter = self._build()
                self._interpreter.set_input(as_tensors(model, np.zeros((1, model.cells), np.int8))[0], 0)
                self._interpreter.invoke()
            except (RuntimeError, ValueError, IndexError) as error:
                lacking = _LACKING.search(said())
                if lacking is not None:
                    raise ModelError(
                        f"the arena is too small: {self.arena_size} bytes, at least "
                        f"{self.arena_size + int(lacking.group(1))} are needed",
                        "make the model smaller, or its state",
                    ) from error
                raise ModelError(
                    f"TFLite Micro cannot run the model: {_reason(said(), error)}",
                    "use ops and shapes that TFLite Micro supports; see the words above for which one it misses",
                ) from error
            self._interpreter.print_allocations()
        total = _TOTAL.search(said())
        self.arena_used = int(total.group(1)) if total else 0
        self.reset()  # the trial run above must leave no trace

    def _build(self) -> Any:
        return runtime().Interpreter.from_bytes(self._model_bytes, arena_size=self.arena_size)

    def reset(self) -> None:
        """See `Interpreter.reset`. A new interpreter, because that alone is sure to hold nothing of the old one."""
        if self.model.stateful:
            with captured_stderr():
                self._interpreter = self._build()

    def invoke(self, tensor: Tensor) -> list[Tensor]:
        """See `LocalInterpreter.invoke`."""
        interpreter = self._interpreter
        try:
            interpreter.set_input(tensor, 0)
            interpreter.invoke()
            return [interpreter.get_output(output.index) for output in self.model.outputs]
        except RuntimeError as error:
            raise ModelError(f"TFLite Micro cannot run the model: {error}", "convert it again") from error


def run_once(model_bytes: bytes, tensor: Tensor) -> None:
    """As `reference.run_once`, in TFLite Micro."""
    with captured_stderr():
        interpreter = runtime().Interpreter.from_bytes(
            model_bytes, arena_size=_arena_for(model_bytes, tensor.size)
        )
        interpreter.set_input(tensor, 0)
        interpreter.invoke()


def _arena_for(model_bytes: bytes, cells: int) -> int:
    return min(_MOST_ARENA, max(_LEAST_ARENA, 16 * len(model_bytes), 128 * cells))


def _reason(said: str, error: Exception) -> str:
    """The first line TFLite Micro printed is the cause; what follows repeats it in other words."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0] if lines else str(error)
