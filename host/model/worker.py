"""Models run in a process of their own: what a foreign one does to its kernels ends that process, not this program."""

import contextlib
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any

import numpy as np
import psutil

from ..bundle.expectation import Expectation
from ..bundle.model_info import ModelInfo
from ..errors import HilError
from . import worker_protocol as wire
from .inspect import ModelError, read_graph
from .interpreter import Int8, Outputs, as_tensors, empty_outputs
from .spare import AHEAD, SERVER, start_server
from .verify import DEFAULT_WINDOWS, Verification

ANSWER_TIMEOUT_S = 120.0
LOADING_TIMEOUT_S = 600.0  # a second, with TensorFlow some; but a computer may be busy and its disk slow
MEMORY_LIMIT = 2 << 30  # bytes resident; TensorFlow, where it stands in for LiteRT, takes some 500 MB
WATCH_S = 0.1
RUN_CELLS = 1 << 20  # most cells of one RUN request
_ENGINE_NAMES = {wire.REFERENCE: "the reference kernels", wire.MICRO: "TFLite Micro"}
_DEAD_CURE = (
    "the file is damaged, or its kernels have a fault: convert the model again; if it is yours and whole, report it "
    "with the model to the kernels' authors"
)
_NOT_LOADED_CURE = (
    "run it again when less else runs; if that stays, run `python3 tools/run.py setup`, "
    "and see whether memory is short"
)


class WorkerDiedError(ModelError):
    """The process that ran a model ended, or was ended, before it answered."""


class WorkerNotLoadedError(HilError):
    """The process ended, or was ended, while it loaded its libraries: no model's doing."""


