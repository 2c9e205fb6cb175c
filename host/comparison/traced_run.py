"""After a mismatch: the first window or column that differs, looked at on the same board, step by step."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..board.audio_stream import as_it_came
from ..bundle.load import Bundle
from ..errors import HilError
from ..frontend.normalised.settings import NormalisedSettings
from ..link import messages as m
from ..model.interpreter import Interpreter, as_tensors, joined
from ..model.worker import ModelWorker, RemoteInterpreter
from ..trace.later_stages import later_departures
from ..trace.op_by_op import TensorTrace
from ..trace.stages import trace_column
from ..trace.traced_device import Progress, TracedDevice, no_progress
from ..trace.window import BLOCK, Passage, WindowTrace, front_end, passage_of, trace_window, windows_of
from .diagnosis.again import Again
from .diagnosis.evidence import FileRecord, TracedFile
from .diagnosis.input_cells import cells_told
from .diagnosis.straight_line import on_a_line
from .op_times import OpTime, Profiling, op_times
from .record import RunRecord
from .recurrence import recurrence
from .result import RunComparison
from .streaming import Sound

Int16 = NDArray[np.int16]
REPEATS = 3
MOST_DEPARTED = 5  # windows that `every` keeps
MOST_SAMPLES = 1 << 22  # of a sound: four minutes at 16 kHz; what lies further in is not streamed once more


@dataclass(frozen=True)
class Differing:
    """A file that differs, and where first.

    Attributes:
        name: of the file.
        column: the first column with another cell; None where all are equal.
        window: the first window with another output; None where all are equal.
    """

    name: str
    column: int | None
    window: int | None


def first_of(file: FileRecord) -> Differing:
    """Where a file differs first."""
    return Differing(file.name, file.features.first, file.outputs.first)


class Tracing:
    """Looks at places of a run's files on its board.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        worker: runs the host's interpreters with all tensors kept.
        interpreter: the reference; None where the board runs no model.
        progress: told of what is done.

    Attributes:
        windows, tensors: how many `every` looked at.
        departing: in how many windows it found an op that departs.
        departed: the first of them.
        cut: files that it looked at the beginning of.
    """

    def __init__(
        self,
        device: TracedDevice,
        bundle: Bundle,
        worker: ModelWorker,
        interpreter: Interpreter | None,
        progress: Progress = no_progress,
    ) -> None:
        self._progress = progress
        self._device, self._bundle, self._worker = device, bundle, worker
        self._interpreter = interpreter
        self._capabilities = device.info().capabilities
        self.windows = self.tensors = self.departing = 0
        self.departed: list[TracedFile] = []
        self.cut: list[str] = []

    def differing(self, source: Sound, where: Differing) -> Iterator[TracedFile]:
        """Look at the first column and the first window of a file that differ; what was found of one stays found.

        Raises:
            HilError: the board failed, or cannot tell.
        """
        bundle = self._bundle
        if where.column is not None and self._capabilities & m.Capability.STAGES:
            samples = read_up_to(source, bundle.settings.samples_for(where.column + 1))
            yield self._column(where.name, samples, where.column)
        if where.window is not None and self._interpreter and self._capabilities & m.Capability.TRACE:
            yield self._window(source, where, where.window, self._interpreter)

    def _column(self, name: str, samples: Int16, column: int) -> TracedFile:
        """The column by itself; where its stages are right, behind all that came before it."""
        traced, about = trace_column(self._device, self._bundle, samples, column), ""
        if traced.agreed:
            traced = trace_column(self._device, self._bundle, samples, column, whole=True)
            about = (
                "the stages of that column are right when it is streamed again"
                if traced.agreed
                else "the stages of that column are right when it is streamed without what comes before it"
            )
        later = later_departures(self._device, self._bundle, traced)
        return TracedFile(name, column=traced, about=about, later=later)

    def _window(self, source: Sound, where: Differing, window: int, interpreter: Interpreter) -> TracedFile:
        """The window as it was streamed; where its tensors are right, three times more."""
        bundle = self._bundle
        columns = window * bundle.stride + bundle.frames
        samples = read_up_to(source, bundle.settings.samples_for(columns))
        passage = passage_of(bundle, samples, window)
        traced = trace_window(self._device, bundle, passage, self._worker, progress=self._progress)
        if not traced.steady:
            return TracedFile(where.name, traced, step="unsteady")
        if not traced.tensors.agreed or where.column is not None:
            return TracedFile(where.name, traced, step=_step_of(traced.tensors))
        step, about = _beside_the_ops(bundle, traced, interpreter)
        again = None if step else repeated(self._device, bundle, samples, window, interpreter)
        if again is not None and again.wrong < again.times:
            sound = read_up_to(source, MOST_SAMPLES)
            again = replace(again, on=recurrence(self._device, bundle, sound, interpreter))
        return TracedFile(where.name, traced, about=about, step=step, again=again)

    def every(self, name: str, source: Sound, step: int) -> None:
        """Look at every `step`th window of a file, as far into it as is streamed again.

        Raises:
            HilError: the board failed, or cannot tell.
        """
        bundle = self._bundle
        samples, more = beginning(source, MOST_SAMPLES)
        self.cut += [name] if more else []
        count = max(0, (bundle.settings.columns(len(samples)) - bundle.frames) // bundle.stride + 1)
        wanted = range(0, count, step)
        for done, window in enumerate(wanted):
            self._progress(f"{name}: window", done + 1, len(wanted))
            traced = trace_window(self._device, bundle, passage_of(bundle, samples, window), self._worker)
            self.windows += 1
            self.tensors += traced.tensors.compared
            self.departing += not traced.tensors.agreed
            if not traced.tensors.agreed and len(self.departed) < MOST_DEPARTED:
                self.departed.append(TracedFile(name, traced))

    @property
    def said(self) -> str:
        """What `every` looked at and found, for the notes."""
        found = f"in {self.departing:,} an op departs" if self.departing else "all are equal"
        cut = f"; of {', '.join(self.cut)} the first {MOST_SAMPLES:,} samples" if self.cut else ""
        return f"traced: {self.tensors:,} tensors of {self.windows:,} windows, {found}{cut}"


def tracing_worker(reference: Interpreter | None) -> contextlib.AbstractContextManager[ModelWorker]:
    """The process of the reference, where it has one: it has loaded all that a trace needs."""
    if isinstance(reference, RemoteInterpreter):
        return contextlib.nullcontext(reference.worker)
    return ModelWorker()


def trace_run(tracing: Tracing, result: RunComparison, sources: Mapping[str, Sound], step: int) -> None:
    """Look at what a run's files differ in first, and at every `step`th window of all of them where it is not 0.

    Args:
        tracing: see there.
        result: takes what was found.
        sources: the run's files, by the names that it tells them by.
        step: see above.

    Raises:
        HilError: the board failed, or cannot tell.
    """
    first = next((file for file in result.recorded.files if file.name in sources), None)
    if first is not None:
        for found in tracing.differing(sources[first.name], first_of(first)):
            result.recorded.traced.append(found)
    if step and result.inference:
        try:
            for name, source in sources.items():
                tracing.every(name, source, step)
        finally:  # what departed counts, also where the board failed behind it
            result.recorded.traced += tracing.departed
            result.notes.append(tracing.said)


def _step_of(trace: TensorTrace) -> str:
    """ "outputs" where every op is right and no op can have spoilt what is read of the last ones."""
    spoilt = trace.overwritten if trace.departure is None else ()
    return "outputs" if spoilt and not any(output.written_over for output in spoilt) else ""


def _beside_the_ops(bundle: Bundle, traced: WindowTrace, interpreter: Interpreter) -> tuple[str, str]:
    """Every op is right: whether the window that the model was given, or the outputs that were sent, are not.

    Returns:
        "input" or "outputs", and that in words; twice nothing where both are right.
    """
    given = traced.tensors.input_different
    if given:
        told = f"{given:,} cells of the model's input are not those of the columns that were sent"
        if traced.inputs is not None:
            bands, of_input = bundle.settings.model_bands, bundle.model.input
            before = _before(bundle, traced)
            line = on_a_line(*traced.inputs) if isinstance(bundle.settings, NormalisedSettings) else ""
            cells = cells_told(*traced.inputs, bands, before, bool(of_input.bands_first), of_input)
            told += f", {line}" if line else f" ({cells})"
        return "input", told
    expected = _last_outputs(bundle, traced.columns, interpreter)
    if traced.outputs is not None and not np.array_equal(traced.outputs, expected):
        if bundle.model.stateful:
            return (
                "",
                "the ops give what was sent, and from the state of a new stream they give something else",
            )
        return "outputs", "what was sent of the window is not what its last ops gave, in the trace, too"
    return "", ""


def _before(bundle: Bundle, traced: WindowTrace) -> NDArray[Any] | None:
    """The model's right input for the window before, as it was streamed; None where the traced one was the first."""
    if len(traced.columns) < bundle.frames + bundle.stride:
        return None
    return as_tensors(bundle.model, windows_of(bundle, traced.columns)[-2:-1])[0]


