"""The main job: files into a board, and what it makes of them held against the host. Events and a result come out."""

import contextlib
import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..audio.decode import LONGEST_S
from ..audio.errors import AudioError
from ..audio.find import find_audio
from ..audio.source import AudioSource
from ..board.built_with import tools
from ..board.crash import FirmwareCrashedError
from ..board.identity import check_identity, timing_note
from ..board.interface import Known
from ..board.kernels import kernels_of
from ..bundle.expectation import TFLITE_MICRO, Expectation
from ..bundle.load import Bundle
from ..errors import HilError
from ..line.connection import DeviceResetError
from ..link import messages as m
from ..model.allowed import rounding_ops
from ..model.inspect import ModelError
from ..model.interpreter import Interpreter
from ..model.kernel_faults import known_faults
from ..model.micro import MODULE as MICRO_PACKAGE
from ..model.worker import ModelWorker, RemoteInterpreter
from ..model.worker_protocol import MICRO, REFERENCE
from ..printable import printable_line
from ..trace.traced_device import TracedDevice
from . import events as e
from .allowance import allowance_note
from .checks.examine import MOST_SOUND_S, SOUND_STRIDES, Examination
from .claims.conduct import reset_name
from .clipping import ClippedFiles, Clipping
from .device import BoardUnderTest, DeviceUnderTest
from .file import FileComparison
from .host_side import host_versions, telling_names
from .questions import QUESTIONS, Questions, marked_emulated
from .result import RunComparison
from .stimuli.kit import CACHE, kit_for
from .stimuli.outcome import StimuliRecord
from .stimuli.thorough import FOLDER, MadeSound, Thorough
from .streaming import Sound, compare_file
from .traced_run import Tracing, op_times_of, trace_run

REPEATED_S = 30.0  # a file that took longer is not streamed again to see whether it differs again
RECONNECT_S = 10.0  # for a board to boot, at least

