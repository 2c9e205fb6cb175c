"""Damaged models: each is refused when it is looked at, or by the process that runs it, which may die of it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE
from host.model.inspect import ModelError, activation_of_scores, inspect_model, window_of
from host.model.samples import TESTDATA, sample_model
from host.model.worker import ModelWorker

from .mutate import SIZES, mutated
from .target import Target, check_refusal

WINDOWS = 4
ANSWER_S = 40.0  # of the worker; a case may take three answers


class ModelFuzz(Target):
    """Mutations of small models of every kind; what looks whole is run as `import` runs it."""

    def __init__(self) -> None:
        names = sorted(path.stem for path in TESTDATA.glob("*.tflite"))
        corpus = [sample_model(name) for name in names]
        super().__init__("model", [*corpus, load_bundle(DEFAULT_BUNDLE).model_bytes], damaged_model)
        self._worker = ModelWorker(timeout_s=ANSWER_S)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:  # noqa: ARG002
        """See `Target.take`."""
        try:
            model = inspect_model(data)
            activation_of_scores(data)
            window_of(model, rng.choice((16, 40, model.input.shape[-1])))
        except ModelError as error:
            return check_refusal(error)
        try:
            found = self._worker.verify(data, model, WINDOWS)
        except ModelError as error:
            check_refusal(error)
            return "ended the worker" if "process" in error.cause else "refused by the worker"
        if found.windows != WINDOWS or not found.reference:
            raise AssertionError(f"not verified: {found}")
        return "ran"


def damaged_model(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One to four words changed, which a flatbuffer is made of; or any damage."""
    if rng.random() < 0.4:
        return mutated(data, others, rng)
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        size = rng.choice((1, 2, 4, 4, 4, 8))
        place = rng.randrange(len(body) // size) * size
        old = int.from_bytes(body[place : place + size], "little")
        value = rng.choice(
            (old + 1, old - 1, old * 2, old ^ 1 << rng.randrange(8 * size), *SIZES, rng.randrange(64))
        )
        body[place : place + size] = struct.pack("<Q", value & ((1 << 64) - 1))[:size]
    return bytes(body)


def make() -> ModelFuzz:
    """The target."""
    return ModelFuzz()
