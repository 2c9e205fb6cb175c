"""One file's comparison, fed from both sides as results come in, in constant memory."""

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..board.wrong_bytes import LEAST_COUNT_BITS, narrow
from ..bundle.load import Bundle
from ..detector.detector import Change, Detector
from ..frontend.place_name import place_name
from ..link import messages as m
from ..link.codec import Payload
from ..model.allowed import allowed_cells, rounding_ops
from ..model.interpreter import joined, output_parts
from ..printable import printable_line
from .cells import DifferingCells
from .changes import ChangePair, differing_changes
from .clipping import Clipping
from .coverage import Coverage
from .device_values import DeviceValues
from .diagnosis.evidence import FileRecorder
from .expected import HostBlock
from .faults import Faults
from .latency import Latencies
from .messages_of_rows import Messages
from .mismatch import EXPLAINED, Count, Mismatch
from .pairing import Pairing
from .traces import Traces
from .window_layout import layout_faults
from .window_times import WindowTimes
from .wrong_number import how

__all__ = ["Count", "FileComparison", "Mismatch"]

# Names of the claims that what is wrong here breaks.
COMPLETENESS = "completeness"
LAYOUT = "window-layout"
DETECTIONS = "detections"

COMPARED_COLUMNS = 64  # that wait before they are compared, unless a window or the end comes first

Int8 = NDArray[np.int8]


