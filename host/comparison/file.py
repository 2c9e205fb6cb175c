"""One file's comparison, fed from both sides as results come in, in constant memory."""

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from .changes import ChangePair, differing_changes
from .detector import Change
from .diagnosis.record import FileRecorder
from .expected import HostBlock, joined
from .latency import Latencies
from .mismatch import EXPLAINED, Count, Mismatch
from .pairing import Pairing
from .traces import Traces

__all__ = ["Count", "FileComparison", "Mismatch"]

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
        problems: what kept values from being compared: lost, repeated or surplus results, wrong counts.
        notes: what a reader should know, e.g. how the audio was converted.
        latencies: as the device measured them.
        traces: what pictures show.
        host_changes, device_changes: detections.
        change_pairs: detections that are not the same on both sides.
        witness_differences: outputs in which TFLite Micro on this computer differs from the reference.
        output_windows: windows with differing outputs.
        explained_windows: those of them whose features differ too, so that the front end is what to look at.
        samples: sent to the device.
        windows: received from it.
        finished: whether the device confirmed the end of the stream.
    """

    name: str
    bundle: Bundle
    inference: bool = True
    features: Count = field(default_factory=Count)
    scores: Count = field(default_factory=Count)
    logits: Count = field(default_factory=Count)
    mismatches: list[Mismatch] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
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
    windows: int = 0
    finished: bool = False

    def __post_init__(self) -> None:
        self.name = printable(self.name)
        self._columns = Pairing()
        self._outputs = Pairing()
        self._differing_columns = array("I")  # those that a window may still cover
        self._explained: dict[str, int] = {}
        self.recorder = FileRecorder(self.name, self.bundle)

    # ---- feeding

    def add_host(self, block: HostBlock, samples: int) -> None:
        """What the host computed from the next `samples` samples."""
        self.samples += samples
        self.recorder.add_samples(block.samples)
        self._columns.add_host(block.columns)
        if block.outputs is not None:
            self._outputs.add_host(joined(block.outputs))
        self.host_changes += block.changes
        self.witness_differences += block.witness_differences
        self._compare()

    def add_device(self, result: Payload) -> None:
        """A result of the device: Features, Window, Detection or StreamDone."""
        if isinstance(result, m.Features):
            self._add_features(result)
        elif isinstance(result, m.WindowResult):
            self._add_window(result)
        elif isinstance(result, m.Detection):
            score = result.score
            self.device_changes.append(Change(result.window, result.label, bool(result.active), score))
        elif isinstance(result, m.StreamDone):
            self._finish(result)

    def _add_features(self, result: m.Features) -> None:
        bands = self.bundle.settings.bands
        cells = np.frombuffer(result.cells, np.int8)
        if len(cells) % bands:
            self._problem(
                f"the device sent {len(cells)} cells from column {result.first_column} on: not {bands} a column"
            )
            return
        self._columns.add_device(result.first_column, cells.reshape(-1, bands))
        self._compare()

    def _add_window(self, result: m.WindowResult) -> None:
        self.windows += 1
        self.latencies.add(result.frontend_ns, result.frontend_max_ns, result.inference_ns, result.total_ns)
        if not self.inference:
            return
        first = result.index * self.bundle.stride
        if result.first_column != first:
            self._problem(
                f"window {result.index} begins at column {result.first_column} on the device, {first} is right"
            )
            return
        values = np.frombuffer(result.outputs, np.int8)
        expected = len(self.bundle.labels) * (2 if self.bundle.model.logits is not None else 1)
        if len(values) != expected:
            self._problem(f"window {result.index} has {len(values)} outputs, {expected} are right")
            return
        self._outputs.add_device(result.index, values.reshape(1, -1))
        self._compare()

    def _finish(self, done: m.StreamDone) -> None:
        self.finished = True
        if done.samples != self.samples:
            self._problem(f"the device counted {done.samples:,} samples of {self.samples:,}")
        windows = done.windows if self.inference else self.windows
        for what, counted, received in (
            ("columns", done.columns, self._columns.due),
            ("windows", windows, self.windows),
            ("detections", done.detections, len(self.device_changes)),
        ):
            if counted != received:
                self._problem(f"the device counted {counted:,} {what}, {received:,} arrived")
        for what, pair in (("feature columns", self._columns), ("windows", self._outputs)):
            for rows, why in (
                (pair.missing + pair.only_host, "missing on the device"),
                (pair.repeated, "sent twice by the device"),
                (pair.only_device, "on the device that the audio has none for"),
            ):
                if rows:
                    self._problem(f"{rows:,} {what} {why}")
        self._compare_changes()

    # ---- comparing

    def _compare(self) -> None:
        for first, host, device in self._columns.take():
            self.recorder.add_columns(first, host, device)
            if device is None:
                self.traces.add_columns(host, np.full_like(host, -128))
                continue
            self._differing_columns.extend(
                first + row for row in self._count(self.features, "feature", first, host, device)
            )
            self.traces.add_columns(host, device)
        classes = len(self.bundle.labels)
        for first, host, device in self._outputs.take():
            self.recorder.add_outputs(first, host, device)
            if device is None:
                self.traces.add_scores(host[:, :classes], np.full_like(host[:, :classes], -128))
                continue
            rows = set(self._count(self.scores, "score", first, host[:, :classes], device[:, :classes]))
            rows |= set(self._count(self.logits, "logit", first, host[:, classes:], device[:, classes:]))
            self._attribute(sorted(first + row for row in rows), first)
            self.traces.add_scores(host[:, :classes], device[:, :classes])

    def _count(self, count: Count, kind: str, first: int, host: Int8, device: Int8) -> list[int]:
        """Count values that are compared and that differ; return the rows that do, from 0."""
        count.compared += host.size
        if np.array_equal(host, device):
            return []
        difference = np.abs(host.astype(np.int16) - device.astype(np.int16))
        count.different += int(np.count_nonzero(difference))
        count.largest = max(count.largest, int(difference.max()))
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
        if keep:
            del self._differing_columns[:keep]

    def _explain(self, kind: str, row: int, cell: int, host: int, device: int) -> None:
        if not self._room_for(kind):
            return
        if kind == "feature":
            settings = self.bundle.settings
            where, time_s = f"column {row}, band {cell}", row * settings.hop / settings.sample_rate
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

    def _problem(self, text: str) -> None:
        if len(self.problems) < EXPLAINED:
            self.problems.append(text)

    # ---- results

    def window_time_s(self, window: int) -> float:
        """When a window's last sample has come, seconds from the file's beginning."""
        rate = self.bundle.settings.sample_rate
        return (window * self.bundle.stride * self.bundle.settings.hop + self.bundle.window_samples) / rate

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


def printable(name: str) -> str:
    """Return a file name that any terminal and any UTF-8 file can hold: what is not printable becomes an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
