"""The process that runs models: for the virtual board (LOAD, INVOKE, CHECKSUM) and for the host itself (the rest).

`worker_protocol.py` has the messages. Kernels trust the model they are given; what a damaged one does to this process,
the board or the host outlives. Where TFLite Micro's wheel does not exist the reference interpreter computes for the
virtual board, and the line on stderr says which of the two does.
"""

import contextlib
import os
import struct
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from ..bundle.errors import BundleError
from ..bundle.model_info import MeasuredInput, ModelInfo, OutputInfo, TensorInfo
from ..errors import HilError
from ..frontend.normalised.normaliser import Normaliser
from . import worker_protocol as wire
from .cut import cut_after
from .engine import Case, Engine, choose_engine
from .engine_faults import CrashError, faulty
from .inspect import ModelError, inspect_model, read_graph
from .interpreter import Interpreter, as_tensors
from .kept_tensors import packed, requested, run_kept
from .micro import MicroInterpreter, unavailable
from .micro import run_once as run_once_micro
from .op_fault import with_op_faults
from .reference import ReferenceInterpreter, kernels
from .reference import run_once as run_once_reference
from .sound_classifier import SoundClassifier
from .spare import AHEAD, BOARD
from .verify import random_windows, verify_model

_LOADERS_CURE = "run `python3 tools/run.py setup`, and see whether memory is short"
NO_LOGITS = 0xFF
LOADED = struct.Struct("<III")  # arena size, arena used, whether the model remembers
CRC = struct.Struct("<I")
KEPT = struct.Struct("<II")  # bytes needed, bytes there; both 0: it is kept
OPENED = struct.Struct("<II")  # inputs, outputs; then the size of each input
BOARDS = (wire.LOAD, wire.INVOKE, wire.CHECKSUM, wire.TRACE, wire.KEEP, wire.CASE)
INTERPRETERS: dict[str, Callable[[bytes, ModelInfo], Interpreter]] = {
    wire.REFERENCE: ReferenceInterpreter,
    wire.MICRO: MicroInterpreter,
}
LOADERS: dict[str, Callable[[], object]] = {wire.REFERENCE: kernels, wire.MICRO: unavailable}
"""What imports an engine's libraries: seconds, and minutes on a busy computer."""
RUN_ONCE = {wire.REFERENCE: run_once_reference, wire.MICRO: run_once_micro}


def _gone() -> ModelError:
    return ModelError(
        "the process that ran the model has ended, and the one in its place has none",
        "run it again; if that stays, report it",
    )


