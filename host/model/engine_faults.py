"""Kernels that are wrong on purpose, or lack something, for tests: one model's, on a virtual board."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .engine import Engine
from .inspect import ModelError, inspect_model

KINDS = ("crash-load", "crash-invoke", "wrong", "no-variables")
# As firmware/hil_core/runner.cpp says it.
WITHOUT_VARIABLES = "the model keeps state in variables, which this firmware was built without"
Load = Callable[[bytes, int, int | None], Engine]


class CrashError(Exception):
    """The board that runs this would be gone."""


@dataclass(frozen=True)
class ModelFault:
    """What goes wrong with one model; every other runs as it should.

    Attributes:
        sha256: of the model.
        kind: `crash-load`; `crash-invoke`; `wrong`: the first score is one too large, or too small where it cannot be;
            `no-variables`: if it keeps state in variables it is refused, as by a firmware that was built without.
        at: number of the inference, from 1 at each load, from which on it happens.
    """

    sha256: str
    kind: str
    at: int = 1

    def words(self) -> list[str]:
        """For the server's command line."""
        return [self.kind, str(self.at), self.sha256]


def faulty(load: Load, words: Sequence[str]) -> Load:
    """Return `load` with the fault of these words, from `ModelFault.words`; none: as it is."""
    if not words:
        return load
    kind, at, sha256 = words
    fault = ModelFault(sha256, kind, int(at))

    def load_it(model: bytes, scores: int, logits: int | None) -> Engine:
        if hashlib.sha256(model).hexdigest() != fault.sha256:
            return load(model, scores, logits)
        if fault.kind == "crash-load":
            raise CrashError
        if fault.kind == "no-variables":
            if "VAR_HANDLE" in inspect_model(model).ops:
                raise ModelError(WITHOUT_VARIABLES, "load it on a board that has them")
            return load(model, scores, logits)
        engine = load(model, scores, logits)
        engine.invoke = _Faulty(engine.invoke, fault)  # type: ignore[method-assign]
        return engine

    return load_it


class _Faulty:
    """An engine's `invoke`, from some inference on wrong."""

    def __init__(self, invoke: Callable[[bytes], bytes], fault: ModelFault) -> None:
        self._invoke, self._fault, self._count = invoke, fault, 0

    def __call__(self, cells: bytes) -> bytes:
        self._count += 1
        outputs = self._invoke(cells)
        if self._count < self._fault.at:
            return outputs
        if self._fault.kind == "crash-invoke":
            raise CrashError
        step = -1 if outputs[0] == 127 else 1
        return bytes([(outputs[0] + step) & 0xFF]) + outputs[1:]