T = TypeVar("T")
Interpreters = Callable[[Bundle], tuple[Interpreter, Interpreter | None]]


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    Attributes:
        features_only: compare the front end alone; the model does not run.
        damage: share of frames that a virtual board's line damages on purpose.
        channel: the channel of every file to take, from 1; None averages all.
        longest_s: refuse files that are longer.
        thorough: after the files, stimuli that reach what recordings do not (`comparison.stimuli`).
        stimuli: folder that keeps these.
        trace_every: every how manieth window of each file is looked at tensor by tensor; 0: none.
    """

    features_only: bool = False
    damage: float = 0.0
    channel: int | None = None
    longest_s: float = LONGEST_S
    thorough: bool = False
    stimuli: Path = CACHE
    trace_every: int = 0


def load_interpreters(
    bundle: Bundle, worker: ModelWorker | None = None
) -> tuple[Interpreter, Interpreter | None]:
    """What is expected, and a second witness where TFLite Micro's wheel exists; both in a process of their own.

    Where the bundle records that the two part, what it names is expected and the other is no witness of anything. Where
    they may round differently (`model.allowed`), TFLite Micro is expected, and the other's outputs are as good.

    Args:
        bundle: the bundle in use.
        worker: that process, when it was started ahead.

    Raises:
        HilError: the model cannot be loaded, or reference kernels or what the bundle names do not exist here.
    """
    worker = worker or ModelWorker()
    recorded, either = bundle.model.expected, bool(rounding_ops(bundle.model_bytes))
    if recorded is not None and not (either and recorded.off == "neither"):
        return _recorded(bundle, recorded, worker), None
    reference = worker.open(REFERENCE, bundle.model_bytes, bundle.model)
    if recorded is not None:
        return _recorded(bundle, recorded, worker), reference
    # importing it here would cost as much as starting the process
    if importlib.util.find_spec(MICRO_PACKAGE) is None:
        return reference, None
    try:
        micro = worker.open(MICRO, bundle.model_bytes, bundle.model)
    except ModelError:
        raise
    except HilError:  # its wheel is for another computer
        return reference, None
    return (micro, reference) if either else (reference, micro)


def _recorded(bundle: Bundle, recorded: Expectation, worker: ModelWorker) -> Interpreter:
    """The one of the two that the bundle names as expected."""
    if recorded.side != TFLITE_MICRO:
        return worker.open(REFERENCE, bundle.model_bytes, bundle.model)
    try:
        return worker.open(MICRO, bundle.model_bytes, bundle.model)
    except ModelError:
        raise
    except HilError as error:
        raise HilError(
            f"the bundle expects TFLite Micro's outputs, and its wheel does not exist here: {recorded.sentence}",
            "run on Linux x86-64 with the tflite-micro package, or compare --features-only",
        ) from error


def open_sources(
    paths: Sequence[Path], bundle: Bundle, wishes: Wishes | None = None
) -> tuple[dict[str, AudioSource], dict[str, AudioError]]:
    """The audio at the bundle's rate; every file is looked at before the first is streamed.

    Returns:
        Files by their names for people, and those that cannot be read with the reason.

    Raises:
        AudioError: a path has no audio, or no file can be read.
    """
    wishes = wishes or Wishes()
    found = find_audio(paths)
    sources: dict[str, AudioSource] = {}
    unreadable: dict[str, AudioError] = {}
    for path, name in zip(found, telling_names(found), strict=True):
        try:
            sources[name] = AudioSource(
                path, bundle.settings.sample_rate, wishes.channel, wishes.longest_s, bundle.to_peak
            )
        except AudioError as error:
            unreadable[name] = error
    if not sources:
        first = next(iter(unreadable.values()))
        if len(unreadable) == 1:
            raise first
        raise AudioError(
            f"none of {len(unreadable)} files can be read; of the first: {first.cause}", first.cure
        )
    return sources, unreadable


class Run:
    """One run: some files, one board, one bundle.

    Args:
        paths: audio files and folders of them.
        board: reached when the run is executed, and closed at its end.
        bundle: what the board should run.
        wishes: what the user asked for.
        interpreters: gives the reference and the witness (None when there is none).
        listeners: called with each event (`comparison.events`), in order.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        board: BoardUnderTest,
        bundle: Bundle,
        wishes: Wishes | None = None,
        interpreters: Interpreters = load_interpreters,
        listeners: Sequence[e.Listener] = (),
    ) -> None:
        self._paths = paths
        self._board = board
        self._bundle = bundle
        self._wishes = wishes or Wishes()
        self._interpreters = interpreters
        self._listeners = list(listeners)
        self._worker: ModelWorker | None = None
        self._reference: Interpreter | None = None
        self._witness: Interpreter | None = None
        self._result = RunComparison(
            board.kind,
            bundle,
            m.Info(),
            not self._wishes.features_only,
            versions=host_versions(),
            damage=self._wishes.damage,
            stimuli=StimuliRecord() if self._wishes.thorough else None,
        )

    def subscribe(self, listener: e.Listener) -> None:
        """Call `listener` with each event from now on."""
        self._listeners.append(listener)

    def execute(self) -> RunComparison:
        """Stream all files and compare.

        A run that breaks off tells `RunEnded` too, with all that was compared before.

        Raises:
            HilError: the audio cannot be read, the board cannot be reached, runs another bundle, or failed.
        """
        started = time.monotonic()
        result = self._result
        self._tell(e.RunStarted(result))
        try:
            self._stream_all()
        except BaseException as error:
            result.interrupted = isinstance(error, KeyboardInterrupt)
            result.failures.append(_cause(error))
            result.seconds["total"] = time.monotonic() - started
            with contextlib.suppress(Exception):  # what went wrong first is what counts
                self._tell(e.RunEnded(result))
            raise
        result.seconds["total"] = time.monotonic() - started
        self._tell(e.RunEnded(result))
        return result

    def _stream_all(self) -> None:
        if self._result.inference and self._interpreters is load_interpreters:
            worker = self._worker = ModelWorker()
            worker.start()  # it loads for a second: meanwhile files are looked at and the board is reached
            self._interpreters = lambda bundle: load_interpreters(bundle, worker)
        sources, unreadable = open_sources(self._paths, self._bundle, self._wishes)
        for name, error in unreadable.items():
            self._leave_out(name, error)
        with contextlib.closing(self._board):
            with self._step("connect"):
                device, info = self._board.connect(self._log)
            with contextlib.closing(device):
                questions = Questions(device, self._result)
                self._meet(info, questions)
                self._compare_all(device, questions, sources)
                self._stimulate(device, questions)
                self._examine(device, questions, sources)
        self._name_kernel_faults()
        note = allowance_note(self._result)
        self._result.notes += [note] if note else []
        self._result.complete = True

    def _name_kernel_faults(self) -> None:
        """Outputs differ: say what is known of the kernels that computed them."""
        result = self._result
        if any(file.outputs.different for file in result.files):
            found = known_faults(self._bundle.model_bytes, kernels_of(result.info, result.built_with))
            result.notes += [f"a known fault may be the cause: {known}" for known in found]

    # ---- telling

    def _tell(self, event: e.Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _log(self, level: int, text: str) -> None:
        self._result.log.add(level, text)
        self._tell(e.DeviceLog(level, text))

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._tell(e.StepStarted(name))
        start = time.monotonic()
        try:
            yield
        finally:
            self._result.seconds[name] = time.monotonic() - start
            self._tell(e.StepEnded(name, self._result.seconds[name]))

    # ---- the steps

    def _meet(self, info: m.Info, questions: Questions) -> None:
        """Refuse a board with another bundle; load what its values are held against."""
        result = self._result
        result.info = info = marked_emulated(info, self._board.kind)
        check_identity(info, self._bundle)
        questions.prove()
        questions.ask_build()
        result.reached = self._board.description
        if isinstance(self._board, Known):
            result.facts = self._board.facts
        self._tell(e.BoardFound(info, self._board.description, tools(result.built_with)))
        note = timing_note(info)
        result.notes += [note] if note else []
        with self._step("load reference"):
            if result.inference:
                self._reference, self._witness = self._interpreters(self._bundle)
                reference = self._reference
                result.recorded.interpreter = lambda: reference
        result.witness = self._witness is not None and not rounding_ops(self._bundle.model_bytes)
        arenas = (
            (each.arena_used, each.arena_size)
            for each in (self._reference, self._witness)
            if isinstance(each, RemoteInterpreter)
        )
        result.witness_arena, result.witness_arena_size = max(arenas, default=(0, 0))
        recorded = self._bundle.model.expected
        if result.inference and recorded is not None:
            result.notes.append(recorded.sentence)
        elif result.inference and self._witness is None:
            result.notes.append("TFLite Micro's wheel does not exist for this computer: no second witness")

    def _compare_all(
        self, device: DeviceUnderTest, questions: Questions, sources: Mapping[str, AudioSource]
    ) -> None:
        rate = self._bundle.settings.sample_rate
        self._tell(
            e.FilesCounted(len(sources), round(sum(source.duration_s for source in sources.values()) * rate))
        )
        self._twice(questions, QUESTIONS, lambda _: questions.begin())
        clipped = ClippedFiles()
        with self._step("stream"):
            for name, source in sources.items():
                self._tell(e.FileStarted(name))
                try:
                    file = self._compare_one(device, questions, source, name, self._reference)
                except AudioError as error:
                    self._leave_out(name, error)
                    # The board must forget what it has of the file: nothing of it counts.
                    check_identity(questions.reconnect(self._patience_s, restarted=False), self._bundle)
                    continue
                self._result.add(file)
                clipped.add(file.name, file.clipping)
                file.clipping = Clipping()  # of thousands of files even these take memory
                self._tell(e.FileDone(file, self._result))
            self._repeat(device, questions, sources)
        self._trace(device, questions, sources)
        self._result.op_times = op_times_of(device, self._result)
        self._result.notes += [clipped.note] if clipped.note else []

    def _repeat(
        self, device: DeviceUnderTest, questions: Questions, sources: Mapping[str, AudioSource]
    ) -> None:
        """The first file that differs once more: a fault that comes and goes is another one than a steady fault."""
        first = next(
            (file for file in self._result.files if file.name in self._result.recorded.differing), None
        )
        source = (
            None
            if first is None
            else next((s for n, s in sources.items() if printable_line(n) == first.name), None)
        )
        if first is None or source is None or first.wall_s > REPEATED_S or not first.audio_ended:
            return
        again = self._compare_one(device, questions, source, first.name, self._reference, again=True)
        kept = self._result.recorded.files[0]  # of this file: it was the first that differs
        alike = again.recorder.values_alike(kept) and first.device_changes == again.device_changes
        self._result.recorded.repeated(first.name, again.agreed, alike)

    def _trace(
        self, device: DeviceUnderTest, questions: Questions, sources: Mapping[str, AudioSource]
    ) -> None:
        """The first window and column that differ, step by step; with `--trace-every`, others too."""
        result, wishes = self._result, self._wishes
        if not isinstance(device, TracedDevice) or not (result.recorded.files or wishes.trace_every):
            return
        with self._step("trace"):
            worker = self._worker or ModelWorker()
            tracing = Tracing(device, self._bundle, worker, self._reference)
            by_name = {printable_line(name): source for name, source in sources.items()}
            try:
                trace_run(tracing, result, by_name, wishes.trace_every)
            except HilError as error:
                result.notes.append(f"a trace was not possible: {error.cause}")
                check_identity(questions.reconnect(self._patience_s, restarted=False), self._bundle)
            questions.after_windows(0)  # what it ran is no file's

    def _stimulate(self, device: DeviceUnderTest, questions: Questions) -> None:
        """After the files: what they do not reach."""
        record = self._result.stimuli
        if record is None:
            return
        with self._step("make stimuli"):
            kit = kit_for(self._bundle, self._reference, self._wishes.stimuli)

        def compare(sound: MadeSound, inference: bool) -> FileComparison:
            name = f"{FOLDER}: {sound.name}"
            self._tell(e.FileStarted(name))
            file = self._compare_one(device, questions, sound, name, self._reference if inference else None)
            self._result.add(file)
            self._tell(e.FileDone(file, self._result))
            return file

        with self._step("stimuli"):
            thorough = Thorough(self._bundle, kit, record, compare)
            if self._reference is not None:
                thorough.decisions()
                reference = self._reference
                self._twice(questions, f"{FOLDER}: windows", lambda _: thorough.tensors(device, reference))
                record.inferences = questions.after_windows(record.sent)
            thorough.tables()
        self._result.notes += [f"shortened: {text}" for text in record.shortened]

    def _examine(
        self, device: DeviceUnderTest, questions: Questions, sources: Mapping[str, AudioSource]
    ) -> None:
        """After everything that is streamed: what else must be so."""
        examination = Examination(
            device,
            self._result,
            self._reference,
            lambda: questions.reconnect(self._patience_s, restarted=False),
        )

        def ask(_: bool) -> None:
            examination.harmless(self._result.recorded.last_columns, questions.after_windows)
            questions.end()

        with self._step("examine"):
            self._twice(questions, QUESTIONS, ask)
            examination.after_all(lambda: self._some_sound(sources))

    def _some_sound(self, sources: Mapping[str, AudioSource]) -> NDArray[np.int16]:
        """Some windows of the file with the most detections, from its beginning."""
        bundle = self._bundle
        most = bundle.window_samples + SOUND_STRIDES * bundle.stride * bundle.settings.hop
        most = min(most, int(MOST_SOUND_S * bundle.settings.sample_rate))
        changes = {file.name: len(file.host_changes) for file in self._result.files}
        name = max(sources, key=lambda name: changes.get(printable_line(name), 0))
        pieces: list[NDArray[np.int16]] = []
        with contextlib.suppress(AudioError):  # what can be read will do
            for block in sources[name].blocks():
                pieces.append(block.copy())
                if sum(map(len, pieces)) >= most:
                    break
        return np.concatenate(pieces)[:most] if pieces else np.zeros(0, np.int16)

    def _leave_out(self, name: str, error: AudioError) -> None:
        """A file that cannot be read, or not to its end."""
        self._result.left_out.append((name, error.cause))
        self._tell(e.FileLeftOut(name, error.cause))

    def _compare_one(
        self,
        device: DeviceUnderTest,
        questions: Questions,
        source: Sound,
        name: str,
        reference: Interpreter | None,
        again: bool = False,
    ) -> FileComparison:
        """Compare one file; what a restart broke off does not count, and the file is streamed again, once.

        What is compared `again` is no progress.
        """

        def attempt(progress: Callable[[int], None] | None) -> FileComparison:
            file = compare_file(device, self._bundle, source, reference, self._witness, progress, name)
            if not file.audio_ended:  # the device ended the stream too early: clear away what is under way
                questions.reconnect(self._patience_s, restarted=False)
            questions.after_file(file)
            return file

        def progress(samples: int) -> None:
            self._tell(e.SamplesSent(samples))

        return self._twice(questions, name, lambda first: attempt(progress if first and not again else None))

    def _twice(self, questions: Questions, name: str, attempt: Callable[[bool], T]) -> T:
        """Do something, and once more when the board restarts meanwhile; `attempt` is told which time it is."""
        try:
            return attempt(True)
        except (DeviceResetError, FirmwareCrashedError) as error:
            restart = error
        info = questions.reconnect(self._patience_s, restarted=True)
        cause = f"{restart.cause} ({reset_name(info.reset_reason)})"
        self._result.restarts.append((name, cause))
        again = "asked again" if name == QUESTIONS else "streamed again from its beginning"
        self._result.notes.append(f"{name}: {again}, because {cause}")
        self._tell(e.FileAgain(name, cause))
        check_identity(info, self._bundle)
        return attempt(False)

    @property
    def _patience_s(self) -> float:
        return max(RECONNECT_S, self._board.patience_s)


def _cause(error: BaseException) -> str:
    """Why a run broke off, in one line."""
    if isinstance(error, HilError):
        return error.cause
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"a fault of this program: {type(error).__name__}: {error}"
