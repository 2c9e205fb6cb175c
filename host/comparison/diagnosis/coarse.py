"""The hypothesis that levels have lost low bits before they become cells, or come in steps of a part of a dB."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .decibels import DB, Logarithm
from .search import Candidate, Int8, View

Int64 = NDArray[np.int64]

BITS = range(17, 7, -1)  # of Q16; fewer change hardly a cell
PARTS = (1, 2, 5, 10)  # steps a dB, which are no powers of two, or are not cut but divided

_CURE = (
    "Look at the width and the unit of levels between fe_log and fe_quantise: a shift, a type of 8 or 16 bits"
)

ROUNDINGS: tuple[tuple[str, Callable[[Int64, int], Int64]], ...] = (
    ("rounded down", lambda levels, step: levels // step * step),
    ("rounded to 0", lambda levels, step: np.sign(levels) * (np.abs(levels) // step * step)),
    ("rounded", lambda levels, step: (levels + step // 2) // step * step),
)


def coarse(log: Logarithm) -> Callable[[list[View]], Iterator[Candidate]]:
    """Levels come in steps of a part of a dB: their low bits are lost."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        del views
        for told, step in _steps():
            for how, rounding in ROUNDINGS:
                yield Candidate(
                    "coarse levels",
                    f"levels come in steps of {told} ({how})",
                    _CURE,
                    lambda view, step=step, rounding=rounding: _replay(log, view, step, rounding),  # type: ignore[misc]
                )

    return hypothesis


def _steps() -> Iterator[tuple[str, int]]:
    for bits in BITS:
        yield f"{(1 << bits) / DB:g} dB: their {bits} low bits are lost", 1 << bits
    for parts in PARTS:
        if DB % parts:
            yield f"{1 / parts:g} dB", DB // parts


def _replay(log: Logarithm, view: View, step: int, rounding: Callable[[Int64, int], Int64]) -> Int8 | None:
    levels = log.levels(view)
    if levels is None:
        return None
    floored = np.maximum(levels.raw, log.tables.floor_q16)
    return log.cells(rounding(floored, step), floor=-DB << 10).astype(np.int8)
