"""The figures of a run by name: what limits are set on and what the history follows."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..comparison.latency import Latencies
from ..comparison.result import RunComparison

STAGES = ("frontend", "frontend_max", "inference", "total")
QUANTILES = ("p50", "p95", "p99", "max", "jitter")
MEMORY = {
    "arena": "arena_used",
    "arena-size": "arena_size",
    "core-ram": "core_ram",
    "stack-free": "stack_free",
    "heap-free": "heap_free",
    "heap-least": "heap_min_free",
}
TOTALS = {
    "audio": "audio_s",
    "windows": "windows",
    "cells": "feature_cells",
    "cells.different": "feature_mismatches",
    "outputs": "outputs",
    "outputs.different": "output_mismatches",
    "detections": "detections_device",
    "detections.different": "detection_mismatches",
}


@dataclass(frozen=True)
class Figure:
    """What a figure is.

    Attributes:
        unit: "us", "bytes", "share", "s", "/h" or "" (a count).
        better: "less", "more" or "" (neither: a change is a change).
    """

    unit: str
    better: str


JUDGED = {
    "accuracy": Figure("share", "more"),
    "roc-auc": Figure("share", "more"),
    "average-precision": Figure("share", "more"),
    "f1": Figure("share", "more"),
    "false-alarms-per-hour": Figure("/h", "less"),
}
"""What labels tell (`labels.judge`)."""

FIGURES: dict[str, Figure] = {
    **{f"{stage}.{quantile}": Figure("us", "less") for stage in STAGES for quantile in QUANTILES},
    **{f"load.{quantile}": Figure("share", "less") for quantile in ("p50", "p95", "p99", "max")},
    "arena": Figure("bytes", "less"),
    "arena-size": Figure("bytes", "less"),
    "core-ram": Figure("bytes", "less"),
    "stack-free": Figure("bytes", "more"),
    "heap-free": Figure("bytes", "more"),
    "heap-least": Figure("bytes", "more"),
    "image": Figure("bytes", "less"),
    **JUDGED,
    "audio": Figure("s", ""),
    **{name: Figure("", "less" if name.endswith("different") else "") for name in TOTALS if name != "audio"},
    **{f"tests.{outcome}": Figure("", "") for outcome in ("passed", "failed", "skipped")},
}
"""All of them but the link's counters, which are named as STATUS and the host's end name them."""


def latency_figures(latencies: Latencies, stride_us: float) -> dict[str, float]:
    """Return the times of each stage, and their share of the `stride_us` between two windows."""
    found: dict[str, float] = {}
    for stage, summary in latencies.summary().items():
        values = summary.as_dict()
        found |= {f"{stage}.{quantile}": float(values[quantile]) for quantile in QUANTILES}
        if stage == "total":
            found |= {f"load.{q}": round(values[q] / stride_us, 6) for q in ("p50", "p95", "p99", "max")}
    return found


def memory_figures(memory: Mapping[str, int | None]) -> dict[str, float]:
    """Return what is known of a report's `memory`."""
    return {name: float(value) for name, key in MEMORY.items() if (value := memory.get(key))}


def total_figures(totals: Mapping[str, float]) -> dict[str, float]:
    """Return what is known of a report's `totals`."""
    return {name: float(totals[key]) for name, key in TOTALS.items() if key in totals}


def figures_of(run: RunComparison, image_bytes: int | None = None) -> dict[str, float]:
    """Return what is known of a run. What the board cannot tell is missing: 0 would be a figure.

    Args:
        run: all of it.
        image_bytes: the firmware image's size, None when it is not known.
    """
    found = latency_figures(run.latencies, run.bundle.stride_seconds * 1e6) | memory_figures(run.memory())
    if image_bytes:
        found["image"] = float(image_bytes)
    found |= total_figures(run.totals)
    for side, counters in run.link_counters().items():
        found |= {
            f"link.{side}.{name}": float(value) for name, value in counters.items() if value is not None
        }
    return found
