"""Detection with threshold and hysteresis on int8 scores: the rule of `firmware/core/detect/detector.c`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.thresholds import Int8Thresholds


@dataclass(frozen=True, order=True)
class Change:
    """A label became active or inactive.

    Attributes:
        window: number of the window that changed it.
        label: index of the class.
        active: what it is from this window on.
        score: the int8 score of that window.
    """

    window: int
    label: int
    active: bool
    score: int


class Detector:
    """Active from score >= on until score < off, for each class that is detected.

    Args:
        thresholds: int8 thresholds by class.
    """

    def __init__(self, thresholds: Int8Thresholds) -> None:
        self._thresholds = thresholds
        self.active = [False] * len(thresholds.on)
        self._window = 0

    def update(self, scores: NDArray[np.int8]) -> list[Change]:
        """Take in int8 scores [windows, classes], continuing where the last call ended; return what changed."""
        changes = []
        for row in scores:
            for label, score in enumerate(row.tolist()):
                limits = self._thresholds
                now = score >= (limits.off[label] if self.active[label] else limits.on[label])
                if limits.detect[label] and now != self.active[label]:
                    self.active[label] = now
                    changes.append(Change(self._window, label, now, score))
            self._window += 1
        return changes
