"""One board's part of a run: reached, given files one after the other, and asked all else that claims rest on."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..audio.errors import AudioError
from ..audio.source import AudioSource
from ..board.built_with import tools
from ..board.client import RequestRefusedError
from ..board.crash import FirmwareCrashedError
from ..board.identity import check_identity, timing_note
from ..board.interface import Known
from ..board.kernels import rounding_note
from ..bundle.load import Bundle
from ..errors import HilError
from ..line.connection import DeviceResetError
from ..link import messages as m
from ..model.allowed import rounding_ops
from ..model.interpreter import Interpreter
from ..model.worker import ModelWorker, RemoteInterpreter
from ..printable import printable_line
from ..trace.traced_device import TracedDevice
from . import events as e
from .asked_changes import ask_for_changes
from .checks.examine import MOST_SOUND_S, SOUND_STRIDES, Examination
from .claims.conduct import reset_name
from .device import BoardUnderTest, DeviceUnderTest
from .diagnosis.detections import wrongly_decided
from .diagnosis.evidence import DiagnosisRecord
from .file import FileComparison
from .interpreters import Interpreters, load_interpreters
from .questions import QUESTIONS, Questions, marked_emulated
from .record import Meter
from .result import RunComparison
from .stimuli.kit import kit_for
from .stimuli.thorough import FOLDER, MadeSound, Thorough
from .streaming import Sound, compare_file
from .traced_run import Tracing, op_times_of, trace_run, tracing_worker
from .wishes import Wishes

REPEATED_S = 30.0  # a file that took longer is not streamed again to see whether it differs again
RECONNECT_S = 10.0  # for a board to boot, at least

T = TypeVar("T")
Take = Callable[[FileComparison], None]


class BoardShare:
    """What one board does in a run.

    Args:
        board: reached when the share is executed, and closed at its end.
        bundle: what it should run.
        wishes: what the user asked for.
        interpreters: gives the reference and the witness (None when there is none).
        result: takes what is found.
        tell: called with each event but those that begin and end a run.
        take: called with each finished file; puts it into `result`.
        name: of the board in a run on several, whose sounds besides files are told apart by it.
    """

    def __init__(
        self,
        board: BoardUnderTest,
        bundle: Bundle,
        wishes: Wishes,
        interpreters: Interpreters,
        result: RunComparison,
        tell: e.Listener,
        take: Take,
        name: str = "",
    ) -> None:
        self._board = board
        self._bundle = bundle
        self._wishes = wishes
        self._interpreters = interpreters
        self._result = result
        self._tell = tell
        self._take = take
        self._name = name
        self._worker: ModelWorker | None = None
        self._reference: Interpreter | None = None
        self._witness: Interpreter | None = None
        self._sources: dict[str, AudioSource] = {}  # the files that this board was given

    def start(self) -> None:
        """Start what takes a second to load: meanwhile files are looked at and the board is reached."""
        if self._result.inference and self._interpreters is load_interpreters:
            worker = self._worker = ModelWorker()
            worker.start()
            self._interpreters = lambda bundle: load_interpreters(bundle, worker)

    def execute(self, turns: Iterable[tuple[str, AudioSource]]) -> None:
        """Reach the board, stream what `turns` gives, and ask the rest.

        Args:
            turns: (name, audio) of the next file; asked for when the board is free.

        Raises:
            HilError: the board cannot be reached, runs another bundle, or failed.
        """
        meter = Meter()
        with contextlib.closing(self._board):
            with self._step("connect"):
                device, info = self._board.connect(self._log)
            with contextlib.closing(device):
                questions = Questions(device, self._result)
                self._meet(info, questions)
                self._compare_all(device, questions, turns)
                self._stimulate(device, questions)
                self._examine(device, questions)
                self._result.cost = meter.read(self._result.cost.busy_s)
        self._result.complete = True

    def _log(self, level: int, text: str) -> None:
        self._result.log.add(level, text)
        self._tell(e.DeviceLog(level, text))

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        with e.step(name, self._tell, self._result.seconds):
            yield

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
        notes = (timing_note(info), rounding_note(result.built_with))
        result.notes += [note for note in notes if note]
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
        self, device: DeviceUnderTest, questions: Questions, turns: Iterable[tuple[str, AudioSource]]
    ) -> None:
        self._twice(questions, QUESTIONS, lambda _: questions.begin())
        with self._step("stream"):
            for name, source in turns:
                began = time.monotonic()
                self._sources[name] = source
                self._tell(e.FileStarted(name))
                try:
                    file = self._compare_one(device, questions, source, name, self._reference)
                except AudioError as error:
                    self._result.left_out.append((name, error.cause))
                    self._tell(e.FileLeftOut(name, error.cause))
                    # The board must forget what it has of the file: nothing of it counts.
                    check_identity(questions.reconnect(self._patience_s, restarted=False), self._bundle)
                    continue
                finally:
                    self._result.cost.busy_s += time.monotonic() - began
                self._take(file)
            self._repeat(device, questions)
        self._ask_for_changes(device, questions)
        self._trace(device, questions)
        self._result.op_times = op_times_of(device, self._result)

    def _repeat(self, device: DeviceUnderTest, questions: Questions) -> None:
        """The first file that differs once more: a fault that comes and goes is another one than a steady fault."""
        first = next(
            (file for file in self._result.files if file.name in self._result.recorded.differing), None
        )
        source = None if first is None else self._by_name.get(first.name)
        if first is None or source is None or first.wall_s > REPEATED_S or not first.audio_ended:
            return
        again = self._compare_one(device, questions, source, first.name, self._reference, again=True)
        kept = self._result.recorded.files[0]  # of this file: it was the first that differs
        alike = again.recorder.values_alike(kept) and first.device_changes == again.device_changes
        self._result.recorded.repeated(first.name, again.agreed, alike)

    def _ask_for_changes(self, device: DeviceUnderTest, questions: Questions) -> None:
        """Of what is decided wrongly see more than the files have."""
        recorded = self._result.recorded
        if self._reference is None or not wrongly_decided(recorded):
            return
        with self._step("changes"):
            try:
                ask_for_changes(device, recorded, self._by_name, self._reference)
            except HilError as error:
                self._result.notes.append(f"more detections could not be asked for: {error.cause}")
                check_identity(questions.reconnect(self._patience_s, restarted=False), self._bundle)
            questions.count_anew()

    @property
    def _by_name(self) -> dict[str, AudioSource]:
        """The files that this board was given, by the names that a result tells them by."""
        return {printable_line(name): source for name, source in self._sources.items()}

    def _trace(self, device: DeviceUnderTest, questions: Questions) -> None:
        """The first window and column that differ, step by step; with `--trace-every`, others too."""
        result, wishes = self._result, self._wishes
        if not isinstance(device, TracedDevice) or not (result.recorded.files or wishes.trace_every):
            return
        with self._step("trace"):
            try:
                with tracing_worker(self._reference) as worker:
                    tracing = Tracing(device, self._bundle, worker, self._reference, self._traced)
                    trace_run(tracing, result, self._by_name, wishes.trace_every)
            except HilError as error:
                note = f"a trace was not possible: {error.cause}{_follows(error)}"
                result.notes += [note] * (note not in result.notes)
                check_identity(questions.reconnect(self._patience_s, restarted=False), self._bundle)
            questions.count_anew()

    def _traced(self, what: str, done: int, total: int) -> None:
        self._tell(e.Traced(what, done, total))

    def _stimulate(self, device: DeviceUnderTest, questions: Questions) -> None:
        """After the files: what they do not reach."""
        record = self._result.stimuli
        if record is None:
            return
        with self._step("make stimuli"):
            kit = kit_for(self._bundle, self._reference, self._wishes.stimuli)

        def compare(sound: MadeSound, inference: bool) -> FileComparison:
            name = f"{FOLDER}: {sound.name}" + (f" on {self._name}" if self._name else "")
            self._tell(e.FileStarted(name))
            file = self._compare_one(device, questions, sound, name, self._reference if inference else None)
            self._take(file)
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

    def _examine(self, device: DeviceUnderTest, questions: Questions) -> None:
        """After everything that is streamed: what else must be so."""
        examination = Examination(
            device,
            self._result,
            self._reference,
            lambda: questions.reconnect(self._patience_s, restarted=False),
            lambda file: self._result.recorded.add(file.recorder, file.host_changes, file.device_changes),
            self._keep_deployed,
        )

        def ask(_: bool) -> None:
            examination.harmless(self._result.recorded.last_columns, questions.after_windows)
            questions.end()

        with self._step("examine"):
            self._twice(questions, QUESTIONS, ask)
            examination.after_all(self._some_sound)

    def _keep_deployed(self, streamed: list[tuple[Bundle, FileComparison]]) -> None:
        """What bundles that were deployed gave: their detections, and all of the first one that differs."""
        recorded, inference = self._result.recorded, self._result.inference
        for bundle, file in streamed:
            recorded.add_elsewhere(bundle, file.recorder, file.host_changes, file.device_changes)
        for bundle, file in streamed:
            if not file.agreed:
                record = DiagnosisRecord(bundle, recorded.interpreter, inference)
                record.elsewhere = recorded.elsewhere
                record.add(file.recorder, file.host_changes, file.device_changes)
                recorded.deployed = record
                return

    def _some_sound(self) -> NDArray[np.int16]:
        """Some windows of the file with the most detections, from its beginning."""
        bundle = self._bundle
        most = bundle.window_samples + SOUND_STRIDES * bundle.stride * bundle.settings.hop
        most = min(most, int(MOST_SOUND_S * bundle.settings.sample_rate))
        changes = {file.name: len(file.host_changes) for file in self._result.files}
        if not self._sources:  # others had taken all files
            return np.zeros(0, np.int16)
        name = max(self._sources, key=lambda name: changes.get(printable_line(name), 0))
        pieces: list[NDArray[np.int16]] = []
        with contextlib.suppress(AudioError):  # what can be read will do
            for block in self._sources[name].blocks():
                pieces.append(block.copy())
                if sum(map(len, pieces)) >= most:
                    break
        return np.concatenate(pieces)[:most] if pieces else np.zeros(0, np.int16)

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
            try:
                file = compare_file(device, self._bundle, source, reference, self._witness, progress, name)
            except HilError as error:
                _tell_file(error, name)
                raise
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


def _tell_file(error: HilError, name: str) -> None:
    """Add to what the board did in which file; restarts are told beside their file anyway."""
    if getattr(error, "located", False) and not isinstance(error, DeviceResetError | FirmwareCrashedError):
        first, newline, rest = error.cause.partition("\n")
        error.cause = f"{first}, in {name}{newline}{rest}"
        error.args = (f"{error.cause}\n  → {error.cure}",)


def _follows(error: HilError) -> str:
    """That a board which has no window where the sound ends with one is so by what is wrong with its columns."""
    if isinstance(error, RequestRefusedError) and error.code == m.ErrorCode.NO_STREAM:
        return "; this follows from what is wrong: the sound ends with a window, and the board completed none there"
    return ""
