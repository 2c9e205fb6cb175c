"""What a detector found in a stream, and the loop that runs any kind's rule: `firmware/core/detect/detector.c`."""

from dataclasses import dataclass
from typing import Any, Protocol

from .rule import Int8Rule, State


class Rows(Protocol):
    """int8 scores [windows, classes]: a NumPy array, without this package needing NumPy."""

    def tolist(self) -> Any:
        """Return nested lists."""


@dataclass(frozen=True, order=True)
class Change:
    """A label became active or inactive.

    Attributes:
        window: number of the window that changed it.
        label: index of the class.
        active: what it is from this window on.
        score: the int8 score that decided: that window's, or what the kind makes of several.
    """

    window: int
    label: int
    active: bool
    score: int


class Detector:
    """A rule on the windows of one stream.

    Args:
        rule: of any kind.
        state: what is remembered already; None: what a stream begins with.
    """

    def __init__(self, rule: Int8Rule, state: State | None = None) -> None:
        self.rule = rule
        self.state = rule.start() if state is None else state
        self._window = 0

    def update(self, scores: Rows) -> list[Change]:
        """Take in int8 scores [windows, classes], continuing where the last call ended; return what changed."""
        changes = []
        for row in scores.tolist():
            changes += [Change(self._window, *found) for found in self.rule.step(self.state, row)]
            self._window += 1
        return changes
