"""How much of what the board can compute a run has seen."""

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]


class Coverage:
    """Counts over values that both sides had.

    Attributes:
        cells: feature cells.
        at_rails: those of them at -128 or 127.
        scores: scores.
        longest: columns of the longest stream.
    """

    def __init__(self) -> None:
        self.cells = 0
        self.at_rails = 0
        self.scores = 0
        self.longest = 0
        self._seen: set[int] = set()

    def add_columns(self, columns: Int8) -> None:
        """Feature columns, int8 [k, bands]."""
        self.cells += columns.size
        self.at_rails += int(np.count_nonzero((columns == -128) | (columns == 127)))

    def add_scores(self, scores: Int8) -> None:
        """Scores, int8 [windows, classes]."""
        self.scores += scores.size
        self._seen.update(np.unique(scores).tolist())

    def add(self, other: "Coverage") -> None:
        """All that another stream has seen."""
        self.cells += other.cells
        self.at_rails += other.at_rails
        self.scores += other.scores
        self.longest = max(self.longest, other.longest)
        self._seen |= other._seen

    @property
    def distinct_scores(self) -> int:
        """How many of the 256 values a score took."""
        return len(self._seen)
