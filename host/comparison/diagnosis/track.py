"""Rows of a stream, of which a stretch is kept."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Track:
    """Rows numbered from 0, of which a stretch is kept."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, NDArray[Any]]] = []
        self.end = 0

    def append(self, rows: NDArray[Any]) -> None:
        """The next rows. They are kept as they are, not copied."""
        if len(rows):
            self._pieces.append((self.end, rows))
            self.end += len(rows)

    def forget_before(self, row: int) -> None:
        """Give up whole pieces that end before `row`."""
        past = 0
        while past < len(self._pieces) and self._pieces[past][0] + len(self._pieces[past][1]) <= row:
            past += 1
        del self._pieces[:past]

    def copy(self) -> "Track":
        """The same rows, in a track that goes its own way."""
        other = Track()
        other._pieces, other.end = self._pieces.copy(), self.end
        return other

    @property
    def first(self) -> int:
        """Number of the first row kept."""
        return self._pieces[0][0] if self._pieces else self.end

    def rows(self, first: int, end: int, like: NDArray[Any]) -> NDArray[Any]:
        """Rows first to end - 1, all of which must be kept; `like` gives the shape of none."""
        if end <= first:
            return like
        kept = np.concatenate([rows for _, rows in self._pieces])
        return kept[first - self.first : end - self.first]
