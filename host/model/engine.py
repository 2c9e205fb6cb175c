"""The virtual board's inference, one window at a time: TFLite Micro, or the reference where its wheel is missing."""

import zlib
from abc import ABC, abstractmethod

import numpy as np

from .inspect import ModelError, inspect_model
from .interpreter import LocalInterpreter
from .micro import MicroInterpreter, unavailable, version
from .reference import ReferenceInterpreter
from .tracer import PlainRunner, Run, Tracer


class Engine(ABC):
    """A loaded model. `host/model/inference_server.py` says what is asked of it.

    Args:
        model_bytes: the `.tflite` file.
        scores_output, logits_output: which of its outputs they are.
        arena: bytes for its tensors; None: as many as it needs.

    Attributes:
        arena_size: bytes set aside for tensors; 0: not known.
        arena_used: bytes taken of them; 0: not known.
        stateful: whether the model remembers earlier windows.

    Raises:
        ModelError: the model cannot run, or its outputs are not the ones asked for.
    """

    arena_size = 0
    arena_used = 0

    def __init__(
        self, model_bytes: bytes, scores_output: int, logits_output: int | None, arena: int | None = None
    ) -> None:
        self._model = inspect_model(model_bytes)
        logits = self._model.logits
        found = (self._model.scores.index, logits.index if logits else None)
        if found != (scores_output, logits_output):
            raise ModelError(
                f"the model's scores and logits are outputs {found}, not {(scores_output, logits_output)}",
                "make the bundle anew from its model",
            )
        self._model_bytes, self._arena = model_bytes, arena
        self._interpreter = self._load(model_bytes)
        self.stateful = self._model.stateful
        self.outputs = [output for output in found if output is not None]  # numbers of the model's outputs
        self.tracer = Tracer(lambda: PlainRunner(model_bytes), self.stateful)

    @abstractmethod
    def _load(self, model_bytes: bytes) -> LocalInterpreter:
        """What runs the model."""

    def claim(self, model_bytes: bytes) -> None:
        """Compute checksums over another file than the one that runs: a board that lies."""
        self._model_bytes = model_bytes

    def checksum(self, start: int) -> int:
        """Return CRC-32, continued from `start`, over the bytes that the interpreter was made of."""
        return zlib.crc32(self._model_bytes, start)

    def invoke(self, cells: bytes) -> bytes:
        """Return the bytes of the output tensors, scores then logits, for those of one input tensor."""
        info = self._model.input
        if len(cells) != self._model.cells * info.width:
            raise ModelError(
                f"{len(cells)} bytes do not fit the model's input {list(info.shape)}, {info.type}",
                "build the board from the model's own bundle",
            )
        self.tracer.saw(cells)
        tensor = np.frombuffer(cells, np.dtype(info.type)).reshape(info.shape)
        return b"".join(output.tobytes() for output in self._interpreter.invoke(tensor))


class Case:
    """A model that is no bundle, for traces alone.

    Args:
        model: the `.tflite` file, which is checked as far as it can be.

    Raises:
        ModelError, HilError: it cannot be loaded.
    """

    def __init__(self, model: bytes) -> None:
        self._runner = PlainRunner(model)
        self.inputs = self._runner.interpreter.input_bytes()
        self.outputs = len(self._runner.interpreter.graph.outputs)
        self.tracer = Tracer(lambda: PlainRunner(model), stateful=True)

    def trace(self, inputs: list[bytes]) -> Run:
        """See `Tracer.trace`."""
        return self.tracer.trace(inputs)


class MicroEngine(Engine):
    """TFLite Micro."""

    def _load(self, model_bytes: bytes) -> LocalInterpreter:
        interpreter = MicroInterpreter(model_bytes, self._model, self._arena)
        self.arena_size, self.arena_used = interpreter.arena_size, interpreter.arena_used
        return interpreter


class ReferenceEngine(Engine):
    """The reference interpreter."""

    def _load(self, model_bytes: bytes) -> LocalInterpreter:
        return ReferenceInterpreter(model_bytes, self._model)


def choose_engine() -> tuple[type[Engine], str]:
    """Return the best engine there is, and its name."""
    missing = unavailable()
    if missing is None:
        return MicroEngine, f"TFLite Micro {version()}"
    return ReferenceEngine, f"the reference interpreter, because {missing}"