def _last_outputs(bundle: Bundle, columns: NDArray[np.int8], interpreter: Interpreter) -> NDArray[np.int8]:
    """What the last window of columns gives."""
    interpreter.reset()
    windows = windows_of(bundle, columns)
    outputs: NDArray[np.int8] = joined(interpreter.run(windows if bundle.model.stateful else windows[-1:]))[
        -1
    ]
    return outputs


def repeated(
    device: TracedDevice, bundle: Bundle, samples: Int16, window: int, interpreter: Interpreter
) -> Again:
    """Stream a sound up to a window three times, as a run does, and count how often its output was wrong."""
    columns = front_end(bundle).features(samples)
    expected = _last_outputs(bundle, columns, interpreter)
    passage = Passage(samples, window, window, columns)
    wrong = sum(not np.array_equal(came, expected) for came in _streamed(device, passage))
    return Again(REPEATS, wrong)


def _streamed(device: TracedDevice, passage: Passage) -> Iterator[NDArray[np.int8]]:
    """A window's outputs, once a repetition."""
    for _ in range(REPEATS):
        came = np.empty(0, np.int8)
        blocks = (passage.samples[at : at + BLOCK] for at in range(0, len(passage.samples), BLOCK))
        for result in as_it_came(device.stream(blocks)):
            if isinstance(result, m.WindowResult) and result.index == passage.streamed:
                came = np.frombuffer(result.outputs, np.int8)
        yield came


def read_up_to(source: Sound, count: int) -> Int16:
    """The first samples of a sound.

    Raises:
        HilError: the place is too far into it.
    """
    if count > MOST_SAMPLES:
        raise HilError(
            f"the place lies {count:,} samples into the sound, more than are streamed once more",
            "trace it by itself: `python -m host trace FILE --window N`",
        )
    return beginning(source, count)[0]


def beginning(source: Sound, count: int) -> tuple[Int16, bool]:
    """The first samples of a sound, and whether it has more."""
    pieces: list[Int16] = []
    have = 0
    for block in source.blocks():
        pieces.append(block.copy())
        have += len(block)
        if have > count:
            break
    return np.concatenate(pieces)[:count] if pieces else np.zeros(0, np.int16), have > count


def op_times_of(device: object, run: RunRecord) -> list[OpTime]:
    """What a run's board tells of the last inference; empty where it keeps no profile."""
    asked = run.inference and run.info.capabilities & m.Capability.PROFILE
    if not asked or not isinstance(device, Profiling) or not any(file.windows for file in run.files):
        return []
    return op_times(run.bundle.model_bytes, device.profile())
