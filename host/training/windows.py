"""Windows of features for training: one long array of columns and, for each window, where it starts and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Windows:
    """Labelled windows over shared columns.

    Attributes:
        columns: int8 [total, bands], quantised features, often memory-mapped.
        frames: columns per window.
        starts: int64 [n], first column of each window.
        labels: float32 [n, classes], 1 where the class sounds; a row of zeros is background.
        recordings: int32 [n], index into `names`.
        names: one name per recording.
    """

    columns: NDArray[np.int8]
    frames: int
    starts: NDArray[np.int64]
    labels: NDArray[np.float32]
    recordings: NDArray[np.int32]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bands(self) -> int:
        """Mel bands per column."""
        return int(self.columns.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes beside background."""
        return int(self.labels.shape[1])

    def take(self, index: NDArray[np.int64]) -> NDArray[np.int8]:
        """The features of some windows, int8 [len(index), frames, bands]."""
        rows = self.starts[index][:, np.newaxis] + np.arange(self.frames)
        return np.asarray(self.columns[rows], dtype=np.int8)

    def select(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> Windows:
        """Only some windows; the columns are shared."""
        return Windows(
            self.columns, self.frames, self.starts[mask], self.labels[mask], self.recordings[mask], self.names
        )


def join(parts: Sequence[Windows]) -> Windows:
    """Several sets as one; the columns are copied.

    Raises:
        ValueError: there is no set, or frames, bands or classes differ.
    """
    if not parts:
        raise ValueError("nothing to join")
    if len({(part.frames, part.bands, part.classes) for part in parts}) != 1:
        raise ValueError("sets of different frames, bands or classes cannot be joined")
    column = np.cumsum([0, *(len(part.columns) for part in parts)])
    name = np.cumsum([0, *(len(part.names) for part in parts)])
    return Windows(
        np.concatenate([part.columns for part in parts]),
        parts[0].frames,
        np.concatenate([part.starts + offset for part, offset in zip(parts, column, strict=False)]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.recordings + offset for part, offset in zip(parts, name, strict=False)]).astype(
            np.int32
        ),
        [each for part in parts for each in part.names],
    )
