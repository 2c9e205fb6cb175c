"""Figures over runs: which runs belong together, and how many points of a line suffice to see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..limits.figures import FIGURES
from .row import RunRow

Indices = NDArray[np.int64]
NumberedRow = tuple[int, RunRow]


class Subject(NamedTuple):
    """What runs have in common whose figures make one series."""

    bundle: str
    board: str
    host: str
    source: str

    @property
    def filters(self) -> Mapping[str, str]:
        """For `History.last`."""
        return self._asdict()


def subject_of(row: RunRow) -> Subject:
    """Of one run."""
    return Subject(row.bundle, row.board, row.host, row.source)


def by_subject(rows: Iterable[NumberedRow]) -> dict[Subject, list[NumberedRow]]:
    """Return runs by subject, each list oldest first, that with the newest run first.

    Args:
        rows: newest first.
    """
    found: dict[Subject, list[NumberedRow]] = {}
    for number, row in rows:
        found.setdefault(subject_of(row), []).append((number, row))
    return {subject: runs[::-1] for subject, runs in found.items()}


@dataclass(frozen=True)
class Series:
    """A figure over the runs of one subject.

    Attributes:
        figure: its name.
        at: int64, places in the list of runs, rising; runs that do not know the figure are not among them.
        values: float64, there.
    """

    figure: str
    at: Indices
    values: NDArray[np.float64]

    @property
    def constant(self) -> bool:
        """Whether it never changed."""
        return bool((self.values == self.values[0]).all())


def all_series(rows: Sequence[NumberedRow]) -> list[Series]:
    """Return a series for each figure of these runs: those with a name of ours in their order, then the others'."""
    points: dict[str, list[tuple[int, float]]] = {}
    for place, (_, row) in enumerate(rows):
        for name, value in row.figures.items():
            points.setdefault(name, []).append((place, value))
    names = [name for name in FIGURES if name in points] + sorted(points.keys() - FIGURES.keys())
    return [
        Series(
            name,
            np.array([at for at, _ in points[name]], np.int64),
            np.array([v for _, v in points[name]], float),
        )
        for name in names
    ]


def thinned(values: NDArray[np.float64], most: int, keep: Sequence[int] = ()) -> Indices:
    """Return which points to draw: at most about `most`, least and greatest of each stretch, so that no outlier goes.

    Args:
        values: float64.
        most: how many.
        keep: points that are drawn in any case.
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, max(1, most // 2) + 1).astype(int)
    chosen = {0, count - 1, *keep}
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = values[low:high]
        if len(part):
            chosen |= {low + int(part.argmin()), low + int(part.argmax())}
    return np.array(sorted(chosen), np.int64)
