"""One file's comparison, fed from both sides as results come in, in constant memory."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from host.bundle.load import Bundle
from host.comparison.detector import Change
from host.comparison.latency import Latencies
from host.comparison.reference import HostBlock, joined
from host.comparison.traces import Traces
from host.link import messages as m

Int8 = NDArray[np.int8]

EXPLAINED = 10  # mismatches told in full, per file and kind; the others are counted


@dataclass(frozen=True)
class Mismatch:
    """One difference, located.

    Attributes:
        kind: "feature", "score", "logit" or "detection".
        where: column and band, or window and label, in words.
        time_s: where in the file.
        host: value on the host.
        device: value on the device.
    """

    kind: str
    where: str
    time_s: float
    host: str
    device: str

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.time_s:.2f} s, {self.where}: host {self.host}, device {self.device}"


@dataclass
class Count:
    """Values of one kind."""

    compared: int = 0
    different: int = 0
    largest: int = 0


class _Pair:
    """Two streams of rows; gives the rows that both have brought."""

    def __init__(self) -> None:
        self._sides: tuple[deque[Int8], deque[Int8]] = (deque(), deque())
        self._counts = [0, 0]
        self.done = 0

    def add(self, side: int, rows: Int8) -> None:
        if len(rows):
            self._sides[side].append(rows)
            self._counts[side] += len(rows)

    @property
    def waiting(self) -> tuple[int, int]:
        """Rows of each side that the other has not brought."""
        return self._counts[0], self._counts[1]

    def take(self) -> tuple[int, Int8, Int8] | None:
        """(number of the first row, host's rows, device's rows), equally many; None when there are none."""
        count = min(self._counts)
        if count == 0:
            return None
        rows = tuple(self._take_side(side, count) for side in (0, 1))
        first = self.done
        self.done += count
        return first, rows[0], rows[1]

    def _take_side(self, side: int, count: int) -> Int8:
        queue = self._sides[side]
        pieces = []
        left = count
        while left:
            piece = queue.popleft()
            if len(piece) > left:
                queue.appendleft(piece[left:])
                piece = piece[:left]
            pieces.append(piece)
            left -= len(piece)
        self._counts[side] -= count
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


@dataclass
class FileComparison:
    """Everything about one file.

    Args:
        name: of the file, for people.
        bundle: the bundle in use.
        inference: whether the device runs the model.
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
    detection_mismatches: int = 0
    witness_differences: int = 0
    samples: int = 0
    windows: int = 0
    finished: bool = False

    def __post_init__(self) -> None:
        self._columns = _Pair()
        self._outputs = _Pair()
        self._device_columns = 0
        self._device_windows = 0
        self._explained: dict[str, int] = {}

    # ---- feeding

    def add_host(self, block: HostBlock, samples: int) -> None:
        """What the host computed from the next `samples` samples."""
        self.samples += samples
        self._columns.add(0, block.columns)
        if block.outputs is not None:
            self._outputs.add(0, joined(block.outputs))
        self.host_changes += block.changes
        self.witness_differences += block.witness_differences
        self._compare()

    def add_device(self, result: m.Payload) -> None:
        """A result of the device: Features, Window, Detection or StreamDone."""
        if isinstance(result, m.Features):
            self._add_features(result)
        elif isinstance(result, m.Window):
            self._add_window(result)
        elif isinstance(result, m.Detection):
            score = result.score
            self.device_changes.append(Change(result.window, result.label, bool(result.active), score))
        elif isinstance(result, m.StreamDone):
            self._finish(result)

    def _add_features(self, result: m.Features) -> None:
        bands = self.bundle.settings.bands
        cells = np.frombuffer(result.cells, np.int8)
        if result.first_column != self._device_columns or len(cells) % bands:
            self._problem(
                f"the device sent column {result.first_column} where column {self._device_columns} was due "
                f"({len(cells)} cells)"
            )
            return
        self._device_columns += len(cells) // bands
        self._columns.add(1, cells.reshape(-1, bands))
        self._compare()

    def _add_window(self, result: m.Window) -> None:
        first = self._device_windows * self.bundle.stride
        if result.index != self._device_windows or result.first_column != first:
            self._problem(
                f"the device sent window {result.index} from column {result.first_column} where window "
                f"{self._device_windows} from column {first} was due"
            )
            return
        self._device_windows += 1
        self.windows += 1
        self.latencies.add(result.frontend_ns, result.frontend_max_ns, result.inference_ns, result.total_ns)
        if not self.inference:
            return
        values = np.frombuffer(result.outputs, np.int8)
        expected = len(self.bundle.labels) * (2 if self.bundle.model.logits is not None else 1)
        if len(values) != expected:
            self._problem(f"window {result.index} has {len(values)} outputs, {expected} are right")
            return
        self._outputs.add(1, values.reshape(1, -1))
        self._compare()

    def _finish(self, done: m.StreamDone) -> None:
        self.finished = True
        if done.samples != self.samples:
            self._problem(f"the device counted {done.samples} samples of {self.samples}")
        for kind, pair in (("feature columns", self._columns), ("windows", self._outputs)):
            host, device = pair.waiting
            if host or device:
                self._problem(f"{kind}: {host} only on the host, {device} only on the device")
        self._compare_changes()

    # ---- comparing

    def _compare(self) -> None:
        while (rows := self._columns.take()) is not None:
            self._count(self.features, "feature", *rows)
            self.traces.add_columns(rows[1], rows[2])
        while (rows := self._outputs.take()) is not None:
            first, host, device = rows
            classes = len(self.bundle.labels)
            self._count(self.scores, "score", first, host[:, :classes], device[:, :classes])
            self._count(self.logits, "logit", first, host[:, classes:], device[:, classes:])
            self.traces.add_scores(host[:, :classes], device[:, :classes])

    def _count(self, count: Count, kind: str, first: int, host: Int8, device: Int8) -> None:
        count.compared += host.size
        if np.array_equal(host, device):
            return
        difference = np.abs(host.astype(np.int16) - device.astype(np.int16))
        count.different += int(np.count_nonzero(difference))
        count.largest = max(count.largest, int(difference.max()))
        for row, cell in np.argwhere(difference)[:EXPLAINED]:
            self._explain(kind, first + int(row), int(cell), int(host[row, cell]), int(device[row, cell]))

    def _explain(self, kind: str, row: int, cell: int, host: int, device: int) -> None:
        if not self._room_for(kind):
            return
        settings = self.bundle.settings
        column = row if kind == "feature" else row * self.bundle.stride
        where = (
            f"column {row}, band {cell}" if kind == "feature" else f"window {row}, {kind} of {self.bundle.labels[cell]!r}"
        )
        shown = f"{device} ({device - host:+d} LSB)"
        self.mismatches.append(Mismatch(kind, where, column * settings.hop / settings.sample_rate, str(host), shown))

    def _room_for(self, kind: str) -> bool:
        self._explained[kind] = self._explained.get(kind, 0) + 1
        return self._explained[kind] <= EXPLAINED

    def _compare_changes(self) -> None:
        host, device = set(self.host_changes), set(self.device_changes)
        differing = sorted(host ^ device)
        self.detection_mismatches = len(differing)
        for change in differing:
            if self._room_for("detection"):
                said = f"{'on' if change.active else 'off'} at score {change.score}"
                here, there = (said, "nothing") if change in host else ("nothing", said)
                where = f"window {change.window}, {self.bundle.labels[change.label]!r}" if change.label < len(
                    self.bundle.labels
                ) else f"window {change.window}, label {change.label}"
                time_s = change.window * self.bundle.stride_seconds
                self.mismatches.append(Mismatch("detection", where, time_s, here, there))

    def _problem(self, text: str) -> None:
        if len(self.problems) < EXPLAINED:
            self.problems.append(text)

    # ---- results

    @property
    def audio_s(self) -> float:
        """Length of the audio, seconds."""
        return self.samples / self.bundle.settings.sample_rate

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
