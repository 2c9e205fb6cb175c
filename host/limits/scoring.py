"""How well scores and detections follow labels: the usual figures, in plain arithmetic."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Span = tuple[float, float]


def roc_auc(scores: Floats, truth: NDArray[np.bool_]) -> float | None:
    """Return the probability that one with the class scores higher than one without, ties counted half.

    Args:
        scores, truth: [n]. None when all are alike in truth.
    """
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def roc_curve(scores: Floats, truth: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return (false, true) positive rates from (0, 0) to (1, 1), a point for each distinct score."""
    points = [(0.0, 0.0)]
    for score in np.unique(scores)[::-1]:
        said = scores >= score
        points.append((_share(said & ~truth, ~truth), _share(said & truth, truth)))
    return points


def average_precision(scores: Floats, truth: NDArray[np.bool_]) -> float | None:
    """Return the precision at each distinct score, weighted by the recall gained there; None without positives."""
    if not truth.any():
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    precision, recall = hits[ends] / (ends + 1), hits[ends] / truth.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def matched(found: Sequence[Span], wanted: Sequence[Span], tolerance_s: float) -> list[tuple[int, int]]:
    """Return pairs (of `found`, of `wanted`) whose starts are within the tolerance: as many as there can be.

    Both are sorted by time, so taking the earliest that fits for each leaves the most for those that follow.
    """
    pairs, at = [], 0
    for number, (start, _) in enumerate(found):
        while at < len(wanted) and wanted[at][0] < start - tolerance_s - 1e-9:
            at += 1
        if at < len(wanted) and wanted[at][0] <= start + tolerance_s + 1e-9:
            pairs.append((number, at))
            at += 1
    return pairs


def f1(true: float, false: float, missed: float) -> float | None:
    """Return the F1 of event counts; None when there was nothing to find and nothing was found."""
    whole = 2 * true + false + missed
    return 2 * true / whole if whole else None


def _share(of: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float(of.sum() / whole.sum()) if whole.any() else 0.0
