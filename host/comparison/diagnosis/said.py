"""What a stream's messages tell besides values: numbers, counts and order."""

from dataclasses import dataclass, field
from itertools import pairwise

from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload

MOST_FIRSTS = 1 << 14  # messages of columns of which it is kept where they begin
MOST = 4096  # windows, detections and runs of columns that are kept of a stream
Windowed = tuple[int, int, int, int, int, int]
"""Number, first column, columns since the one before, classes, has_logits, bytes of outputs."""
Detected = tuple[int, int, int, int, int]
"""Windows before it, label, active, window, score."""


@dataclass
class Said:
    """A stream's messages without their values.

    Attributes:
        inference: whether the stream was one with inference.
        columns: runs of columns that follow each other: number of the first, and how many bytes of cells.
        windows, detections: see above.
        outputs: of each window, as they came.
        done: samples, columns, windows and detections that the end tells of; None: it did not come.
        whole: whether all were kept.
        firsts: of each message of columns the number of its first one, of the first messages.
    """

    inference: bool = True
    columns: list[tuple[int, int]] = field(default_factory=list)
    windows: list[Windowed] = field(default_factory=list)
    detections: list[Detected] = field(default_factory=list)
    outputs: list[bytes] = field(default_factory=list)
    done: tuple[int, int, int, int] | None = None
    whole: bool = True
    firsts: list[int] = field(default_factory=list, compare=False)

    def add(self, message: Payload, bands: int) -> None:
        """The next message."""
        if isinstance(message, m.Features):
            first, size = message.first_column, len(message.cells)
            if len(self.firsts) < MOST_FIRSTS:
                self.firsts.append(first)
            last = self.columns[-1] if self.columns else None
            if last is not None and last[1] % bands == 0 and first == last[0] + last[1] // bands:
                self.columns[-1] = last[0], last[1] + size
            else:
                self.columns.append((first, size))
        elif isinstance(message, m.WindowResult):
            told = message.index, message.first_column, message.columns, message.classes, message.has_logits
            self.windows.append((*told, len(message.outputs)))
            self.outputs.append(message.outputs)
        elif isinstance(message, m.Detection):
            of = message.label, message.active, message.window, message.score
            self.detections.append((len(self.windows), *of))
        elif isinstance(message, m.StreamDone):
            self.done = message.samples, message.columns, message.windows, message.detections
        if max(len(self.columns), len(self.windows), len(self.detections)) > MOST:
            self.columns, self.windows, self.detections, self.outputs, self.whole = [], [], [], [], False

    @property
    def firsts_known(self) -> tuple[int, ...]:
        """Where the messages of columns begin, if all did in order from the stream's first one on; else empty."""
        firsts = self.firsts
        whole = len(firsts) < MOST_FIRSTS and firsts[:1] == [0]
        return tuple(firsts) if whole and all(a < b for a, b in pairwise(firsts)) else ()

    def is_right(self, bundle: Bundle, samples: int) -> bool:
        """Whether all is as it must be of so many samples; which detections there are follows from the outputs."""
        columns = bundle.settings.columns(samples)
        windows = max(0, (columns - bundle.frames) // bundle.stride + 1)
        values, logits = bundle.model.values, int(bundle.model.logits is not None)
        outputs = (len(bundle.labels), logits, values) if self.inference else (0, 0, 0)
        due = [
            (number, number * bundle.stride, bundle.stride if number else bundle.frames, *outputs)
            for number in range(windows)
        ]
        return (
            self.columns == ([(0, columns * bundle.settings.bands)] if columns else [])
            and self.windows == due
            and self.done == (samples, columns, windows, len(self.detections))
        )


@dataclass(frozen=True)
class Spoken:
    """What was said of a file, where that is not as it must be.

    Attributes:
        name: of the file.
        samples: that were sent.
        said: by the board.
        before: samples of the file before; 0: there was none.
    """

    name: str
    samples: int
    said: Said
    before: int