class ModelWorker:
    """The process, started with the first request and started anew after it died.

    Args:
        timeout_s: for one answer, without the time that libraries take to load.
        memory_limit: bytes it may hold resident.
        server: the arguments for Python that start it.
        loading_s: for the libraries to load.
    """

    def __init__(
        self,
        timeout_s: float = ANSWER_TIMEOUT_S,
        memory_limit: int = MEMORY_LIMIT,
        server: Sequence[str] = SERVER,
        loading_s: float = LOADING_TIMEOUT_S,
    ) -> None:
        self._server = server
        self._loading_s = loading_s
        self._timeout_s = timeout_s
        self._memory_limit = memory_limit
        self._process: _Process | None = None

    def start(self) -> None:
        """Start the process now, so that it is ready when the first request comes."""
        self._running(AHEAD)

    def open(self, engine: str, model_bytes: bytes, model: ModelInfo) -> "RemoteInterpreter":
        """Load a model; one open model an engine.

        Args:
            engine: `worker_protocol.REFERENCE` or `MICRO`.
            model_bytes: the `.tflite` file.
            model: what the bundle says about it, which is checked against the file.

        Raises:
            ModelError: it cannot be loaded, or loading it ended the process; says in which op.
            HilError: the interpreter is not there.
        """
        return RemoteInterpreter(self, engine, model_bytes, model)

    def verify(
        self,
        model_bytes: bytes,
        model: ModelInfo,
        windows: int = DEFAULT_WINDOWS,
        seed: int = 1,
        recorded: Int8 | None = None,
    ) -> Verification:
        """`verify_model`, over there; see it for arguments and errors."""
        cells = b"" if recorded is None else recorded.tobytes()
        values = {"model": described(model), "windows": windows, "seed": seed, "recorded": len(cells)}
        engine = wire.REFERENCE

        def note(noted: dict[str, Any]) -> None:
            nonlocal engine
            engine = str(noted.get("engine", engine))

        with self.explained(lambda: engine, model_bytes):
            answer, _ = wire.unpack(self.ask(wire.VERIFY, wire.pack(values, cells + model_bytes), note))
        found = answer["verification"]
        expected = found["expected"]
        return Verification(**{**found, "expected": expected and Expectation(**expected)})

    @contextlib.contextmanager
    def explained(self, engine: Callable[[], str], model_bytes: bytes) -> Iterator[None]:
        """Add to a death in the block the op that caused it, found by running the model op by op."""
        try:
            yield
        except WorkerDiedError as error:
            where = self._op_that_kills(engine(), model_bytes)
            raise WorkerDiedError(
                f"running the model in {_ENGINE_NAMES[engine()]} {error.cause}{where}", error.cure
            ) from error

    def _op_that_kills(self, engine: str, model_bytes: bytes) -> str:
        last: dict[str, Any] = {}
        try:
            self.ask(wire.PROBE, wire.pack({"engine": engine}, model_bytes), last.update)
        except WorkerDiedError:
            operators = read_graph(model_bytes).operators
            index = last.get("op")
            if isinstance(index, int) and 0 <= index < len(operators):
                return f"; it dies in op {index} of {len(operators)}, {operators[index].name}"
        except HilError:
            pass
        return ""

    def ask(self, operation: int, body: bytes, note: Callable[[dict[str, Any]], Any] | None = None) -> bytes:
        """Return the body of the answer.

        Raises:
            WorkerDiedError: the process ended without one.
            WorkerNotLoadedError: it ended before any model was loaded into it.
            ModelError, HilError: it refused.
        """
        process = self._running()
        try:
            status, answer = process.ask(operation, body, note)
        except (EOFError, OSError, wire.ProtocolError) as error:
            why, loading = process.why_it_ended(), process.loading
            self.close()
            if loading:
                raise WorkerNotLoadedError(f"the process that runs models {why}", _NOT_LOADED_CURE) from error
            raise WorkerDiedError(why, _DEAD_CURE) from error
        if status == wire.WELL:
            return answer
        refused, _ = wire.unpack(answer)
        kind = ModelError if refused.get("model") else HilError
        raise kind(str(refused.get("cause")), str(refused.get("cure")))

    def _running(self, *more: str) -> "_Process":
        if self._process is None or self._process.popen.poll() is not None:
            self.close()
            self._process = _Process(
                (*self._server, *more), self._timeout_s, self._memory_limit, self._loading_s
            )
            weakref.finalize(self, self._process.end)  # whoever forgets to close it
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def __enter__(self) -> "ModelWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Process:
    """One start of the server, with a thread that watches it. It holds this object and not the worker.

    Attributes:
        loading: whether it loads libraries, or has not yet said that they are loaded.
    """

    def __init__(self, server: Sequence[str], timeout_s: float, memory_limit: int, loading_s: float) -> None:
        self._timeout_s, self._memory_limit, self._loading_s = timeout_s, memory_limit, loading_s
        self.loading = True
        self._waiting: tuple[float, bool] | None = (
            None  # since when for an answer, and whether libraries load
        )
        self._ended_because = ""
        self.popen = start_server(tuple(server))
        threading.Thread(target=self._watch, name="watch of models", daemon=True).start()

    def ask(
        self, operation: int, body: bytes, note: Callable[[dict[str, Any]], Any] | None
    ) -> tuple[int, bytes]:
        """Return status and body of the answer; raises EOFError, OSError or ProtocolError when there is none."""
        assert self.popen.stdin is not None and self.popen.stdout is not None
        self._waiting = (time.monotonic(), self.loading)
        try:
            wire.write_message(self.popen.stdin, operation, body)
            while True:
                status, answer = wire.read_message(self.popen.stdout)
                if status != wire.NOTE:
                    return status, answer
                noted = wire.unpack(answer)[0]
                if wire.LOADING in noted or wire.LOADED in noted:
                    self.loading = wire.LOADING in noted
                    self._waiting = (time.monotonic(), self.loading)
                elif note is not None:
                    note(noted)
        finally:
            self._waiting = None

    def _watch(self) -> None:
        """End the process when it takes too long or too much: a request that hangs would hang this program."""
        try:
            watched = psutil.Process(self.popen.pid)
            while self.popen.poll() is None:
                since, loading = self._waiting or (time.monotonic(), False)
                limit_s = self._loading_s if loading else self._timeout_s
                if time.monotonic() - since > limit_s:
                    did = "had not loaded its libraries" if loading else "gave no answer"
                    self._ended_because = f"{did} within {limit_s:g} s"
                    self.popen.kill()
                elif watched.memory_info().rss > self._memory_limit:
                    self._ended_because = f"took more than {self._memory_limit >> 20} MiB of memory"
                    self.popen.kill()
                time.sleep(WATCH_S)
        except psutil.Error:
            return  # it ended by itself

    def why_it_ended(self) -> str:
        """Say so, once it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(5.0)
        return self._ended_because or f"ended the process ({how_it_ended(self.popen.poll())})"

    def end(self) -> None:
        """Kill it and let go of its streams."""
        self.popen.kill()
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class RemoteInterpreter:
    """An `Interpreter` whose model runs in the worker. Made by `ModelWorker.open`.

    Attributes:
        arena_size, arena_used: bytes, 0 where the engine has no arena.
    """

    def __init__(self, worker: ModelWorker, engine: str, model_bytes: bytes, model: ModelInfo) -> None:
        self.model = model
        self._worker, self._engine, self._model_bytes = worker, engine, model_bytes
        body = wire.pack({"engine": engine, "model": described(model)}, model_bytes)
        with worker.explained(lambda: engine, model_bytes):
            about, _ = wire.unpack(worker.ask(wire.OPEN, body))
        self.name = str(about["name"])
        self.arena_size, self.arena_used = int(about["arena_size"]), int(about["arena_used"])

    @property
    def worker(self) -> ModelWorker:
        """The process in which it runs."""
        return self._worker

    def run(self, windows: Int8) -> Outputs:
        """See `Interpreter.run`."""
        as_tensors(self.model, windows[:1])  # a window that does not fit is refused here
        inputs = np.ascontiguousarray(windows).reshape(len(windows), -1) if len(windows) else windows
        outputs = empty_outputs(self.model, len(inputs))
        most = max(1, RUN_CELLS // self.model.cells)
        for start in range(0, len(inputs), most):
            self._run(inputs[start : start + most], outputs, start)
        return outputs

    def _run(self, inputs: Int8, outputs: Outputs, start: int) -> None:
        count = len(inputs)
        tensors = inputs.dtype == np.int16
        body = wire.pack({"engine": self._engine, "count": count, "tensors": tensors}, inputs.tobytes())
        with self._worker.explained(lambda: self._engine, self._model_bytes):
            answer = self._worker.ask(wire.RUN, body)
        values = np.frombuffer(answer, np.int8)
        if values.size != count * self.model.values:
            raise ModelError(
                f"the inference process answered {values.size} values for {count} windows, not "
                f"{self.model.values} each",
                "run it again; if that stays, report it",
            )
        at = 0
        for part in outputs.parts:
            size = count * part.shape[1]
            part[start : start + count] = values[at : at + size].reshape(count, -1)
            at += size

    def reset(self) -> None:
        """See `Interpreter.reset`."""
        if self.model.stateful:
            self._worker.ask(wire.RESET, wire.pack({"engine": self._engine}))


def described(model: ModelInfo) -> dict[str, Any]:
    """What the worker checks the file against."""
    return {"input": asdict(model.input), "outputs": [asdict(output) for output in model.outputs]}


def how_it_ended(code: int | None) -> str:
    """The name of the signal that ended a process, or its exit code, in words."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
