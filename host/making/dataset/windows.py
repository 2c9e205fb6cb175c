"""Windows of features for training: long arrays of columns and, for each window, where it starts and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Windows:
    """Labelled windows over shared columns.

    Attributes:
        stores: arrays int8 [columns, bands] of quantised features, often memory-mapped; never copied together.
        frames: columns per window.
        starts: int64 [n], first column of each window in its store.
        labels: float32 [n, classes], 1 where the class sounds; a row of zeros is background.
        recordings: int32 [n], index into `names`.
        names: one name per recording.
        domains: int16 [n], the store of each window; also its domain: synthetic sound, one data set, another.
    """

    stores: tuple[NDArray[np.int8], ...]
    frames: int
    starts: NDArray[np.int64]
    labels: NDArray[np.float32]
    recordings: NDArray[np.int32]
    names: Sequence[str]
    domains: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bands(self) -> int:
        """Mel bands per column."""
        return int(self.stores[0].shape[1])

    @property
    def classes(self) -> int:
        """Number of classes beside background."""
        return int(self.labels.shape[1])

    def take(self, index: NDArray[np.int64]) -> NDArray[np.int8]:
        """The features of some windows, int8 [len(index), frames, bands]."""
        rows = self.starts[index][:, np.newaxis] + np.arange(self.frames)
        domains = self.domains[index]
        out = np.empty((len(index), self.frames, self.bands), dtype=np.int8)
        for number, store in enumerate(self.stores):
            mine = domains == number
            if mine.any():
                out[mine] = store[rows[mine]]
        return out

    def select(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> Windows:
        """Only some windows; the columns are shared."""
        return Windows(
            self.stores,
            self.frames,
            self.starts[mask],
            self.labels[mask],
            self.recordings[mask],
            self.names,
            self.domains[mask],
        )


def single(
    columns: NDArray[np.int8],
    frames: int,
    starts: NDArray[np.int64],
    labels: NDArray[np.float32],
    recordings: NDArray[np.int32],
    names: Sequence[str],
) -> Windows:
    """Windows over one array of columns."""
    return Windows(
        (columns,), frames, starts, labels, recordings, names, np.zeros(len(starts), dtype=np.int16)
    )


def join(parts: Sequence[Windows]) -> Windows:
    """Several sets as one; columns are shared, domains and recordings stay apart.

    Raises:
        ValueError: there is no set, or frames, bands or classes differ.
    """
    if not parts:
        raise ValueError("nothing to join")
    if len({(part.frames, part.bands, part.classes) for part in parts}) != 1:
        raise ValueError("sets of different frames, bands or classes cannot be joined")
    domain = np.cumsum([0, *(len(part.stores) for part in parts)])
    name = np.cumsum([0, *(len(part.names) for part in parts)])
    return Windows(
        tuple(store for part in parts for store in part.stores),
        parts[0].frames,
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.recordings + offset for part, offset in zip(parts, name, strict=False)]).astype(
            np.int32
        ),
        [each for part in parts for each in part.names],
        np.concatenate([part.domains + offset for part, offset in zip(parts, domain, strict=False)]).astype(
            np.int16
        ),
    )