class Server:
    """Answers one asker.

    Args:
        note: sends a NOTE with these values.
        load: makes the virtual board's engine of (model, scores output, logits output or None).
    """

    def __init__(
        self,
        note: Callable[[dict[str, Any]], None],
        load: "Callable[[bytes, int, int | None], Engine] | None" = None,
    ) -> None:
        self._note = note
        self._load_engine = load
        self._engine: Engine | None = None
        self._case: Case | None = None
        self._open: dict[str, Interpreter] = {}
        self._loaded: set[str] = set()
        self._sound: SoundClassifier | None = None
        self._operations: dict[int, Callable[[bytes], bytes]] = {
            wire.LOAD: self._load,
            wire.INVOKE: self._invoke,
            wire.CHECKSUM: self._checksum,
            wire.TRACE: self._trace,
            wire.KEEP: self._keep,
            wire.CASE: self._open_case,
            wire.OPEN: self._open_model,
            wire.RUN: self._run,
            wire.RESET: self._reset,
            wire.VERIFY: self._verify,
            wire.PROBE: self._probe,
            wire.TENSORS: self._tensors,
            wire.OPEN_SOUND: self._open_sound,
            wire.HEAR: self._hear,
        }

    def answer(self, operation: int, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer. Whatever a model makes an interpreter do, the asker is told."""
        try:
            do = self._operations.get(operation)
            if do is None:
                raise HilError(f"the inference process knows no operation {operation}", "update both sides")
            return wire.WELL, do(body)
        except CrashError:
            return wire.CRASHED, b""
        except Exception as caught:
            error = caught
        if operation in BOARDS:
            why = (
                error.cause if isinstance(error, HilError) else str(error)
            )  # what helps, the board's host knows
            return wire.FAILED, why.encode("utf-8", "replace")[:512] or type(error).__name__.encode()
        known = isinstance(error, HilError)
        values = {
            "model": isinstance(error, BundleError) or not known,
            "cause": error.cause if isinstance(error, HilError) else f"{type(error).__name__}: {error}",
            "cure": error.cure if isinstance(error, HilError) else "convert the model again",
        }
        return wire.FAILED, wire.pack(values)

    def _load(self, body: bytes) -> bytes:
        if self._load_engine is None:
            raise RuntimeError("this process serves no board")
        self._engine = self._case = None  # a failed load leaves no model behind
        logits = None if body[1] == NO_LOGITS else body[1]
        self._engine = self._load_engine(body[4:], body[0], logits)
        engine = self._engine
        return LOADED.pack(engine.arena_size, engine.arena_used, int(engine.stateful))

    def _checksum(self, body: bytes) -> bytes:
        if self._engine is None:
            raise RuntimeError("no model is loaded")
        (start,) = CRC.unpack(body)
        return CRC.pack(self._engine.checksum(start))

    def _trace(self, body: bytes) -> bytes:
        if self._case is not None:
            sizes = self._case.inputs
            starts = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
            return self._case.trace([body[start:end] for start, end in pairwise(starts)]).packed()
        if self._engine is None:
            raise RuntimeError("no model is loaded")
        return self._engine.tracer.trace([body]).packed()

    def _keep(self, _: bytes) -> bytes:
        if self._engine is None:
            raise RuntimeError("no model is loaded")
        return KEPT.pack(*self._engine.tracer.keep())

    def _open_case(self, body: bytes) -> bytes:
        if self._load_engine is None:
            raise RuntimeError("this process serves no board")
        self._engine = self._case = None
        case = self._case = Case(body)
        return OPENED.pack(len(case.inputs), case.outputs) + struct.pack(
            f"<{len(case.inputs)}I", *case.inputs
        )

    def _invoke(self, body: bytes) -> bytes:
        if self._engine is None:
            raise RuntimeError("no model is loaded")
        return self._engine.invoke(body)

    def _libraries(self, engine: str) -> None:
        """Import what an engine needs, before its model's time is taken."""
        if engine not in self._loaded:
            self._note({wire.LOADING: engine})
            try:
                LOADERS[engine]()
            except HilError:
                raise
            except Exception as error:  # whatever imports come upon: no model's doing
                raise HilError(f"the libraries of models cannot be loaded: {error}", _LOADERS_CURE) from error
            self._loaded.add(engine)
            self._note({wire.LOADED: engine})

    def _open_model(self, body: bytes) -> bytes:
        values, data = wire.unpack(body)
        engine = str(values["engine"])
        self._libraries(engine)
        self._open.pop(engine, None)
        interpreter = INTERPRETERS[engine](data, _same_model(data, values))
        self._open[engine] = interpreter
        about = {
            "name": interpreter.name,
            "arena_size": getattr(interpreter, "arena_size", 0),
            "arena_used": getattr(interpreter, "arena_used", 0),
        }
        return wire.pack(about)

    def _run(self, body: bytes) -> bytes:
        values, cells = wire.unpack(body)
        kind = np.int16 if values.get("tensors") else np.int8
        windows: Any = np.frombuffer(cells, kind).reshape(int(values["count"]), -1)
        outputs = self._opened(values["engine"]).run(windows)
        return b"".join(part.tobytes() for part in outputs.parts)

    def _opened(self, engine: str) -> Interpreter:
        if engine not in self._open:
            raise _gone()
        return self._open[engine]

    def _reset(self, body: bytes) -> bytes:
        values, _ = wire.unpack(body)
        self._opened(values["engine"]).reset()
        return wire.pack({})

    def _verify(self, body: bytes) -> bytes:
        values, data = wire.unpack(body)
        count = int(values["recorded"])
        cells, data = np.frombuffer(data[:count], np.int8), data[count:]
        model = _same_model(data, values)
        for engine in LOADERS:
            self._libraries(engine)
        found = verify_model(
            data,
            model,
            int(values["windows"]),
            int(values["seed"]),
            lambda engine: self._note({"engine": engine}),
            cells.reshape(-1, model.cells) if count else None,
        )
        return wire.pack({"verification": asdict(found)})

    def _probe(self, body: bytes) -> bytes:
        values, data = wire.unpack(body)
        engine = str(values["engine"])
        self._libraries(engine)
        model = inspect_model(data)
        window = as_tensors(model, random_windows(model, 4, seed=1)[3:])[0]
        for index, op in enumerate(read_graph(data).operators):
            if not op.outputs:  # such as CALL_ONCE: it runs before the next one
                continue
            self._note({"op": index})
            RUN_ONCE[engine](cut_after(data, index), window)
        return wire.pack({})

    def _tensors(self, body: bytes) -> bytes:
        engine, data, tensors = requested(body)
        self._libraries(engine)
        return packed(run_kept(engine, data, tensors))

    def _open_sound(self, body: bytes) -> bytes:
        _, data = wire.unpack(body)
        self._libraries(wire.REFERENCE)
        self._sound = SoundClassifier(data)
        return wire.pack({"samples": self._sound.samples, "classes": self._sound.classes})

    def _hear(self, body: bytes) -> bytes:
        values, raw = wire.unpack(body)
        if self._sound is None:
            raise _gone()
        windows = np.frombuffer(raw, np.float32).reshape(int(values["count"]), -1)
        return self._sound.scores(windows).tobytes()


def _same_model(data: bytes, values: dict[str, Any]) -> ModelInfo:
    """What the file is, with input and outputs as the asker's bundle claims them: the interpreter checks the claim."""
    claimed = values.get("model")
    model = inspect_model(data)
    if not isinstance(claimed, dict):
        return model
    return replace(model, **_claims(claimed))


def _claims(claimed: dict[str, Any]) -> dict[str, Any]:
    tensor = claimed["input"]
    shape = {"shape": tuple(tensor["shape"])}
    ours = (
        MeasuredInput(**{**tensor, **shape, "normaliser": Normaliser(**tensor["normaliser"])})
        if "normaliser" in tensor
        else TensorInfo(**{**tensor, **shape})
    )
    outputs = tuple(OutputInfo(**{**each, "shape": tuple(each["shape"])}) for each in claimed["outputs"])
    return {"input": ours, "outputs": outputs}


def serve(
    requests: BinaryIO, answers: BinaryIO, load: "Callable[[bytes, int, int | None], Engine] | None" = None
) -> None:
    """Answer requests until the asker hangs up.

    Args:
        requests: what the asker writes.
        answers: what the asker reads.
        load: see `Server`.
    """
    server = Server(lambda values: wire.write_message(answers, wire.NOTE, wire.pack(values)), load)
    while True:
        try:
            operation, body = wire.read_message(requests)
        except (EOFError, wire.ProtocolError):
            return
        wire.write_message(answers, *server.answer(operation, body))


def main(arguments: list[str]) -> int:
    """Serve on stdin and stdout. Everything else that is printed goes to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the protocol
    if BOARD in arguments:
        engine, name = choose_engine()
        print(f"inference {name}", file=sys.stderr, flush=True)
        arena, *words = arguments[arguments.index(BOARD) + 1 :] or ["0"]
        load = faulty(partial(engine, arena=int(arena) or None), [word for word in words if "=" not in word])
        serve(requests, answers, with_op_faults(load, [word for word in words if "=" in word]))
        return 0
    if AHEAD in arguments:
        with contextlib.suppress(HilError):  # what is missing is told to the first who needs it
            kernels()
    serve(requests, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
