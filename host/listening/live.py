"""What a board hears, as a person sees it and as a CSV file keeps it."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from ..printable import counted
from .show import bar

CSV_COLUMNS = ("clock", "seconds", "label", "change", "score", "window")
FEATURES_COLUMN = "features"
SHADES = " ░▒▓█"
PICTURE_ROWS = 10
NOT_SCALED = (
    "The model was trained on clips that were divided by their own peak. What is heard here is not: quiet sound may "
    "score lower."
)


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
        """Write one line. `cells` is empty when no features came: a board sends them where a detection begins."""
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
    """Keeps what is known of a board that listens: scores, active labels, the features of what it just heard.

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
        self._pending: m.LiveDetection | None = None  # began; its features are on their way
        self._cells = bytearray()
        self._active = [False] * len(bundle.labels)
        self._scores = [0.0] * len(bundle.labels)
        self.windows = 0
        self.detections = 0
        self.inference_ns = 0
        self._began = time.monotonic()

    def take(self, result: m.Features | m.WindowResult | m.LiveDetection | None) -> None:
        """Take in what `Device.live` yields. The features of a detection come right after it, column by column."""
        if isinstance(result, m.Features):
            self._cells += result.cells
            if len(self._cells) >= self._bundle.frames * self._bundle.settings.bands:
                self.settle()
        elif isinstance(result, m.WindowResult):
            self.settle()
            self.windows += 1
            self.inference_ns = result.inference_ns
            scores = np.frombuffer(result.outputs[: result.classes], np.int8)
            self._scores = [self._bundle.model.scores.real(int(score)) for score in scores]
        elif isinstance(result, m.LiveDetection) and result.label < len(self._active):
            self.settle()
            self._change(result)

    def _change(self, change: m.LiveDetection) -> None:
        self._active[change.label] = bool(change.active)
        self.detections += change.active
        word = "begins" if change.active else "ends  "
        score = self._bundle.model.scores.real(change.score)
        self._line(
            f"{change.time_ms / 1000:8.2f} s  {self._bundle.labels[change.label]} {word}  (score {score:.2f})"
        )
        self._pending = change
        if not (change.active and self._features):
            self.settle()

    def settle(self) -> None:
        """Log the last change, with its features when they came whole."""
        change, cells = self._pending, bytes(self._cells)
        self._pending = None
        self._cells.clear()
        if change is None:
            return
        if len(cells) != self._bundle.frames * self._bundle.settings.bands:
            cells = b""
        if self._log is not None:
            score = self._bundle.model.scores.real(change.score)
            self._log.change(change, self._bundle.labels[change.label], score, cells)
        for row in self.picture(cells) if cells else []:
            self._line(f"            {row}")

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
        return "\n".join(
            [*rows, f"  {seconds:8.1f} s, {counted(self.windows, 'window')}{inference}   Ctrl-C stops"]
        )

    def summary(self) -> str:
        """One line at the end."""
        seconds = time.monotonic() - self._began
        return (
            f"{counted(self.windows, 'window')}, {counted(self.detections, 'detection')} in {seconds:.1f} s"
        )
