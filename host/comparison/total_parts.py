"""Of which parts a total is made that is not the sum of its own: read from all windows at once, to the nanosecond."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROUNDING_NS = 3  # each figure is rounded by itself
LEAST_ROWS = 4  # windows, so that a sum to the nanosecond is no chance
MOST_TERMS = 3
MOST_NAMED = 2  # sums that give the same

Float64 = NDArray[np.float64]


class WindowFigures(NamedTuple):
    """What a window tells of its times, in ns; of the window before 0 in a stream's first."""

    total: int
    frontend: int
    slowest: int
    inference: int
    columns: int
    frontend_before: int = 0
    slowest_before: int = 0
    inference_before: int = 0
    total_before: int = 0


PARTS: dict[str, Callable[[Float64], Float64]] = {
    "the front end": lambda rows: rows[:, 1],
    "the inference": lambda rows: rows[:, 3],
    "the slowest column": lambda rows: rows[:, 2],
    "the mean of the columns": lambda rows: rows[:, 1] / np.maximum(rows[:, 4], 1),
    "the front end of the window before": lambda rows: rows[:, 5],
    "the slowest column of the window before": lambda rows: rows[:, 6],
    "the inference of the window before": lambda rows: rows[:, 7],
    "the total of the window before": lambda rows: rows[:, 8],
}
TIMES = {1.0: "{}", 2.0: "twice {}", 0.5: "half of {}", -1.0: "less {}"}


def made_of(figures: Sequence[WindowFigures]) -> str:
    """The shortest sum that gives the total of every window, in words; empty: none does, or too many."""
    rows = np.array(figures, dtype=np.float64)
    if len(rows) < LEAST_ROWS:
        return ""
    parts = {words: values for words, part in PARTS.items() if (values := part(rows)).any()}
    for terms in range(1, MOST_TERMS + 1):
        found = list(_sums(parts, rows[:, 0], terms))
        if found:
            return " or ".join(found) if len(found) <= MOST_NAMED else ""
    return ""


def _sums(parts: dict[str, Float64], total: Float64, terms: int) -> Iterator[str]:
    """Sums of so many parts that give the total, in words; something is taken only of something."""
    factors = np.array([times for times in product(TIMES, repeat=terms) if max(times) > 0])
    for names in combinations(parts, terms):
        off = factors @ np.array([parts[name] for name in names]) - total
        for times in factors[(abs(off) <= ROUNDING_NS).all(axis=1)]:
            yield _words(names, times.tolist())


def _words(names: Sequence[str], times: Sequence[float]) -> str:
    told = [TIMES[factor].format(name) for factor, name in zip(times, names, strict=True)]
    added = [words for words, factor in zip(told, times, strict=True) if factor > 0]
    taken = [words for words, factor in zip(told, times, strict=True) if factor < 0]
    return " ".join([" and ".join(added), *taken])
