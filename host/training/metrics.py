"""Figures of a detector, from scores and truth, with NumPy alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]


def roc_auc(scores: Scores, truth: Truth) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative (ties count half), or NaN."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    total = float(ranks[inverse][truth].sum())
    return (total - positives * (positives + 1) / 2.0) / (positives * negatives)


def average_precision(scores: Scores, truth: Truth) -> float:
    """Mean of the precision over the recall steps, equal scores taken as one step; NaN without a positive."""
    positives = int(truth.sum())
    if positives == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    precision = hits[last] / (last + 1.0)
    recall = hits[last] / positives
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


@dataclass(frozen=True)
class Confusion:
    """Counts at one threshold."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def accuracy(self) -> float:
        """Share of windows told right; NaN for none."""
        total = self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
        return (self.true_positives + self.true_negatives) / total if total else float("nan")

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the two classes' accuracies; NaN when one is missing."""
        positives = self.true_positives + self.false_negatives
        negatives = self.true_negatives + self.false_positives
        if not positives or not negatives:
            return float("nan")
        return 0.5 * (self.true_positives / positives + self.true_negatives / negatives)


def confusion(scores: Scores, truth: Truth, threshold: float) -> Confusion:
    """Counts when a score of `threshold` or more means yes."""
    said = scores >= threshold
    return Confusion(
        int(np.sum(said & truth)),
        int(np.sum(said & ~truth)),
        int(np.sum(~said & ~truth)),
        int(np.sum(~said & truth)),
    )


def best_threshold(scores: Scores, truth: Truth) -> float:
    """The threshold of the highest accuracy; of equals, that in the widest gap between scores. 0.5 for no scores."""
    if len(scores) == 0:
        return 0.5
    order = np.argsort(scores, kind="stable")
    ordered, right = scores[order], truth[order]
    below = np.concatenate([[0], np.cumsum(~right)])
    above = np.concatenate([[right.sum()], right.sum() - np.cumsum(right)])
    correct = below + above  # of the cut before item i
    above_all = float(np.nextafter(ordered[-1], np.inf))
    edges = np.concatenate([[0.0], (ordered[1:] + ordered[:-1]) / 2.0, [max(1.0, above_all)]])
    allowed = np.concatenate([[True], ordered[1:] > ordered[:-1], [True]])
    correct = np.where(allowed, correct, -1)
    best = np.flatnonzero(correct == correct.max())
    gap = np.concatenate([[ordered[0]], np.diff(ordered), [1.0 - ordered[-1]]])
    return float(edges[best[np.argmax(gap[best])]])


@dataclass(frozen=True)
class Summary:
    """Figures of one class on one set of windows."""

    windows: int
    positives: int
    roc_auc: float
    average_precision: float
    threshold: float
    accuracy: float
    balanced_accuracy: float
    confusion: Confusion

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; NaN becomes None."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: object) -> object:
    return (
        None
        if isinstance(value, float) and np.isnan(value)
        else round(value, 6)
        if isinstance(value, float)
        else value
    )


def summarise(scores: Scores, truth: Truth, threshold: float) -> Summary:
    """All figures of one class."""
    counts = confusion(scores, truth, threshold)
    return Summary(
        len(truth),
        int(truth.sum()),
        roc_auc(scores, truth),
        average_precision(scores, truth),
        threshold,
        counts.accuracy,
        counts.balanced_accuracy,
        counts,
    )


def per_recording(
    scores: Scores, truth: Truth, recordings: NDArray[np.int32], top: int = 3
) -> tuple[Scores, Truth]:
    """One score a recording: the mean of its `top` highest windows; true when any window is."""
    order = np.unique(recordings)
    best = [float(np.mean(np.sort(scores[recordings == each])[-top:])) for each in order]
    return np.array(best), np.array([bool(truth[recordings == each].any()) for each in order])


def false_alarms_per_hour(
    scores: Scores, recordings: NDArray[np.int32], on: float, off: float, hours: float
) -> float:
    """Detections that start, with hysteresis, in recordings without the class, per hour of them; NaN for no time.

    Windows must be in order of time within each recording.
    """
    if hours <= 0.0:
        return float("nan")
    alarms = 0
    for each in np.unique(recordings):
        active = False
        for score in scores[recordings == each]:
            alarms += not active and score >= on
            active = score >= (off if active else on)
    return alarms / hours
