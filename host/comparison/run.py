"""The main job: files into a board, and what it makes of them held against the host. Events and a result come out."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from ..audio.errors import AudioError
from ..audio.find import find_audio
from ..audio.source import AudioSource
from ..board.kernels import kernels_of
from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from ..model.kernel_faults import known_faults
from . import events as e
from .allowance import allowance_note
from .board_share import BoardShare
from .checks.checked import STREAMS, TRACES, WINDOWS, Checked
from .clipping import ClippedFiles, Clipping
from .device import BoardUnderTest
from .file import FileComparison
from .host_side import host_versions, telling_names
from .interpreters import Interpreters, load_interpreters
from .kept_answers import heard_of
from .result import RunComparison
from .stimuli.outcome import StimuliRecord
from .wishes import Wishes


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
        self._clipped = ClippedFiles()
        self._result = self._new_result()

    def _new_result(self) -> RunComparison:
        return new_result(self._board.kind, self._bundle, self._wishes)

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
            self._conclude()
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
        share = BoardShare(
            self._board,
            self._bundle,
            self._wishes,
            self._interpreters,
            self._result,
            self._tell,
            self._take,
        )
        share.start()
        share.execute(iter(self._open_sources().items()))

    def _open_sources(self) -> dict[str, AudioSource]:
        """All files that can be read; tells the others, and how much there is.

        Raises:
            AudioError: see `open_sources`.
        """
        sources, unreadable = open_sources(self._paths, self._bundle, self._wishes)
        for name, error in unreadable.items():
            self._result.left_out.append((name, error.cause))
            self._tell(e.FileLeftOut(name, error.cause))
        rate = self._bundle.settings.sample_rate
        samples = round(sum(source.duration_s for source in sources.values()) * rate)
        self._tell(e.FilesCounted(len(sources), samples))
        return sources

    def _take(self, file: FileComparison) -> None:
        """A file is finished."""
        self._result.add(file)
        self._clipped.add(file.name, file.clipping)
        file.clipping = Clipping()  # of thousands of files even these take memory
        self._tell(e.FileDone(file, self._result))

    def _conclude(self) -> None:
        """What is known at the end: causes, and notes on all files."""
        result = self._result
        result.recorded.heard = heard_of(result)
        looked = result.checks.get(TRACES, Checked())
        result.recorded.seen_window = looked.window or result.checks.get(WINDOWS, Checked()).window
        result.recorded.seen_stage = looked.column
        result.recorded.in_pieces = result.checks[STREAMS].heard if STREAMS in result.checks else None
        if result.explainable:
            with e.step("explain", self._tell, result.seconds):
                _ = result.diagnosis  # kept from now on
        if any(file.outputs.different for file in result.files):
            found = known_faults(self._bundle.model_bytes, kernels_of(result.info, result.built_with))
            result.notes += [f"a known fault may be the cause: {known}" for known in found]
        notes = (self._clipped.note, allowance_note(result))
        result.notes += [note for note in notes if note]

    def _tell(self, event: e.Event) -> None:
        for listener in self._listeners:
            listener(event)


def new_result(kind: str, bundle: Bundle, wishes: Wishes) -> RunComparison:
    """The result of a run that has not begun."""
    return RunComparison(
        kind,
        bundle,
        m.Info(),
        not wishes.features_only,
        versions=host_versions(),
        damage=wishes.damage,
        stimuli=StimuliRecord() if wishes.thorough else None,
    )


def _cause(error: BaseException) -> str:
    """Why a run broke off, in one line."""
    if isinstance(error, HilError):
        return error.cause
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"a fault of this program: {type(error).__name__}: {error}"
