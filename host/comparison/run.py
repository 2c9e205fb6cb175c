"""The main job: files into a board, and what it makes of them held against the host. Events and a result come out."""

import contextlib
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..audio.find import find_wavs
from ..audio.source import AudioSource
from ..board.identity import check_identity, timing_note
from ..bundle.load import Bundle
from ..line.connection import DeviceResetError
from ..link import messages as m
from ..model.interpreter import Interpreter
from ..model.micro import MicroInterpreter, available
from ..model.reference import ReferenceInterpreter
from . import events as e
from .device import BoardUnderTest, DeviceUnderTest
from .file import FileComparison
from .result import RunComparison
from .streaming import compare_file

REPORTED_PACKAGES = ("tensorflow", "tflite-micro", "numpy", "librosa", "pyserial")
RECONNECT_S = 10.0  # for a board to boot, at least

Interpreters = Callable[[Bundle], tuple[Interpreter, Interpreter | None]]


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    Attributes:
        features_only: compare the front end alone; the model does not run.
    """

    features_only: bool = False


def load_interpreters(bundle: Bundle) -> tuple[Interpreter, Interpreter | None]:
    """The reference, and TFLite Micro as a second witness where its wheel exists."""
    reference = ReferenceInterpreter(bundle.model_bytes, bundle.model)
    return reference, MicroInterpreter(bundle.model_bytes, bundle.model) if available() else None


def open_sources(paths: Sequence[Path], bundle: Bundle) -> list[AudioSource]:
    """The audio at the bundle's rate; every file is looked at before the first is streamed.

    Raises:
        AudioError: a path has no audio, or a file cannot be read.
    """
    return [AudioSource(path, bundle.settings.sample_rate) for path in find_wavs(paths)]


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
        self._reference: Interpreter | None = None
        self._witness: Interpreter | None = None
        self._result = RunComparison(
            board.kind, bundle, m.Info(), not self._wishes.features_only, versions=_versions()
        )

    def subscribe(self, listener: e.Listener) -> None:
        """Call `listener` with each event from now on."""
        self._listeners.append(listener)

    def execute(self) -> RunComparison:
        """Stream all files and compare.

        Raises:
            HilError: the audio cannot be read, the board cannot be reached, runs another bundle, or failed.
        """
        started = time.monotonic()
        sources = open_sources(self._paths, self._bundle)
        with contextlib.closing(self._board):
            with self._step("connect"):
                device, info = self._board.connect(self._log)
            with contextlib.closing(device):
                self._meet(info)
                self._compare_all(device, sources)
                self._result.status = device.status()
                self._result.host_link = device.link_counters
        self._result.seconds["total"] = time.monotonic() - started
        self._tell(e.RunEnded(self._result))
        return self._result

    # ---- telling

    def _tell(self, event: e.Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _log(self, level: int, text: str) -> None:
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

    def _meet(self, info: m.Info) -> None:
        """Refuse a board with another bundle; load what its values are held against."""
        check_identity(info, self._bundle)
        if self._board.kind == "qemu":  # which the firmware itself need not notice
            info = replace(info, capabilities=info.capabilities | m.Capability.EMULATED)
        result = self._result
        result.info = info
        self._tell(e.BoardFound(info, self._board.description))
        note = timing_note(info)
        result.notes += [note] if note else []
        with self._step("load reference"):
            if result.inference:
                self._reference, self._witness = self._interpreters(self._bundle)
                result.record.interpreter = lambda: self._interpreters(self._bundle)[0]
        if result.inference and self._witness is None:
            result.notes.append("TFLite Micro's wheel does not exist for this computer: no second witness")

    def _compare_all(self, device: DeviceUnderTest, sources: list[AudioSource]) -> None:
        rate = self._bundle.settings.sample_rate
        self._tell(e.FilesCounted(len(sources), round(sum(source.duration_s for source in sources) * rate)))
        device.status(clear=True)
        with self._step("stream"):
            for source, name in zip(sources, _names(sources), strict=True):
                file = self._compare_one(device, source, name)
                self._result.add(file)
                self._tell(e.FileDone(file, self._result))

    def _compare_one(self, device: DeviceUnderTest, source: AudioSource, name: str) -> FileComparison:
        """Compare one file; what a restart broke off does not count, and the file is streamed again, once."""
        self._tell(e.FileStarted(name))

        def advance(samples: int) -> None:
            self._tell(e.SamplesSent(samples))

        def attempt(progress: Callable[[int], None] | None) -> FileComparison:
            return compare_file(device, self._bundle, source, self._reference, self._witness, progress, name)

        try:
            return attempt(advance)
        except DeviceResetError as error:
            self._result.notes.append(f"{name}: streamed again from its beginning, because {error.cause}")
            self._tell(e.FileAgain(name, error.cause))
        check_identity(device.connect(max(RECONNECT_S, self._board.patience_s)), self._bundle)
        return attempt(None)


def _names(sources: list[AudioSource]) -> list[str]:
    """File names, with their folder where that is needed to tell them apart."""
    short = [source.path.name for source in sources]
    return [
        name if short.count(name) == 1 else f"{source.path.parent.name}/{name}"
        for source, name in zip(sources, short, strict=True)
    ]


def _versions() -> dict[str, str]:
    versions = {"python": sys.version.split()[0]}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
