"""Hypotheses that levels have lost low bits before they become cells, or are held within a range of their column."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .decibels import DB, Levels, Logarithm
from .search import Candidate, Int8, View, largest

Int64 = NDArray[np.int64]

BITS = range(17, 7, -1)  # of Q16; fewer change hardly a cell
PARTS = (5, 10)  # steps a dB, which are no powers of two

LEAST_RAISED = 12  # cells

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


def within(log: Logarithm) -> Callable[[list[View]], Iterator[Candidate]]:
    """Levels are held within a range of their column's loudest, or of the loudest of all so far (top_db)."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        levels = log.levels(view)
        if levels is None:
            return
        floored = np.maximum(levels.raw, log.tables.floor_q16)
        for so_far, words in ((False, "of its column"), (True, "of the stream so far")):
            below = _range(floored, levels, view, so_far)
            if below is not None:
                yield Candidate(
                    "levels within a range",
                    f"levels more than {below / DB:.4g} dB below the loudest {words} are raised to that",
                    "Look at what holds levels within a range of the loudest (top_db, a dynamic range)",
                    lambda view, below=below, so_far=so_far: _raised(log, view, below, so_far),  # type: ignore[misc]
                )

    return hypothesis


def _loudest(levels: Int64, so_far: bool) -> Int64:
    loudest = levels.max(axis=1)
    return np.asarray(np.maximum.accumulate(loudest) if so_far else loudest, np.int64)


def _range(floored: Int64, levels: Levels, view: View, so_far: bool) -> int | None:
    """The range that all raised cells allow, the plainest in dB; None where there is none."""
    wrong = view.present[:, None] & (view.device > view.expected)
    if wrong.sum() < LEAST_RAISED or (view.first and so_far):
        return None
    loudest = np.broadcast_to(_loudest(floored, so_far)[:, None], floored.shape)[wrong]
    least, most = int((loudest - levels.high[wrong]).max()) + 1, int((loudest - levels.low[wrong]).min())
    if least > most or least < 0:
        return None
    for parts in (1, 2, 10, 100):
        step = DB / parts
        if (found := round(-(-least // step) * step)) <= most:
            return found
    return (least + most) // 2


def _raised(log: Logarithm, view: View, below: int, so_far: bool) -> Int8 | None:
    levels = log.levels(view)
    if levels is None:
        return None
    floored = np.maximum(levels.raw, log.tables.floor_q16)
    raised = np.maximum(floored, _loudest(floored, so_far)[:, None] - below)
    return log.cells(raised, floor=-DB << 10).astype(np.int8)


def _steps() -> Iterator[tuple[str, int]]:
    for bits in BITS:
        yield f"{(1 << bits) / DB:g} dB: their {bits} low bits are lost", 1 << bits
    for parts in PARTS:
        yield f"{1 / parts:g} dB", DB // parts


def _replay(log: Logarithm, view: View, step: int, rounding: Callable[[Int64, int], Int64]) -> Int8 | None:
    levels = log.levels(view)
    if levels is None:
        return None
    floored = np.maximum(levels.raw, log.tables.floor_q16)
    return log.cells(rounding(floored, step), floor=-DB << 10).astype(np.int8)
