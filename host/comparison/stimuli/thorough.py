"""The stimuli on a board, within a time that is measured and not guessed."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.allowed import allowed_cells, rounding_ops
from ...model.interpreter import Interpreter, each_alone, output_parts
from ..device import DeviceUnderTest
from ..file import FileComparison
from .kit import Kit, long_stream
from .outcome import StimuliRecord

Int16 = NDArray[np.int16]

BUDGET_S = 540.0  # on the board, for everything. The search comes before, once a bundle
STREAMS_S = 120.0
TENSORS_S = 120.0
LONG_COLUMNS = 65_536 + 512
FOLDER = "stimuli"


@dataclass(frozen=True)
class MadeSound:
    """Samples that no file holds. `make` gives int16 blocks at the bundle's rate, any number of times."""

    name: str
    make: Callable[[], Iterable[Int16]]
    notes: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Stands for a file's."""
        return Path(FOLDER, self.name)

    def blocks(self) -> Iterator[Int16]:
        """The samples."""
        yield from self.make()


Compare = Callable[[MadeSound, bool], FileComparison]  # a stream, and whether the model runs


class Thorough:
    """Sends a kit's stimuli and keeps what they reached.

    Args:
        bundle: the bundle in use.
        kit: its stimuli.
        record: takes the figures.
        compare: streams a sound and compares; its file goes to the run.
    """

    def __init__(self, bundle: Bundle, kit: Kit, record: StimuliRecord, compare: Compare) -> None:
        self._bundle = bundle
        self._kit = kit
        self._record = record
        self._compare = compare
        self._began = time.monotonic()
        self._rounding = rounding_ops(bundle.model_bytes)
        record.sent_of = len(kit.tensors)
        record.decisions_of = kit.decisions_of
        record.shares_of, record.entries_of = kit.shares[1], kit.entries[1]

    def decisions(self) -> None:
        """Streams that bring classes to their thresholds."""
        began, streams, sent = time.monotonic(), self._kit.streams, 0
        for name, samples in streams.items():
            if sent and (time.monotonic() - began) * (sent + 1) / sent > STREAMS_S:
                break
            self._compare(_once(name, samples), True)
            sent += 1
        self._record.decisions = sent
        if sent < len(streams):
            self._record.shortened.append(f"{sent} of {len(streams)} streams at thresholds: no time for more")

    def tensors(self, device: DeviceUnderTest, interpreter: Interpreter) -> None:
        """Windows sent as they are; a model that remembers starts each with nothing remembered, on both sides."""
        record, windows = self._record, self._kit.tensors
        if not len(windows):
            return
        began = time.monotonic()
        results: list[NDArray[np.int8]] = []
        for window in windows:
            used = time.monotonic() - began
            if results and used * (len(results) + 1) / len(results) > TENSORS_S:
                record.shortened.append(f"{len(results)} of {len(windows)} windows: no time for more")
                break
            results.append(np.frombuffer(device.infer(window).outputs, np.int8))
        expected = each_alone(interpreter, windows[: len(results)], self._bundle.model.stateful)
        classes = len(self._bundle.labels)
        for index, (host, board) in enumerate(zip(expected, results, strict=True)):
            self._count(index, host, board)
        record.sent = len(results)
        record.scores = len(np.unique(expected[:, :classes]))
        if self._bundle.model.logits is not None:
            record.logits = len(np.unique(expected[:, classes:]))

    def _count(self, index: int, host: NDArray[np.int8], board: NDArray[np.int8]) -> None:
        record, count = self._record, self._record.tensors
        count.compared += len(host)
        if len(board) != len(host):
            count.different += len(host)
            record.first_difference = record.first_difference or (
                f"window {index} has {len(board)} outputs, {len(host)} are right"
            )
            return
        allowed = allowed_cells(self._bundle.model, self._rounding, host[np.newaxis], board[np.newaxis])[0]
        count.allowed += int(np.count_nonzero(allowed))
        off = np.where(allowed, 0, board.astype(np.int16) - host)
        if off.any():
            count.different += int(np.count_nonzero(off))
            count.largest = max(count.largest, int(np.abs(off).max()))
            place = int(np.flatnonzero(off)[0])
            record.first_difference = record.first_difference or (
                f"window {index}, {self._output_name(place)}: host {host[place]}, device {board[place]} "
                f"({off[place]:+d} LSB)"
            )

    def _output_name(self, place: int) -> str:
        labels = self._bundle.labels
        kind, _ = output_parts(self._bundle.model)[place // len(labels)]
        return f"{kind} of {labels[place % len(labels)]!r}"

    def tables(self) -> None:
        """The front end's tables, then one long stream as far as there is time."""
        kit, record = self._kit, self._record
        file = self._compare(_once("front-end tables", kit.tables), False)
        record.shares, record.entries = kit.shares[0], kit.entries[0]
        columns_a_second = file.columns_received / max(file.wall_s, 1e-3)
        left_s = max(10.0, BUDGET_S - (time.monotonic() - self._began))
        columns = min(LONG_COLUMNS, max(1, int(columns_a_second * left_s)))
        if columns < LONG_COLUMNS:
            record.shortened.append(
                f"long stream: {columns:,} of {LONG_COLUMNS:,} columns, this board and its line do "
                f"{columns_a_second:,.0f} a second"
            )
        self._compare(MadeSound("long stream", lambda: long_stream(self._bundle, columns)), False)
        record.complete = True


def _once(name: str, samples: Int16) -> MadeSound:
    return MadeSound(name, lambda: [samples])
