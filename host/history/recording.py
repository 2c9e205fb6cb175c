"""A finished run made a row, and written: whatever the history refuses, the run goes on."""

import contextlib
import math
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..comparison import events as e
from ..comparison.file import FileComparison
from ..comparison.latency import STAGES
from ..comparison.result import RunComparison
from ..limits.figures import figures_of
from .database import History
from .row import Details, DetectionRow, FileRow, HistoryError, RunRow, Source
from .surroundings import Surroundings

PER_OCTAVE = 8  # bins of a histogram: 9 % wide
MOST_REASONS = 50
MOST_FILES = 20_000  # whose values are kept

Histogram = tuple[tuple[float, int], ...]


def row_of(
    run: RunComparison,
    where: Surroundings,
    report: Path,
    more: dict[str, float] | None = None,
    source: Source = "hil",
) -> RunRow:
    """Return the row of a run, finished or broken off.

    Args:
        run: all of it.
        where: its surroundings.
        report: the folder of its reports.
        more: figures that the run itself does not know: the image's size, what labels say.
        source: what ran it.
    """
    info, bundle = run.info, run.bundle
    return RunRow(
        time=run.date,
        run_id=run.run_id,
        source=source,
        **vars(where),
        board=run.board,
        board_name=info.board,
        chip=info.chip,
        reached=run.reached,
        firmware=info.firmware_version,
        firmware_hash=run.built_with.get("elf", ""),
        built_with=dict(run.built_with),
        bundle=bundle.name,
        model_sha256=bundle.model_hash.hex(),
        frontend_sha256=bundle.frontend_hash.hex(),
        settings_sha256=bundle.settings_hash.hex(),
        verdict=run.verdict,
        exit_code=int(run.exit_code),
        reasons=tuple(run.reasons[:MOST_REASONS]),
        report=str(report.absolute()),
        figures=finite(figures_of(run) | (more or {})),
        histograms=histograms(run),
        versions=dict(run.versions),
    )


def finite(figures: dict[str, float]) -> dict[str, float]:
    """Those that are numbers."""
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def histograms(run: RunComparison) -> dict[str, Histogram]:
    """Windows by latency, of each stage that was measured."""
    found = {stage: histogram_of(run.latencies.microseconds(stage)) for stage in STAGES}
    return {stage: bins for stage, bins in found.items() if bins}


def histogram_of(us: NDArray[np.float64]) -> Histogram:
    """Windows by latency (lower bound in µs, windows), bins of equal ratio."""
    bins, counts = np.unique(np.floor(np.log2(us[us > 0]) * PER_OCTAVE).astype(int), return_counts=True)
    return tuple(
        (float(f"{2 ** (b / PER_OCTAVE):.6g}"), int(n))
        for b, n in zip(bins.tolist(), counts.tolist(), strict=True)
    )


def details_of(run: RunComparison) -> Details:
    """Return what a run is compared by."""
    detector = run.bundle.detector
    settings = ", ".join(f"{name} {value}" for name, value in detector.to_dict().items())
    return Details(
        tuple(run.bundle.labels),
        {file.name: _file_row(file) for file in run.files[:MOST_FILES]},
        {f"{op.index} {op.op} {op.layer}".strip(): op.ns / 1000 for op in run.op_times},
        f"{detector.kind}: {settings}",
    )


def _file_row(file: FileComparison) -> FileRow:
    labels, scores = file.bundle.labels, file.values.scores
    return FileRow(
        file.values.samples_sha256,
        file.values.windows,
        file.window_time_s(0),
        file.bundle.stride_seconds,
        file.values.cells_sha256,
        file.values.outputs_sha256,
        None if scores is None else zlib.compress(scores.tobytes()),
        tuple(
            DetectionRow(
                change.window,
                labels[change.label] if change.label < len(labels) else f"class {change.label}",
                change.active,
                change.score,
            )
            for change in file.device_changes
        ),
    )


class Recorder:
    """Remembers each run that ends, however it ends. A listener of `Run`.

    Args:
        history: where to.
        where: gives the run's surroundings; asked when the run begins, before anything changes them.
        report: the folder of its reports.
        more: gives further figures of the finished run.
        source: what runs it.

    Attributes:
        number: of the run in the history, None when it is not there.
        refused: why not.
        run: what ended, None before.
    """

    def __init__(
        self,
        history: History,
        where: Callable[[], Surroundings],
        report: Path,
        more: Callable[[RunComparison], dict[str, float]] = lambda _run: {},
        source: Source = "hil",
    ) -> None:
        self._history, self._report, self._more = history, report, more
        self._where = where
        self._source: Source = source
        self._found: Surroundings | None = None
        self.number: int | None = None
        self.refused: HistoryError | None = None
        self.run: RunComparison | None = None

    def __call__(self, event: e.Event) -> None:
        """Take in one event."""
        if isinstance(event, e.RunStarted):
            self._found = self._where()
            self._history.load_meanwhile()
        elif isinstance(event, e.RunEnded):
            self._remember(event.result)

    def _remember(self, run: RunComparison) -> None:
        self.run = run
        more: dict[str, float] = {}
        with contextlib.suppress(Exception):  # of a run that broke off not every figure can be told
            more = self._more(run)
        row = row_of(run, self._found or self._where(), self._report, more, self._source)
        try:
            self.number = self._history.add(row, details_of(run))
        except HistoryError as error:
            self.refused = error
