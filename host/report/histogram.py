"""Latency histograms by stage."""

from dataclasses import dataclass

import numpy as np

from host.comparison.latency import Latencies, LatencySummary
from host.report.plot import Plot, Tick, nice_ticks
from host.report.units import digits, time_unit

HEIGHT = 120
BINS = 50
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
    # Outliers have their figure; the axis shows where the others are.
    low = float(values.min())
    high = min(summary.max, summary.p50 + 4 * (summary.p99 - summary.p50))
    if high - low < 1e-3 * max(high, 1.0):  # all alike: a bar in the middle, not noise blown up
        low, high = low - 0.005 * max(low, 1.0), high + 0.005 * max(high, 1.0)
    unit, scale = time_unit(summary.max)
    counts, _ = np.histogram(np.clip(values, low, high), BINS, (low, high))
    tallest = max(1, int(counts.max()))
    plot = Plot(HEIGHT)
    for index, count in enumerate(counts.tolist()):
        if count:
            plot.box((index + 0.06) / BINS, (index + 0.94) / BINS, 0, 0.96 * count / tallest, "bar")
    for name in ("p50", "p95", "p99"):
        plot.upright(min(1.0, (getattr(summary, name) - low) / (high - low)), name)
    keys = " ".join(
        f'<span class="key {name}">{name} {digits(getattr(summary, name) / scale)}</span>'
        for name in ("p50", "p95", "p99")
    )
    beyond = int(np.count_nonzero(values > high))
    title = (
        unit
        if not beyond
        else f"{unit}; the last bar holds {beyond:,} more, up to {digits(summary.max / scale)}"
    )
    ys = [Tick(0.96 * tick.at, tick.text) for tick in nice_ticks(0, tallest, 3) if "." not in tick.text]
    caption = f'<b class="whole">{NAMES[stage]}</b> {keys}'
    return plot.html(caption, nice_ticks(low / scale, high / scale, 5), ys, title, "windows")
