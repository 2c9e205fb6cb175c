"""Latencies by stage, as the device measured them."""

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAGES = ("frontend", "frontend_max", "inference", "total")


@dataclass(frozen=True)
class LatencySummary:
    """Percentiles of one stage, in microseconds.

    Attributes:
        count: windows measured.
        jitter: standard deviation.
    """

    count: int
    p50: float
    p95: float
    p99: float
    max: float
    jitter: float

    def as_dict(self) -> dict[str, float]:
        """For JSON, rounded to nanoseconds."""
        return {
            "count": self.count,
            "p50": round(self.p50, 3),
            "p95": round(self.p95, 3),
            "p99": round(self.p99, 3),
            "max": round(self.max, 3),
            "jitter": round(self.jitter, 3),
        }


class Latencies:
    """Samples by stage: `frontend` over a stride's columns, `frontend_max` the slowest, `inference`, `total`."""

    def __init__(self) -> None:
        self._ns = {stage: array("I") for stage in STAGES}
        self._known: dict[str, LatencySummary] | None = None  # every part of a report asks for it

    def add(self, frontend_ns: int, frontend_max_ns: int, inference_ns: int, total_ns: int) -> None:
        """One window's latencies in nanoseconds."""
        for stage, value in zip(STAGES, (frontend_ns, frontend_max_ns, inference_ns, total_ns), strict=True):
            self._ns[stage].append(value)
        self._known = None

    def extend(self, other: "Latencies") -> None:
        """Add all samples of another file."""
        for stage in STAGES:
            self._ns[stage].extend(other._ns[stage])
        self._known = None

    def microseconds(self, stage: str) -> NDArray[np.float64]:
        """All samples of a stage."""
        return np.array(self._ns[stage], np.float64) / 1000

    def summary(self) -> dict[str, LatencySummary]:
        """Percentiles by stage; empty when nothing was measured."""
        if self._known is None:
            self._known = self._summary() if self._ns["total"] else {}
        return dict(self._known)

    def _summary(self) -> dict[str, LatencySummary]:
        # all stages at once: numpy's percentiles cost a quarter of a millisecond a call, whatever the number of values
        values = np.stack([self.microseconds(stage) for stage in STAGES])
        count = values.shape[1]
        columns = (*np.percentile(values, (50, 95, 99), axis=1), values.max(axis=1), values.std(axis=1))
        figures = np.stack(columns, axis=1).tolist()
        return {stage: LatencySummary(count, *row) for stage, row in zip(STAGES, figures, strict=True)}
