"""Float and int8 figures of a model side by side, per window and per recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.windows import Windows
from . import metrics

Scores = NDArray[np.float64]
Judged = tuple[Scores, Windows]
"""Scores of the windows of a set."""
FALSE_AN_HOUR = (100.0, 50.0, 20.0, 10.0, 5.0, 1.0)
"""Rates of false windows that a bundle's figures are told for."""


def int8_scores(
    interpreter: Any, windows: Windows, scale: float, zero_point: int, batch: int = 256
) -> Scores:
    """Real scores of every window, float64 [n, classes], from the int8 reference interpreter.

    Args:
        interpreter: a `host.model.reference.ReferenceInterpreter`.
        scale, zero_point: of the scores output.
    """
    out = [
        interpreter.run(windows.take(np.arange(first, min(first + batch, len(windows))))).scores
        for first in range(0, len(windows), batch)
    ]
    cells = np.concatenate(out) if out else np.zeros((0, windows.classes), np.int8)
    result: Scores = (cells.astype(np.float64) - zero_point) * scale
    return result


def figures(
    scores: Scores, windows: Windows, labels: Sequence[str], threshold: float, release: float, seconds: float
) -> dict[str, Any]:
    """All figures of one model on one set.

    Args:
        seconds: seconds of sound between the starts of two windows (to turn counts into hours).

    Returns:
        For each label: `per_window`, `per_recording` (see `metrics.Summary`) and `false_alarms_per_hour`.
    """
    truth = windows.labels > 0.5
    result: dict[str, Any] = {}
    for index, label in enumerate(labels):
        mine, true = scores[:, index], truth[:, index]
        by_recording = metrics.per_recording(mine, true, windows.recordings)
        quiet = ~np.isin(windows.recordings, windows.recordings[true])
        result[label] = {
            "per_window": metrics.summarise(mine, true, threshold).to_dict(),
            "per_recording": metrics.summarise(*by_recording, threshold).to_dict(),
            "false_alarms_per_hour": round(
                metrics.false_alarms_per_hour(
                    mine[quiet],
                    windows.recordings[quiet],
                    threshold,
                    release,
                    float(quiet.sum()) * seconds / 3600.0,
                ),
                3,
            )
            if quiet.any()
            else None,
        }
    return result


def choose_threshold(scores: Scores, windows: Windows, false_share: float) -> tuple[float, float]:
    """Threshold that at most `false_share` of the background of a validation set reaches, and a release at two thirds.

    Every domain is worth the same: synthetic sound has ten times the background that the recordings have, and half of
    it is meant to deceive. A set without background gets the threshold of the highest expected accuracy.
    """
    quiet = (windows.labels <= 0.5).all(axis=1)
    if quiet.any():
        domains, counts = np.unique(windows.domains[quiet], return_counts=True)
        weights = 1.0 / (len(domains) * counts[np.searchsorted(domains, windows.domains[quiet])])
        best = metrics.threshold_for(scores[quiet].max(axis=1), weights, false_share)
    else:
        best = metrics.best_threshold(scores.ravel(), (windows.labels > 0.5).ravel())
    threshold = round(min(max(best, 0.02), 0.99), 4)  # a detector that is always or never active is none
    return threshold, release_of(threshold)


def release_of(threshold: float) -> float:
    """Where a detection ends that begins at a threshold: at two thirds."""
    return round(threshold * 2.0 / 3.0, 4)


def strictest(chosen_on: Sequence[Judged], false_share: float) -> tuple[float, float]:
    """The highest threshold, with its release, that `choose_threshold` finds for a set: the rate holds on each."""
    return max(choose_threshold(scores, windows, false_share) for scores, windows in chosen_on)


def trade(chosen_on: Sequence[Judged], sets: Mapping[str, Judged], window_s: float) -> list[dict[str, Any]]:
    """What each rate of false alarms costs in birds found.

    Args:
        chosen_on: scores and windows of the sets that thresholds are chosen on.
        sets: scores and windows of the sets to judge, by name.
        window_s: seconds of a window.

    Returns:
        For each of `FALSE_AN_HOUR`: `false_an_hour`, the `threshold` chosen for it, and for each set the shares
            `found` and `false`, null where there is nothing to find or to be wrong about.
    """
    rows = []
    for rate in FALSE_AN_HOUR:
        threshold, _ = strictest(chosen_on, rate * window_s / 3600.0)
        row: dict[str, Any] = {"false_an_hour": rate, "threshold": threshold, "sets": {}}
        for name, (mine, judged) in sets.items():
            truth = judged.labels > 0.5
            said, quiet = mine >= threshold, ~truth.any(axis=1)
            row["sets"][name] = {
                "found": round(float(said[truth].mean()), 4) if truth.any() else None,
                "false": round(float(said[quiet].any(axis=1).mean()), 4) if quiet.any() else None,
            }
        rows.append(row)
    return rows
