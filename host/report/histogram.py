"""Latency histograms by stage."""

import numpy as np

from host.comparison.latency import Latencies, LatencySummary
from host.report import plot

HEIGHT = 110
BINS = 60
NAMES = {
    "frontend": "front end, all columns of a stride",
    "frontend_max": "front end, slowest column",
    "inference": "inference",
    "total": "total per window",
}


def histograms(latencies: Latencies) -> list[tuple[str, LatencySummary, str]]:
    """(name, figures, drawing) of each stage; empty when nothing was measured."""
    return [
        (NAMES[stage], figures, _histogram(latencies, stage, figures))
        for stage, figures in latencies.summary().items()
    ]


def _histogram(latencies: Latencies, stage: str, figures: LatencySummary) -> str:
    values = latencies.microseconds(stage)
    low = float(values.min())
    # Outliers have their figure; the axis shows where the others are.
    high = max(low + 1e-3, min(figures.max, figures.p99 * 1.5))
    counts, _ = np.histogram(np.clip(values, low, high), BINS, (low, high))
    tallest = max(1, int(counts.max()))
    body = plot.frame(8, HEIGHT)
    for index, count in enumerate(counts):
        height = HEIGHT * int(count) / tallest
        start = index / BINS
        if count:
            body += plot.span(start, start + 0.9 / BINS, 8 + HEIGHT - height, height, "bar")
    body += plot.y_axis(plot.nice_ticks(0, tallest, 3), 8, HEIGHT, "windows")
    title = "µs" if figures.max <= high else f"µs; the last bar holds all up to {figures.max:,.0f}"
    body += plot.x_axis(plot.nice_ticks(low, high), 8 + HEIGHT, title)
    return plot.svg(8 + HEIGHT + 40, body, f"histogram of {NAMES[stage]}")
