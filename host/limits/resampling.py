"""Figures of many draws of recordings at once: a draw is how often each recording is in it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Recording(Protocol):
    """One class of one recording; `judging.Judged` says what its fields mean."""

    @property
    def file(self) -> str:
        """See above."""

    @property
    def label(self) -> str:
        """See above."""

    @property
    def present(self) -> bool:
        """See above."""

    @property
    def heard(self) -> bool:
        """See above."""

    @property
    def score(self) -> int:
        """See above."""

    @property
    def alarms(self) -> int:
        """See above."""

    @property
    def silent_s(self) -> float:
        """See above."""

    @property
    def events(self) -> tuple[int, int, int] | None:
        """See above."""


def drawn_figures(judged: Sequence[Recording], draws: Floats) -> dict[str, Floats]:
    """Return each figure of each draw, float64 [draws]; NaN where a draw does not tell it.

    Args:
        judged: what was judged, files in the order of their first appearance.
        draws: float64 [draws, files], how often each file is drawn.
    """
    numbers = {name: at for at, name in enumerate(dict.fromkeys(each.file for each in judged))}
    weights = draws[:, [numbers[each.file] for each in judged]]
    right = np.array([each.present == each.heard for each in judged], float)
    alarms = np.array([each.alarms for each in judged], float)
    hours = weights @ np.array([each.silent_s for each in judged]) / 3600
    labels = list(dict.fromkeys(each.label for each in judged))
    of_label = [[at for at, each in enumerate(judged) if each.label == label] for label in labels]
    ranked = [_ranked([judged[at] for at in places], weights[:, places]) for places in of_label]
    return {
        "accuracy": _divided(weights @ right, weights.sum(axis=1)),
        "roc-auc": _mean([auc for auc, _ in ranked]),
        "average-precision": _mean([precision for _, precision in ranked]),
        "f1": _mean([_f1([judged[at] for at in places], weights[:, places]) for places in of_label]),
        "false-alarms-per-hour": _divided(weights @ alarms, hours),
    }


def _ranked(judged: Sequence[Recording], weights: Floats) -> tuple[Floats, Floats]:
    """ROC AUC and average precision of one class, as `scoring` has them of one draw."""
    scores = np.array([-each.score for each in judged], float)
    truth = np.array([each.present for each in judged], float)
    distinct, place = np.unique(scores, return_inverse=True)  # from the highest score down
    groups = np.eye(len(distinct))[place]
    positive, negative = (weights * truth) @ groups, (weights * (1 - truth)) @ groups
    hits, false = positive.cumsum(axis=1), negative.cumsum(axis=1)
    below = false[:, -1:] - false + negative / 2
    auc = _divided((positive * below).sum(axis=1), hits[:, -1] * false[:, -1])
    precision = _divided(hits, hits + false)
    gained = np.where(positive > 0, positive * np.nan_to_num(precision), 0.0)
    return auc, _divided(gained.sum(axis=1), hits[:, -1])


def _f1(judged: Sequence[Recording], weights: Floats) -> Floats:
    events = np.array([each.events or (0, 0, 0) for each in judged], float)
    true, false, missed = (weights @ events).T
    return _divided(2 * true, 2 * true + false + missed)


def _divided(values: Floats, by: Floats) -> Floats:
    """NaN where `by` is 0."""
    return np.divide(values, by, out=np.full(values.shape, np.nan), where=by > 0)


def _mean(values: Sequence[Floats]) -> Floats:
    """The mean over classes, of those that have the figure."""
    stacked = np.stack(values)
    known = ~np.isnan(stacked)
    return _divided(np.where(known, stacked, 0.0).sum(axis=0), known.sum(axis=0).astype(float))
