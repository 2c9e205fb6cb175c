"""Figures of a set of windows, each with a 95 % interval by resampling the recordings.

Windows of one recording are alike: drawing windows would make the intervals several times too narrow. So whole
recordings (groups) are drawn with replacement (the bootstrap of clusters: Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 3.8).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from host.making.training.metrics import average_precision, roc_auc

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]
DRAWS = 400
ALARM_RATES = (10.0, 5.0, 1.0)
"""False windows an hour at which the share found is told."""


@dataclass(frozen=True)
class Interval:
    """A figure with the ends of its 95 % interval; NaN where it cannot be told."""

    value: float
    low: float
    high: float

    def text(self, scale: float = 1.0, digits: int = 3) -> str:
        """For a table."""
        if np.isnan(self.value):
            return "-"
        return (
            f"{scale * self.value:.{digits}f} ({scale * self.low:.{digits}f}-{scale * self.high:.{digits}f})"
        )


@dataclass(frozen=True)
class Scored:
    """Windows of a set with their scores.

    Attributes:
        scores: float64 [n], 0 to 1.
        truth: bool [n], whether a bird is heard.
        groups: int [n], the recording of each.
    """

    scores: Scores
    truth: Truth
    groups: NDArray[np.int64]

    def select(self, mask: Truth) -> "Scored":
        """Only some windows."""
        return Scored(self.scores[mask], self.truth[mask], self.groups[mask])


def found(scored: Scored, threshold: float) -> float:
    """Share of the bird windows at or above the threshold; NaN without any."""
    birds = scored.scores[scored.truth]
    return float(np.mean(birds >= threshold)) if len(birds) else float("nan")


def false_share(scored: Scored, threshold: float) -> float:
    """Share of the other windows at or above the threshold; NaN without any."""
    others = scored.scores[~scored.truth]
    return float(np.mean(others >= threshold)) if len(others) else float("nan")


def threshold_at(scored: Scored, per_hour: float) -> float:
    """The lowest threshold at which at most `per_hour` of an hour's other seconds are false; NaN without any."""
    others = np.sort(scored.scores[~scored.truth])[::-1]
    if not len(others):
        return float("nan")
    allowed = int(per_hour / 3600.0 * len(others))
    # Just above the first score that must not count.
    return float(np.nextafter(others[allowed], np.inf)) if allowed < len(others) else 0.0


def found_at(scored: Scored, per_hour: float) -> float:
    """Share of the bird windows found at that rate of false windows."""
    return found(scored, threshold_at(scored, per_hour))


def interval(
    figure: Callable[[Scored], float], scored: Scored, draws: int = DRAWS, seed: int = 1
) -> Interval:
    """`figure` with its interval over resampled recordings."""
    rng = np.random.default_rng(seed)
    groups, members = np.unique(scored.groups, return_inverse=True)
    places = [np.flatnonzero(members == index) for index in range(len(groups))]
    values = []
    for _ in range(draws):
        drawn = np.concatenate([places[index] for index in rng.integers(len(groups), size=len(groups))])
        values.append(figure(Scored(scored.scores[drawn], scored.truth[drawn], scored.groups[drawn])))
    known = np.array(values)[~np.isnan(values)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (float("nan"), float("nan"))
    return Interval(figure(scored), float(low), float(high))


def auc(scored: Scored) -> float:
    """Area under the ROC curve."""
    return roc_auc(scored.scores, scored.truth)


def precision(scored: Scored) -> float:
    """Average precision."""
    return average_precision(scored.scores, scored.truth)


def upper_bound(false: int, total: int) -> float:
    """One-sided exact 95 % upper bound of a share, `false` of `total` seen (Clopper and Pearson 1934)."""
    return 1.0 if false >= total else float(beta.ppf(0.95, false + 1, total - false))
