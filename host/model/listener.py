"""Asks the process that runs models what a published classifier of sound hears."""

from __future__ import annotations

import hashlib
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ..errors import HilError
from . import worker_protocol as wire
from .inspect import ModelError
from .worker import ModelWorker, WorkerDiedError

WINDOWS_AT_ONCE = 16
"""Of a request: two tenths of a second, which a process that hardly gets a turn does in the time that it has."""
_NONSENSE = "the process that runs models answered nonsense"


class Listener:
    """A classifier of sound in a process of its own: a foreign one ends that process, not this program.

    Args:
        model_bytes: the `.tflite` file: float samples of one window in, float scores out.
        worker: the process; one of its own unless given.

    Attributes:
        samples: of one window.
        classes: scores of a window.
        sha256: of the file, hex.

    Raises:
        ModelError: it is no such file, or loading it ended the process.
        HilError: no kernels are installed.
    """

    def __init__(self, model_bytes: bytes, worker: ModelWorker | None = None) -> None:
        self._worker = worker or ModelWorker()
        self.sha256 = hashlib.sha256(model_bytes).hexdigest()
        about, _ = wire.unpack(self._ask(wire.OPEN_SOUND, wire.pack({}, model_bytes)))
        self.samples, self.classes = int(about["samples"]), int(about["classes"])

    def scores(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """What it hears.

        Args:
            windows: float32 [n, samples], -1 to 1.

        Returns:
            float32 [n, classes].

        Raises:
            ModelError: the windows have another length, running it ended the process, or a score is no number.
        """
        if windows.ndim != 2 or windows.shape[1] != self.samples:
            raise ModelError(
                f"windows of the shape {list(windows.shape)} do not fit the classifier's {self.samples} samples",
                "cut the sound into windows of that length",
            )
        parts = [np.empty((0, self.classes), np.float32)]
        for first in range(0, len(windows), WINDOWS_AT_ONCE):
            some = np.ascontiguousarray(windows[first : first + WINDOWS_AT_ONCE], np.float32)
            answer = self._ask(wire.HEAR, wire.pack({"count": len(some)}, some.tobytes()))
            if len(answer) != 4 * len(some) * self.classes:
                raise HilError(_NONSENSE, "run it again; if that stays, report it")
            parts.append(np.frombuffer(answer, np.float32).reshape(len(some), self.classes))
        found = np.concatenate(parts)
        if not np.isfinite(found).all():
            raise ModelError("the classifier answers with what is no number", "take another classifier")
        return found

    def _ask(self, operation: int, body: bytes) -> bytes:
        try:
            return self._worker.ask(operation, body)
        except WorkerDiedError as error:
            raise WorkerDiedError(f"running the classifier of sound {error.cause}", error.cure) from error

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
