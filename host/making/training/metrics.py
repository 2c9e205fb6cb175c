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


THRESHOLD_SOFTNESS = 0.8
"""Width of the step in `best_threshold`, in logits. Training with another seed moves a window's by 0.6 to 0.9."""
_FINEST_SCORE = 1.0 / 512.0  # half a step of an int8 score: logits of 0 and 1 have to be finite
_CANDIDATES = np.linspace(-6.0, 6.0, 481)


def best_threshold(scores: Scores, truth: Truth, softness: float = THRESHOLD_SOFTNESS) -> float:
    """The threshold of the highest expected accuracy when every score may have come out a little otherwise.

    Counted plainly, the accuracy of a few hundred windows has several peaks of nearly the same height, and which one
    wins is chance: two models that agree on almost every window get thresholds far apart. So each window counts by a
    logistic step of `softness` around its score's logit instead of by 0 or 1 (a kernel estimate of the accuracy).

    Args:
        scores: float64 [n], 0 to 1.
        truth: bool [n].
        softness: scale of the step in logits, above 0.

    Returns:
        A threshold strictly between 0 and 1; 0.5 for no scores.
    """
    if len(scores) == 0:
        return 0.5
    clipped = np.clip(scores, _FINEST_SCORE, 1.0 - _FINEST_SCORE)
    logits = np.log(clipped / (1.0 - clipped))
    values, places = np.unique(logits, return_inverse=True)  # int8 scores have 256 values at most
    positives = np.bincount(places[truth], minlength=len(values))
    negatives = np.bincount(places[~truth], minlength=len(values))
    above = 0.5 + 0.5 * np.tanh((values[np.newaxis, :] - _CANDIDATES[:, np.newaxis]) / (2.0 * softness))
    expected = above @ positives + (1.0 - above) @ negatives
    return float(1.0 / (1.0 + np.exp(-_CANDIDATES[int(np.argmax(expected))])))


def threshold_for(scores: Scores, weights: Scores, share: float) -> float:
    """The lowest threshold that at most `share` of the weight of `scores` reaches; 0 when all of it may.

    It lies half a step of an int8 score above the last score that must not reach it.

    Args:
        scores: float64 [n], 0 to 1, of what is to be kept out.
        weights: float64 [n], sum 1.
    """
    order = np.argsort(-scores, kind="stable")
    reached = np.cumsum(weights[order])
    beyond = np.flatnonzero(reached > share + 1e-9)
    return float(scores[order[beyond[0]]]) + _FINEST_SCORE if len(beyond) else 0.0


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
