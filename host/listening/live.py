"""What a board hears, as a person sees it and as a CSV file keeps it."""

from __future__ import annotations

import csv
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from host.bundle.load import Bundle
from host.errors import HilError
from host.link import messages as m
from host.listening.show import bar

CSV_COLUMNS = ("clock", "seconds", "label", "change", "score", "window")
FEATURES_COLUMN = "features"
SHADES = " ░▒▓█"
PICTURE_ROWS = 10
KEPT_WINDOWS = 2  # columns go on arriving while the window before them is inferred


class LiveLog:
    """A CSV file with a line for every change of a detection, on disk as soon as it happened.

    Args:
        path: written anew.
        features: whether the lines end with the window's int8 cells in hexadecimal, frame by frame, band by band.

    Raises:
        HilError: the file cannot be written.
    """

    def __init__(self, path: Path, features: bool) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIOWrapper = path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise HilError(
                f"{path} cannot be written: {error.strerror or error}", "name another file with --csv"
            ) from error
        self._features = features
        self._writer = csv.writer(self._file)
        self._write([*CSV_COLUMNS, *([FEATURES_COLUMN] if features else [])])

    def change(self, change: m.LiveDetection, label: str, score: float, cells: bytes) -> None:
        """Write one line. `cells` is empty when the window's features did not arrive."""
        row: list[object] = [
            datetime.now().astimezone().isoformat(timespec="milliseconds"),
            f"{change.time_ms / 1000:.3f}",
            label,
            "begins" if change.active else "ends",
            f"{score:.4f}",
            change.window,
        ]
        self._write([*row, cells.hex()] if self._features else row)

    def _write(self, row: list[object]) -> None:
        self._writer.writerow(row)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class LiveView:
    """Keeps what is known of a board that listens: scores, active labels, the last columns.

    Args:
        bundle: the one that the board runs.
        line: called with every line that is to stay on the screen.
        log: where changes are logged, too.
        features: whether a picture of the features goes with a detection that begins.
    """

    def __init__(
        self, bundle: Bundle, line: Callable[[str], None], log: LiveLog | None = None, features: bool = False
    ) -> None:
        self._bundle = bundle
        self._line = line
        self._log = log
        self._features = features
        self._columns: deque[tuple[int, bytes]] = deque(maxlen=KEPT_WINDOWS * (bundle.frames + bundle.stride))
        self._starts: deque[tuple[int, int]] = deque(maxlen=64)  # windows and their first columns
        self._active = [False] * len(bundle.labels)
        self._scores = [0.0] * len(bundle.labels)
        self.windows = 0
        self.detections = 0
        self.inference_ns = 0
        self._began = time.monotonic()

    def take(self, result: m.Features | m.Window | m.LiveDetection | None) -> None:
        """Take in what `Device.live` yields."""
        if isinstance(result, m.Features):
            bands = self._bundle.settings.bands
            for index in range(len(result.cells) // bands):
                cells = result.cells[index * bands : (index + 1) * bands]
                self._columns.append((result.first_column + index, cells))
        elif isinstance(result, m.Window):
            self.windows += 1
            self.inference_ns = result.inference_ns
            self._starts.append((result.index, result.first_column))
            scores = np.frombuffer(result.outputs[: result.classes], np.int8)
            self._scores = [self._bundle.model.scores.real(int(score)) for score in scores]
        elif isinstance(result, m.LiveDetection):
            self._change(result)

    def _change(self, change: m.LiveDetection) -> None:
        if change.label >= len(self._active):
            return  # no label of this bundle
        label = self._bundle.labels[change.label]
        self._active[change.label] = bool(change.active)
        self.detections += change.active
        score = self._bundle.model.scores.real(change.score)
        word = "begins" if change.active else "ends  "
        self._line(f"{change.time_ms / 1000:8.2f} s  {label} {word}  (score {score:.2f})")
        cells = self.cells_of(change.window) if self._features else b""
        if self._log is not None:
            self._log.change(change, label, score, cells)
        if cells and change.active:
            for row in self.picture(cells):
                self._line(f"            {row}")

    def cells_of(self, window: int) -> bytes:
        """The int8 cells [frames, bands] of a window that was reported lately; empty when they are not all here."""
        first = next((start for index, start in self._starts if index == window), None)
        if first is None:
            return b""
        wanted = range(first, first + self._bundle.frames)
        cells = [column for index, column in self._columns if index in wanted]
        return b"".join(cells) if len(cells) == self._bundle.frames else b""

    def picture(self, cells: bytes) -> list[str]:
        """A log-mel image in text, high bands on top, stretched from its least to its greatest value."""
        image = np.frombuffer(cells, np.int8).reshape(self._bundle.frames, self._bundle.settings.bands)
        rows = [
            part.mean(axis=0)
            for part in np.array_split(image.T.astype(np.float64), PICTURE_ROWS)
            if len(part)
        ]
        values = np.stack(rows[::-1])
        span = float(np.ptp(values)) or 1.0
        shades = np.rint((values - values.min()) / span * (len(SHADES) - 1)).astype(int)
        return ["".join(SHADES[shade] for shade in row) for row in shades]

    def bars(self) -> str:
        """The latest scores as one line for each label."""
        seconds = time.monotonic() - self._began
        rows = [
            f"  {label:>20.20} {bar(score, on)}"
            for label, score, on in zip(self._bundle.labels, self._scores, self._active, strict=False)
        ]
        inference = f", inference {self.inference_ns / 1e6:.1f} ms" if self.inference_ns else ""
        return "\n".join([*rows, f"  {seconds:8.1f} s, {self.windows} windows{inference}   Ctrl-C stops"])

    def summary(self) -> str:
        """One line at the end."""
        return (
            f"{self.windows} windows, {self.detections} detections in {time.monotonic() - self._began:.1f} s"
        )