@dataclass
class FileComparison:
    """Everything about one file.

    Args:
        name: of the file, for people; made printable.
        bundle: the bundle in use.
        inference: whether the device runs the model.

    Attributes:
        features, scores, logits: values that both sides had, and how they differ.
        mismatches: the first differences of each kind.
        faults: what was wrong besides values, by the claim it breaks.
        notes: what a reader should know, e.g. how the audio was converted.
        latencies: as the device measured them.
        traces: what pictures show.
        host_changes, device_changes: detections.
        change_pairs: detections that are not the same on both sides.
        witness_differences: outputs in which TFLite Micro on this computer differs from the reference.
        output_windows: windows with differing outputs.
        explained_windows: those of them whose features differ too, so that the front end is what to look at.
        samples: sent to the device.
        samples_told: what the samples that it counted may be, where these are fewer, in words behind a colon.
        windows: received from it.
        finished: whether the device confirmed the end of the stream.
        audio_ended: whether all of the file's audio was sent.
        columns_received: feature columns that came, those sent twice counted once.
        witness_compared: outputs that both host interpreters computed.
        times: what the device says of its times.
        coverage: how much was seen.
        wall_s: how long the stream took by the host's clock.
        status: the device's counters after the stream.
        inferences: how many the device counted during the stream, None when unknown.
        clipping: cells outside of the model's input range.
        feature_cells: the differing cells as numbers.
        output_cells: the differing scores as numbers.
        values: what the device computed, for later runs and for labels.
        board: which one it was compared on, in a run on several; empty in a run on one.
        counted: what the device counted of columns, windows and detections at the end, and how many came.
        recorder: keeps what a diagnosis needs; gone once a run took that over.
    """

    name: str
    bundle: Bundle
    inference: bool = True
    features: Count = field(default_factory=Count)
    scores: Count = field(default_factory=Count)
    logits: Count = field(default_factory=Count)
    mismatches: list[Mismatch] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    notes: list[str] = field(default_factory=list)
    latencies: Latencies = field(default_factory=Latencies)
    traces: Traces = field(default_factory=Traces)
    host_changes: list[Change] = field(default_factory=list)
    device_changes: list[Change] = field(default_factory=list)
    change_pairs: list[ChangePair] = field(default_factory=list)
    witness_differences: int = 0
    output_windows: int = 0
    explained_windows: int = 0
    samples: int = 0
    samples_told: str = ""
    windows: int = 0
    finished: bool = False
    audio_ended: bool = False
    witness_compared: int = 0
    times: WindowTimes = field(default_factory=WindowTimes)
    coverage: Coverage = field(default_factory=Coverage)
    wall_s: float = 0.0
    status: m.Status | None = None
    inferences: int | None = None
    clipping: Clipping = field(default_factory=Clipping)
    feature_cells: DifferingCells = field(default_factory=DifferingCells)
    output_cells: DifferingCells = field(default_factory=DifferingCells)
    board: str = ""
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name = printable_line(self.name)
        self._columns = Pairing()
        self._messages = Messages()
        self._outputs = Pairing()
        self._differing_columns = array("I")  # those that a window may still cover
        self._explained: dict[str, int] = {}
        self._rounding = rounding_ops(self.bundle.model_bytes) if self.inference else ()
        self._decides = Detector(self.bundle.thresholds) if self._rounding else None
        self.recorder = FileRecorder(self.name, self.bundle)
        self.recorder.said.inference = self.inference
        self.values = DeviceValues(len(self.bundle.labels) if self.inference else 0)
        self._last_window: int | None = None

    # ---- feeding

    def add_host(self, block: HostBlock, samples: int) -> None:
        """What the host computed from the next `samples` samples."""
        self.samples += samples
        self.recorder.add_samples(block.samples)
        self.traces.add_sound(block.samples)
        if block.samples is not None:
            self.values.add_samples(block.samples)
        self._columns.add_host(block.columns)
        if block.outputs is not None:
            outputs = joined(block.outputs)
            rows = outputs if block.other is None else np.concatenate([outputs, block.other], axis=1)
            self._outputs.add_host(rows)
        if self._decides is None:
            self.host_changes += block.changes
        self.witness_differences += block.witness_differences
        self.witness_compared += block.witness_compared
        self._compare()

    def end_audio(self) -> None:
        """The file has no more samples; the device may end the stream now, and not before."""
        self.audio_ended = True

    def add_device(self, result: Payload) -> None:
        """A result of the device: Features, Window, Detection or StreamDone."""
        self.recorder.said.add(result, self.bundle.settings.bands)
        if isinstance(result, m.Features):
            self._add_features(result)
        elif isinstance(result, m.WindowResult):
            self._add_window(result)
        elif isinstance(result, m.Detection):
            self._add_detection(result)
        elif isinstance(result, m.StreamDone):
            self._finish(result)

    def _add_features(self, result: m.Features) -> None:
        bands = self.bundle.settings.bands
        cells = np.frombuffer(result.cells, np.int8)
        if len(cells) % bands:
            self.faults.add(
                COMPLETENESS,
                f"the device sent {len(cells)} cells from column {result.first_column} on: not {bands} a column",
            )
            return
        self._messages.add(result.first_column, len(cells) // bands)
        self._columns.add_device(result.first_column, cells.reshape(-1, bands))
        if self._columns.waiting >= COMPARED_COLUMNS:
            self._compare()

    def _add_window(self, result: m.WindowResult) -> None:
        self.windows += 1
        self._last_window = result.index
        self.latencies.add(result.frontend_ns, result.frontend_max_ns, result.inference_ns, result.total_ns)
        due = self.bundle.stride if result.index else self.bundle.frames
        self.times.add(result, self.faults, counted=result.columns == due)
        wrong = layout_faults(result, self.bundle, self.inference)
        for text in wrong:
            self.faults.add(LAYOUT, f"window {result.index} {text}")
        if not self.inference:
            self._compare()
            return
        values = np.frombuffer(result.outputs, np.int8)
        if len(values) == self._outputs_due:
            self._outputs.add_device(result.index, values.reshape(1, -1))
        else:
            self._outputs.pass_over(result.index)
        self._compare()

    @property
    def _outputs_due(self) -> int:
        return self.bundle.model.values

    def _add_detection(self, result: m.Detection) -> None:
        last = -1 if self._last_window is None else self._last_window
        if result.window != last:
            self.recorder.detections_late = self.recorder.detections_late or last - result.window
            self.faults.add(
                DETECTIONS,
                f"a detection of window {result.window} came "
                + ("before any window" if self._last_window is None else f"after window {self._last_window}"),
            )
        if result.active not in (0, 1):
            self.faults.add(DETECTIONS, f"a detection says active {result.active}: neither 0 nor 1")
        self.device_changes.append(Change(result.window, result.label, bool(result.active), result.score))

    def _finish(self, done: m.StreamDone) -> None:
        if self.finished:
            self.faults.add(COMPLETENESS, "the device ended the stream twice")
            return
        self.finished = True
        self._compare()
        self.coverage.longest = self._columns.due
        for text in self._count_faults(done):
            self.faults.add(COMPLETENESS, text)
        self._compare_changes()

    def _count_faults(self, done: m.StreamDone) -> list[str]:
        """Sentences about what is not whole at the end of the stream."""
        found = []
        if not self.audio_ended:
            found.append(
                f"the device ended the stream after {done.samples:,} samples, before all of the audio was sent"
            )
        elif done.samples != self.samples:
            told = f"the device counted {done.samples:,} samples of {self.samples:,}"
            found.append(told + (self.samples_told or narrow(done.samples, self.samples, LEAST_COUNT_BITS)))
        windows = done.windows if self.inference else self.windows
        counts = {
            "its columns": self._columns.due,
            "its windows": self.windows,
            "its detections": len(self.device_changes),
            "its samples": self.samples,
        }
        for what, counted, received in (
            ("columns", done.columns, self._columns.due),
            ("windows", windows, self.windows),
            ("detections", done.detections, len(self.device_changes)),
        ):
            self.counted[what] = counted, received
            if counted != received:
                about = how(counted, received, counts, 1)
                found.append(f"the device counted {counted:,} {what}, {received:,} arrived{about}")
        for what, pair in (("feature columns", self._columns), ("windows", self._outputs)):
            for rows, why in (
                (pair.missing + pair.only_host, "missing on the device"),
                (pair.repeated, "sent twice by the device"),
                (pair.only_device, "on the device that the audio has none for"),
            ):
                if rows:
                    found.append(f"{rows:,} {what} {why}")
                    if pair.gaps and why.startswith("missing"):
                        found[-1] += f" (from number {', '.join(f'{gap:,}' for gap in pair.gaps)} on)"
                        found[-1] += self._lost_columns(pair.gaps) if pair is self._columns else ""
                    if pair.back and why.startswith("sent"):
                        due, came = pair.back
                        found[-1] += f" (number {due:,} came as {came:,}{how(came, due)})"
        return found

    def _lost_columns(self, gaps: tuple[int, ...]) -> str:
        """Where columns are always lost, in words behind a colon; empty: nothing shows it."""
        frames = self.bundle.frames
        if len(gaps) > 1 and all(gap and not gap % frames for gap in gaps):
            return (
                f": each time where the ring of {frames} columns begins anew; look at which of those that wait are "
                "sent then, and which count as sent (firmware/core/detect/stream.c, stream_features)"
            )
        return self._messages.told

    # ---- comparing

    def _compare(self) -> None:
        for first, host, device in self._columns.take():
            self.recorder.add_columns(first, host, device)
            self.values.add_columns(device)
            if device is None:
                self.traces.add_columns(host, np.full_like(host, -128))
                continue
            self._differing_columns.extend(
                first + row for row in self._count(self.features, "feature", first, host, device)
            )
            self.traces.add_columns(host, device)
            self.coverage.add_columns(device)
        classes = len(self.bundle.labels)
        for first, rows, came in self._outputs.take():
            host, other = rows[:, : self._outputs_due], rows[:, self._outputs_due :]
            self.values.add_outputs(came, len(rows))
            device = self._allowing(host, came, other if other.size else None)
            self.recorder.add_outputs(first, host, device)
            if device is None:
                self.traces.add_scores(host[:, :classes], np.full_like(host[:, :classes], -128))
                continue
            differing: set[int] = set()
            for kind, part in output_parts(self.bundle.model):
                found = self._count(self._count_of(kind), kind, first, host[:, part], device[:, part])
                differing |= set(found)
            self._attribute(sorted(first + row for row in differing), first)
            self.traces.add_scores(host[:, :classes], device[:, :classes])
            self.coverage.add_scores(device[:, :classes])

    def _count_of(self, kind: str) -> Count:
        return self.logits if "logit" in kind else self.scores

    def _allowing(self, host: Int8, came: Int8 | None, other: Int8 | None) -> Int8 | None:
        """The device's outputs, those that are off by no more than is allowed as the host has them.

        What the device decides it decides by its own scores: where these are good ones, the host decides by them too.
        """
        if self._decides is None:
            return came
        classes = len(self.bundle.labels)
        if came is None:
            self.host_changes += self._decides.update(host[:, :classes])
            return None
        allowed = allowed_cells(self.bundle.model, self._rounding, host, came, other)
        for kind, part in output_parts(self.bundle.model):
            self._count_of(kind).allowed += int(np.count_nonzero(allowed[:, part]))
        self.host_changes += self._decides.update(np.where(allowed, came, host)[:, :classes])
        return np.where(allowed, host, came)

    def _count(self, count: Count, kind: str, first: int, host: Int8, device: Int8) -> list[int]:
        """Count values that are compared and that differ; return the rows that do, from 0."""
        count.compared += host.size
        if np.array_equal(host, device):
            return []
        difference = np.abs(host.astype(np.int16) - device.astype(np.int16))
        count.different += int(np.count_nonzero(difference))
        count.largest = max(count.largest, int(difference.max()))
        if kind == "feature":
            self.feature_cells.add(first, host, device)
        elif "logit" not in kind:
            self.output_cells.add(first, host, device)
        for row, cell in np.argwhere(difference)[:EXPLAINED]:
            self._explain(kind, first + int(row), int(cell), int(host[row, cell]), int(device[row, cell]))
        return [int(row) for row in np.flatnonzero(difference.any(axis=1))]

    def _attribute(self, windows: list[int], oldest: int) -> None:
        """Find out whether windows with differing outputs (by number) have differing features."""
        frames, stride = self.bundle.frames, self.bundle.stride
        # int64 copy: the array grows and must not be held by numpy
        columns = np.array(self._differing_columns, np.int64)
        keep = int(np.searchsorted(columns, oldest * stride))
        for window in windows:
            self.output_windows += 1
            place = int(np.searchsorted(columns, window * stride))
            self.explained_windows += bool(place < len(columns) and columns[place] < window * stride + frames)
        del self._differing_columns[:keep]

    def _explain(self, kind: str, row: int, cell: int, host: int, device: int) -> None:
        if not self._room_for(kind):
            return
        if kind == "feature":
            settings = self.bundle.settings
            where, time_s = (
                f"column {row}, {place_name(settings, cell)}",
                row * settings.hop / settings.sample_rate,
            )
        else:
            where, time_s = f"window {row}, {kind} of {self.bundle.labels[cell]!r}", self.window_time_s(row)
        shown = f"{device} ({device - host:+d} LSB)"
        self.mismatches.append(Mismatch(kind, where, time_s, str(host), shown))

    def _room_for(self, kind: str) -> bool:
        self._explained[kind] = self._explained.get(kind, 0) + 1
        return self._explained[kind] <= EXPLAINED

    def _compare_changes(self) -> None:
        self.change_pairs = differing_changes(self.host_changes, self.device_changes)
        labels = self.bundle.labels
        for pair in self.change_pairs[:EXPLAINED]:
            change = pair.first
            label = (
                repr(labels[change.label]) if change.label < len(labels) else f"unknown label {change.label}"
            )
            shift = ""
            if pair.kind == "shifted" and pair.host is not None and pair.device is not None:
                shift = f", {pair.device.window - pair.host.window:+d} windows"
            self.mismatches.append(
                Mismatch(
                    "detection",
                    f"{label}, {pair.kind}{shift}",
                    self.window_time_s(change.window),
                    _told(pair.host),
                    _told(pair.device),
                )
            )

    # ---- results

    def window_time_s(self, window: int) -> float:
        """When a window's last sample has come, seconds from the file's beginning."""
        rate = self.bundle.settings.sample_rate
        return (window * self.bundle.stride * self.bundle.settings.hop + self.bundle.window_samples) / rate

    @property
    def problems(self) -> list[str]:
        """What was wrong besides values, in words; times are no part of this."""
        return [text for claim in (COMPLETENESS, LAYOUT, DETECTIONS) for text in self.faults.told(claim)]

    @property
    def columns_received(self) -> int:
        """Feature columns that came, up to the last one."""
        return self._columns.due

    @property
    def due_columns(self) -> int:
        """Feature columns that the audio has."""
        return self.bundle.settings.columns(self.samples)

    @property
    def due_windows(self) -> int:
        """Windows that the audio has."""
        return max(0, (self.due_columns - self.bundle.frames) // self.bundle.stride + 1)

    @property
    def audio_s(self) -> float:
        """Length of the audio, seconds."""
        return self.samples / self.bundle.settings.sample_rate

    @property
    def detection_mismatches(self) -> int:
        """Detections that are missing, extra, shifted or of another score on the device."""
        return len(self.change_pairs)

    @property
    def outputs(self) -> Count:
        """Scores and logits together."""
        return Count(
            self.scores.compared + self.logits.compared,
            self.scores.different + self.logits.different,
            max(self.scores.largest, self.logits.largest),
            self.scores.allowed + self.logits.allowed,
        )

    @property
    def agreed(self) -> bool:
        """Whether nothing differed, nothing was missing, and the stream came to its end."""
        return (
            self.finished
            and not self.problems
            and not self.features.different
            and not self.outputs.different
            and not self.detection_mismatches
            and not self.witness_differences
        )


def _told(change: Change | None) -> str:
    if change is None:
        return "nothing"
    return f"{'on' if change.active else 'off'} at window {change.window}, score {change.score}"
