"""Float and int8 figures of a model side by side, per window and per recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.windows import Windows
from . import metrics

Scores = NDArray[np.float64]


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


def choose_threshold(scores: Scores, windows: Windows) -> tuple[float, float]:
    """Threshold of the highest expected accuracy over all classes of a validation set, and a release at two thirds.

    Where the set has several domains the first, synthetic sound, is left out: recordings are what matters in the end.
    """
    if len(windows.stores) > 1 and np.any(windows.domains > 0):
        recorded = windows.domains > 0
        scores, windows = scores[recorded], windows.select(recorded)
    best = metrics.best_threshold(scores.ravel(), (windows.labels > 0.5).ravel())
    threshold = round(min(max(best, 0.02), 0.98), 4)  # a detector that is always or never active is none
    return threshold, round(threshold * 2.0 / 3.0, 4)
