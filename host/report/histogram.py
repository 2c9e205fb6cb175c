"""Latency histograms by stage."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..comparison.latency import Latencies, LatencySummary
from .plot import Plot, Tick, log_ticks, nice_ticks
from .units import digits, time_unit

HEIGHT = 120
BINS = 50
WIDE = 4.0  # from this ratio of longest to shortest on, a linear axis would be one bar and a desert
LINES = ("p50", "p95", "p99")
NAMES = {
    "frontend": "Front end, all columns of a window's stride",
    "frontend_max": "Front end, its slowest column",
    "inference": "Inference",
    "total": "Total per window",
}


@dataclass(frozen=True)
class StageReport:
    """A stage's latencies for the page.

    Attributes:
        name: in words.
        unit: of the figures.
        figures: p50, p95, p99, max and jitter, as texts.
        drawing: the histogram, HTML.
    """

    name: str
    unit: str
    figures: dict[str, str]
    drawing: str


def stage_reports(latencies: Latencies) -> list[StageReport]:
    """One for each stage; none when nothing was measured."""
    return [_report(latencies, stage, summary) for stage, summary in latencies.summary().items()]


def _report(latencies: Latencies, stage: str, summary: LatencySummary) -> StageReport:
    unit, scale = time_unit(summary.max)
    figures = {
        name: digits(getattr(summary, name) / scale) for name in ("p50", "p95", "p99", "max", "jitter")
    }
    return StageReport(NAMES[stage], unit, figures, _histogram(latencies, stage, summary))


def _histogram(latencies: Latencies, stage: str, summary: LatencySummary) -> str:
    values = latencies.microseconds(stage)
    unit, scale = time_unit(summary.max)
    axis = _axis(float(values.min()), summary, scale)
    counts, _ = np.histogram(axis.place(values), BINS, (0.0, 1.0))
    tallest = max(1, int(counts.max()))
    plot = Plot(HEIGHT)
    for index, count in enumerate(counts.tolist()):
        if count:
            plot.box((index + 0.06) / BINS, (index + 0.94) / BINS, 0, 0.96 * count / tallest, "bar")
    for name in LINES:
        plot.upright(float(axis.place(np.array(getattr(summary, name)))), name)
    keys = " ".join(
        f'<span class="key {name}">{name} {digits(getattr(summary, name) / scale)}</span>' for name in LINES
    )
    ys = [Tick(0.96 * tick.at, tick.text) for tick in nice_ticks(0, tallest, 3) if "." not in tick.text]
    caption = f'<b class="whole">{NAMES[stage]}</b> {keys}'
    return plot.html(caption, axis.ticks, ys, unit + axis.said, "windows")


@dataclass(frozen=True)
class _Axis:
    """Where latencies stand from left, 0, to right, 1.

    Attributes:
        low, high: the ends, µs.
        logarithmic: equal steps are equal factors.
        ticks: its marks.
        said: what a reader must know.
    """

    low: float
    high: float
    logarithmic: bool
    ticks: list[Tick]
    said: str

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latencies in µs to shares of the axis; those beyond an end stand at it."""
        values = np.clip(values, self.low, self.high)
        low, high = self.low, self.high
        if self.logarithmic:
            values, low, high = np.log(values), math.log(low), math.log(high)
        shares: NDArray[np.float64] = np.clip((values - low) / (high - low), 0.0, 1.0)
        return shares


def _axis(low: float, summary: LatencySummary, scale: float) -> _Axis:
    high = summary.max
    if low > 0 and high > WIDE * low:
        return _Axis(low, high, True, log_ticks(low / scale, high / scale), ", logarithmic")
    if high - low < 0.01 * max(high, 1.0):  # all alike: a bar in the middle, not noise blown up
        low, high = low - 0.005 * max(low, 1.0), high + 0.005 * max(high, 1.0)
    return _Axis(low, high, False, nice_ticks(low / scale, high / scale, 5), "")
