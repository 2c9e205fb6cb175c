"""What is kept of a run so that a difference can be explained afterwards, bounded whatever the files' lengths."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.detector import Change, Detector
from ...detector.rule import State
from ...model.interpreter import Interpreter
from ...model.worker import ModelWorker
from ...model.worker_protocol import REFERENCE
from ...trace.stages import ColumnTrace
from ...trace.window import WindowTrace
from .again import Again
from .dialogue import Dialogue
from .said import Said, Spoken
from .seen_window import SeenWindow
from .track import Track

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

MOST_COLUMNS = 2000  # kept of a file around its first difference
MOST_SAMPLES = 1 << 20  # the same in samples, where hops are long
LEAST_BEFORE = 500  # columns kept before the first difference, and of the end of the file before
MOST_BEFORE = 1000
MOST_SCORES = 1 << 18  # device scores kept of a file, for the detector's rule
MORE_THAN_FILE = "it depends on more than the file (what came before it, a count, the time)"
FILES_HEARD = 3  # files of which the samples are kept besides, for what is kept from file to file
KEPT_FILES = 6  # files that differ and are kept in detail; the others are only counted


@dataclass(frozen=True)
class Piece:
    """A stretch of one file, from both sides.

    Attributes:
        first_column: number of the first column kept.
        expected, device: int8 [n, bands]; where `present` is False the device's row means nothing.
        samples: int16, from the first sample of the first column on.
        first_window: number of the first window kept; all its columns are kept.
        outputs_expected, outputs_device: int8 [m, values], scores, then logits.
    """

    first_column: int
    expected: Int8
    device: Int8
    present: NDArray[np.bool_]
    samples: Int16
    first_window: int
    outputs_expected: Int8
    outputs_device: Int8
    outputs_present: NDArray[np.bool_]


class _Stretch:
    """The tracks of a piece."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.samples = Track()
        self.columns = (Track(), Track(), Track())  # expected, device, present
        self.outputs = (Track(), Track(), Track())

    def copy(self) -> "_Stretch":
        """The same, going its own way."""
        other = _Stretch(self.bundle)
        other.samples = self.samples.copy()
        other.columns = tuple(track.copy() for track in self.columns)  # type: ignore[assignment]
        other.outputs = tuple(track.copy() for track in self.outputs)  # type: ignore[assignment]
        return other

    def forget_before(self, column: int) -> None:
        """Give up what only columns before `column` need."""
        self.samples.forget_before(column * self.bundle.settings.hop)
        for track in self.columns:
            track.forget_before(column)
        for track in self.outputs:
            track.forget_before(column // self.bundle.stride)

    def piece(self) -> Piece:
        """What is kept, cut to columns whose samples and to windows whose columns are there."""
        settings, frames, stride = self.bundle.settings, self.bundle.frames, self.bundle.stride
        first = max(self.columns[0].first, -(-self.samples.first // settings.hop))
        end = max(first, min(self.columns[0].end, settings.columns(self.samples.end)))
        none = np.empty((0, settings.bands), np.int8)
        flags = np.empty(0, np.bool_)
        expected, device, present = self.columns
        values = self.bundle.model.values
        first_window = max(-(-first // stride), self.outputs[0].first)
        whole = (end - frames) // stride + 1 if end >= frames else 0
        end_window = max(first_window, min(self.outputs[0].end, whole))
        nothing = np.empty((0, values), np.int8)
        return Piece(
            first,
            expected.rows(first, end, none),
            device.rows(first, end, none),
            present.rows(first, end, flags),
            self.samples.rows(first * settings.hop, self.samples.end, np.empty(0, np.int16)),
            first_window,
            self.outputs[0].rows(first_window, end_window, nothing),
            self.outputs[1].rows(first_window, end_window, nothing),
            self.outputs[2].rows(first_window, end_window, flags),
        )


@dataclass
class Spread:
    """How values differ, over all rows there were.

    Attributes:
        compared: values both sides had.
        rows: rows both sides had.
        differing_rows: rows with a difference.
        count, low, high: by value (band, or class of scores, then of logits): differences, the least and the most.
        first: the first row that differs, None when none does.
    """

    values: int
    compared: int = 0
    rows: int = 0
    differing_rows: int = 0
    first: int | None = None

    def __post_init__(self) -> None:
        self.count = np.zeros(self.values, np.int64)
        self.low = np.full(self.values, 255, np.int16)
        self.high = np.full(self.values, -255, np.int16)

    def add(self, first: int, expected: Int8, device: Int8) -> None:
        """Count in rows that begin at number `first`."""
        self.compared += expected.size
        self.rows += len(expected)
        if np.array_equal(expected, device):
            return
        difference = device.astype(np.int16) - expected
        wrong = difference != 0
        self.differing_rows += int(np.count_nonzero(wrong.any(axis=1)))
        if self.first is None:
            self.first = first + int(np.flatnonzero(wrong.any(axis=1))[0])
        self.count += wrong.sum(axis=0)
        self.low = np.minimum(self.low, np.where(wrong, difference, 255).min(axis=0))
        self.high = np.maximum(self.high, np.where(wrong, difference, -255).max(axis=0))

    def merge(self, other: "Spread") -> None:
        """Count in another file's."""
        self.compared += other.compared
        self.rows += other.rows
        self.differing_rows += other.differing_rows
        self.count += other.count
        self.low, self.high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        self.first = other.first if self.first is None else self.first

    @property
    def different(self) -> int:
        """Values that differ."""
        return int(self.count.sum())


class FileRecorder:
    """Keeps, while a file is compared, what its diagnosis would need.

    Args:
        name: of the file.
        bundle: the bundle in use.
    """

    def __init__(self, name: str, bundle: Bundle) -> None:
        self.name = name
        self.bundle = bundle
        settings = bundle.settings
        self._most = max(8, min(MOST_COLUMNS, MOST_SAMPLES // settings.hop))
        self._before = min(max(LEAST_BEFORE, bundle.frames + 64), MOST_BEFORE, self._most // 2)
        self._rolling = _Stretch(bundle)
        self._around: _Stretch | None = None
        self._until = 0  # columns of `_around`
        self.classes = len(bundle.labels)
        self.features = Spread(settings.bands)
        self.outputs = Spread(bundle.model.values)
        self.detections_late = 0  # by how many windows the first one came behind another than it told
        self.said = Said()
        self._scores: bytearray | None = bytearray()  # None: some are missing, or they are too many
        self.samples = 0

    def add_samples(self, samples: Int16 | None) -> None:
        """The next samples sent to the device."""
        if samples is None:
            return
        samples = samples.copy()  # whoever reads the file may use its buffer again
        self.samples += len(samples)
        self._rolling.samples.append(samples)
        if self._around is not None and self._around.samples.end < self._sample_limit:
            self._around.samples.append(samples)

    @property
    def _sample_limit(self) -> int:
        return self.bundle.settings.samples_for(self._until)

    def add_columns(self, first: int, expected: Int8, device: Int8 | None) -> None:
        """The next columns of both, int8 [k, bands]; None: the device passed over them."""
        self._add("columns", self._until, expected, device)
        if device is not None:
            self.features.add(first, expected, device)
        if self._around is None and self.features.first is not None:
            self._keep_around(self.features.first)
        done, stride = self._rolling.columns[0].end, self.bundle.stride
        windows = self._rolling.outputs[0].end
        self._rolling.forget_before((min(done, windows * stride) if windows else done) - self._before)

    def add_outputs(self, first: int, expected: Int8, device: Int8 | None) -> None:
        """The next windows' outputs of both, int8 [k, values]; None: the device passed over them."""
        self._add("outputs", self._until // self.bundle.stride, expected, device)
        if device is not None:
            self.outputs.add(first, expected, device)
        if self._around is None and self.outputs.first is not None:
            self._keep_around(self.outputs.first * self.bundle.stride)
        self._keep_scores(device)

    def _add(self, kind: str, limit: int, expected: Int8, device: Int8 | None) -> None:
        expected = expected.copy()
        shown = expected if device is None or np.array_equal(expected, device) else device.copy()
        rows = (expected, shown, np.full(len(expected), device is not None))
        for stretch in (self._rolling, self._around):
            if stretch is None or (stretch is self._around and getattr(stretch, kind)[0].end >= limit):
                continue
            for track, values in zip(getattr(stretch, kind), rows, strict=True):
                track.append(values)

    def _keep_around(self, column: int) -> None:
        self._around = self._rolling.copy()
        self._around.forget_before(column - self._before)
        self._until = max(0, column - self._before) + self._most

    def _keep_scores(self, device: Int8 | None) -> None:
        if self._scores is None:
            return
        if device is None or len(self._scores) > MOST_SCORES:
            self._scores = None
        else:
            self._scores += device[:, : self.classes].tobytes()

    @property
    def device_scores(self) -> Int8 | None:
        """int8 [windows, classes] of the whole file; None when some are missing or they were too many."""
        if self._scores is None:
            return None
        return np.frombuffer(bytes(self._scores), np.int8).reshape(-1, self.classes)

    def values_alike(self, other: "FileRecorder | FileRecord") -> bool:
        """Whether another stream of the same file differs in as many values of each kind, from the same place on."""
        return all(
            mine.first == theirs.first
            and np.array_equal(mine.count, theirs.count)
            and np.array_equal(mine.low, theirs.low)
            and np.array_equal(mine.high, theirs.high)
            for mine, theirs in ((self.features, other.features), (self.outputs, other.outputs))
        )

    def release(self) -> None:
        """Give up what was kept; the counts stay."""
        self._rolling, self._around = _Stretch(self.bundle), None
        self._scores = None
        self.said = Said()

    def around(self) -> Piece:
        """What was kept around the first difference; of a file without one its end."""
        return (self._around or self._rolling).piece()

    def tail(self) -> Piece:
        """The file's end."""
        return self._rolling.piece()


@dataclass(frozen=True)
class Before:
    """The file before: what may have been left over of it.

    Attributes:
        name: of the file.
        samples: its length.
        piece: its end.
        state: what its device scores left in the detector; None when that is not known.
        heard: int16, the ends of the files before it, at most FILES_HEARD, the first one first.
    """

    name: str
    samples: int
    piece: Piece
    state: State | None
    heard: tuple[Int16, ...] = ()

    @property
    def streams(self) -> tuple[Int16, ...]:
        """What was heard until its end, file by file."""
        return (*self.heard, self.piece.samples)


Heard = tuple[FileRecorder, list[Change]]  # a stream, and the right detections of it


@dataclass(frozen=True)
class FileRecord:
    """A file that differs.

    Attributes:
        name: of the file.
        piece: what was kept around its first difference.
        before: the file before, None for the first one.
        features, outputs: how all of its values differ.
        scores: the device's, of all windows; None when they are not known.
        expected_changes, device_changes: detections.
        columns_before, windows_before, changes_before: how many all files before it in the run had.
        detections_late: by how many windows the first detection that came behind another window than it told did so;
            below 0: it told a later one; 0: none did.
        messages: numbers of the first columns of its messages, in order; empty where they are not all known.
        counted: detections that the device counted; None where it did not tell.
    """

    name: str
    piece: Piece
    before: Before | None
    features: Spread
    outputs: Spread
    scores: Int8 | None
    expected_changes: list[Change]
    device_changes: list[Change]
    columns_before: int = 0
    windows_before: int = 0
    changes_before: int = 0
    detections_late: int = 0
    messages: tuple[int, ...] = ()
    counted: int | None = None


@dataclass(frozen=True)
class TracedFile:
    """What a trace found in a file.

    Attributes:
        name: of the file.
        window: a window op by op; None where a column was looked at.
        column: a column stage by stage; None where a window was looked at.
        about: what is known besides; empty when nothing is.
        step: where every op is right, what is not: "input" or "outputs"; "unsteady" where the input was another one
            each time that it was written, so that nothing is known of the ops; empty where that is not known.
        again: where not even that is known, whether it was wrong once more; None where it was not tried.
        later: of a column, stages behind the one that departs which depart by themselves: each up to that one.
    """

    name: str
    window: WindowTrace | None = None
    column: ColumnTrace | None = None
    about: str = ""
    step: str = ""
    again: Again | None = None
    later: tuple[ColumnTrace, ...] = ()

    @property
    def said(self) -> str:
        """All that is known besides, in words."""
        return self.about if self.again is None else self.again.words

    @property
    def agreed(self) -> bool:
        """Whether all that was looked at is equal."""
        return (self.window is None or self.window.tensors.agreed) and (
            self.column is None or self.column.agreed
        )


@dataclass
class DiagnosisRecord:
    """What is kept of all files of a run.

    Attributes:
        bundle: the bundle in use.
        interpreter: makes the reference anew, with no state of what it ran before.
        inference: whether the device ran the model.
        files: those that differ, the first ones in detail.
        features, outputs: how all values of all files differ.
        differing: names of all files that differ.
    """

    bundle: Bundle
    interpreter: Callable[[], Interpreter] | None = None
    inference: bool = True
    files: list[FileRecord] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.features = Spread(self.bundle.settings.bands)
        self.outputs = Spread(self.bundle.model.values)
        self.compared_files = 0
        self.changes = 0  # detections that should have come in all streams so far
        self.spoken: list[Spoken] = []  # files whose messages are not as they must be, the first ones
        self.heard: list[Dialogue] = []  # what was answered, where that is not as it must be
        self.seen_stage: ColumnTrace | None = None  # of a column whose cells are right, and a stage is not
        self.seen_window: SeenWindow | None = None  # where its model's input is not as it must be
        self.in_pieces: Dialogue | None = None  # streams that are wrong by how sound is cut into messages
        self.deployed: DiagnosisRecord | None = None  # of a bundle that was deployed, where no file differs
        self.elsewhere: list[tuple[Bundle, FileRecord]] = []  # sounds that deployed bundles decided on, alone
        self.again = ""  # what streaming a file once more showed, in words
        self.asked: list[FileRecord] = []  # sounds that were streamed besides, to see more detections
        self.traced: list[TracedFile] = []  # what looking at windows and columns on the board showed
        self._before: Before | None = None

    @property
    def last_columns(self) -> Int8:
        """The host's columns at the end of the last file, int8 [n, bands]; none before the first one."""
        if self._before is None:
            return np.empty((0, self.bundle.settings.bands), np.int8)
        return self._before.piece.expected

    def new_interpreter(self) -> Interpreter:
        """The reference, as it is after loading.

        Raises:
            HilError: it cannot be loaded here.
        """
        if self.interpreter is not None:
            return self.interpreter()
        return ModelWorker().open(REFERENCE, self.bundle.model_bytes, self.bundle.model)

    def add(self, file: FileRecorder, expected_changes: list[Change], device_changes: list[Change]) -> None:
        """Take over what a finished file's recorder has kept; the recorder gives it up."""
        self.compared_files += 1
        record = self._record_of(file, expected_changes, device_changes)
        if (
            file.features.different
            or file.outputs.different
            or sorted(expected_changes) != sorted(device_changes)
        ):
            self.differing.append(file.name)
            if len(self.files) < KEPT_FILES:
                self.files.append(record)
        ended = file.said.whole and file.said.done is not None
        if ended and not file.said.is_right(self.bundle, file.samples) and len(self.spoken) < KEPT_FILES:
            before = 0 if self._before is None else self._before.samples
            self.spoken.append(Spoken(file.name, file.samples, file.said, before))
        self.changes += len(expected_changes)
        self.features.merge(file.features)
        self.outputs.merge(file.outputs)
        heard = () if self._before is None else self._before.streams[-FILES_HEARD:]
        self._before = Before(file.name, file.samples, file.tail(), self._state(record.scores), heard)
        file.release()

    def _record_of(self, file: FileRecorder, expected: list[Change], device: list[Change]) -> FileRecord:
        return FileRecord(
            file.name,
            file.around(),
            self._before,
            file.features,
            file.outputs,
            file.device_scores,
            *(list(expected), list(device)),
            *(self.features.rows, self.outputs.rows, self.changes),
            file.detections_late,
            file.said.firsts_known,
            None if file.said.done is None else file.said.done[3],
        )

    def add_asked(
        self, before: Heard, file: FileRecorder, expected: list[Change], device: list[Change]
    ) -> None:
        """Take over a sound that was streamed besides the files, behind another one, to see more detections."""
        besides = DiagnosisRecord(self.bundle, inference=self.inference)
        besides.changes = self.changes
        besides.add(before[0], before[1], [])
        record = besides._record_of(file, expected, device)
        if record.scores is not None:
            self.asked.append(record)
        file.release()

    def add_elsewhere(
        self, bundle: Bundle, file: FileRecorder, expected: list[Change], device: list[Change]
    ) -> None:
        """Take note of what a bundle that was deployed decided; the recorder keeps what it has."""
        record = DiagnosisRecord(bundle, inference=self.inference)._record_of(file, expected, device)
        if record.scores is not None:
            self.elsewhere.append((bundle, record))

    def repeated(self, name: str, right: bool, alike: bool) -> None:
        """Take note of a file that was streamed once more because it differed: whether it is right now, or alike."""
        self.changes += sum(len(file.expected_changes) for file in self.files if file.name == name)
        if right:
            self.again = f"streamed again, {name} is right: {MORE_THAN_FILE}"
        elif alike:
            self.again = f"streamed again, {name} differs in the same values"
        else:
            self.again = f"streamed again, {name} differs in other values: {MORE_THAN_FILE}"

    def _state(self, scores: Int8 | None) -> State | None:
        if scores is None or not self.inference:
            return None
        rule = Detector(self.bundle.thresholds)
        rule.update(scores)
        return rule.state
