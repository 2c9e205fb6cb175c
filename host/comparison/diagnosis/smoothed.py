"""The hypothesis that levels, or cells, are mixed with those before them or beside them: smoothed, held, made even."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .decibels import DB, Logarithm, voted
from .evidence import Piece
from .search import Candidate, Int8, View, largest

Int64 = NDArray[np.int64]
Divide = Callable[[Int64, int], Int64]

PROBED = 160  # columns on which each is tried before all are computed
FEW = 32  # of these, on which most show that they cannot be
LIKELY = 0.9  # of their cells that must come out
PARTS = tuple(
    Fraction(text)
    for text in ("1/2", "1/4", "1/8", "1/16", "3/4", "7/8", "1/10", "1/5", "3/10", "2/5", "9/10")
)
DECAYS_DB = (0.25, 0.5, 1, 2, 3, 6)  # of a held level, from column to column
DECAYS = (1, 2, 4, 8)  # of a held cell
RUNS = (2, 3, 4, 8)  # columns of a mean
PARTS_OF_DB = (1, 2, 4, 8, 10)  # of which a step that was read may be a multiple
LEAST_STEPS, OFTEN = 20, 0.8  # that are alike, and of those that were seen

_CURE = (
    "Look at what is done with a column's levels between fe_log and the cells that are sent: a filter over columns or "
    "bands, and its state"
)


def _down(values: Int64, by: int) -> Int64:
    return values // by


def _to_zero(values: Int64, by: int) -> Int64:
    return np.sign(values) * (np.abs(values) // by)


def _nearest(values: Int64, by: int) -> Int64:
    return (values + by // 2) // by


DIVISIONS: tuple[tuple[str, Divide], ...] = (
    ("rounded to 0", _to_zero),
    ("rounded down", _down),
    ("rounded", _nearest),
)
BEGINNINGS = ("with 0", "with the stream's first column", "with what was left of the file before")


@dataclass(frozen=True)
class Mix:
    """A way to mix.

    Attributes:
        told: in words, behind "levels" or "cells".
        of: what comes of rows, int64 [n, bands], of a state, int64 [bands], and of a division.
        begun: whether it has a state, and so a beginning.
    """

    told: str
    of: Callable[[Int64, Int64, Divide], Int64]
    begun: bool = False


def _towards(part: Fraction) -> Mix:
    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        done = np.empty_like(rows)
        for place, row in enumerate(rows):
            state = state + divide((row - state) * part.numerator, part.denominator)
            done[place] = state
        return done

    return Mix(
        f"are smoothed over columns: each goes {float(part):g} of the way from the one told before it",
        mixed,
        True,
    )


def _less_mean(part: Fraction) -> Mix:
    smooth = _towards(part)
    return Mix(
        f"come less their running mean (which goes {float(part):g} of the way to each)",
        lambda rows, state, divide: rows - smooth.of(rows, state, divide),
        True,
    )


def _held(decay: int, told: str) -> Mix:
    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        del divide
        done = np.empty_like(rows)
        for place, row in enumerate(rows):
            state = np.maximum(row, state - decay)
            done[place] = state
        return done

    return Mix(f"are held at their highest, which sinks by {told} a column", mixed, True)


def _limited(step: int, told: str) -> Mix:
    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        del divide
        done = np.empty_like(rows)
        for place, row in enumerate(rows):
            state = np.minimum(row, state + step)
            done[place] = state
        return done

    return Mix(f"rise by {told} a column at most", mixed, True)


def _run(count: int) -> Mix:
    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        longer = np.concatenate([np.repeat(state[None], count - 1, axis=0), rows])
        return divide(sum(longer[k : k + len(rows)] for k in range(count)), count)

    return Mix(f"are the mean of {count} columns", mixed, True)


def _across(told: str, below: int, own: int, above: int) -> Mix:
    """A mean with the bands beside each, by weights; a band that lacks one of them stays as it is."""

    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        del state
        lower, higher = np.roll(rows, 1, axis=1), np.roll(rows, -1, axis=1)
        done = divide(below * lower + own * rows + above * higher, below + own + above)
        if below:
            done[:, 0] = rows[:, 0]
        if above:
            done[:, -1] = rows[:, -1]
        return done

    return Mix(told, mixed)


def _along(up: bool) -> Mix:
    def mixed(rows: Int64, state: Int64, divide: Divide) -> Int64:
        del state
        done = rows.copy() if up else rows[:, ::-1].copy()
        for band in range(1, rows.shape[1]):
            done[:, band] = divide(done[:, band - 1] + done[:, band], 2)
        return done if up else done[:, ::-1]

    way = "below" if up else "above"
    return Mix(
        f"are smoothed across bands: each is the mean of itself and of what came out for the band {way} it",
        mixed,
    )


def _even(told: str, of: Callable[[Int64, Divide], Int64]) -> Mix:
    return Mix(told, lambda rows, _, divide: rows - of(rows, divide)[:, None])


ACROSS = (
    _across("are the mean of themselves and of the band below", 1, 1, 0),
    _across("are the mean of themselves and of the band above", 0, 1, 1),
    _across("are the mean of themselves and of both neighbouring bands", 1, 1, 1),
    _across("are mixed with both neighbouring bands (a quarter, half, a quarter)", 1, 2, 1),
    _along(True),
    _along(False),
    _even("come less their column's mean", lambda rows, divide: divide(rows.sum(axis=1), rows.shape[1])),
    _even("come less their column's highest", lambda rows, _: rows.max(axis=1)),
    _even("come less their column's lowest", lambda rows, _: rows.min(axis=1)),
)
OVER = (*map(_towards, PARTS), *map(_run, RUNS), *map(_less_mean, PARTS))
OF_LEVELS = (*ACROSS, *OVER, *(_held(round(db * DB), f"{db:g} dB") for db in DECAYS_DB))
OF_CELLS = (*ACROSS, *OVER, *(_held(step, f"{step}") for step in DECAYS))


def smoothed(log: Logarithm) -> Callable[[list[View]], Iterator[Candidate]]:
    """Levels or cells are mixed with columns before or bands beside them (smoothed, held, a mean taken off)."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        for of_levels, mixes in ((False, OF_CELLS), (True, OF_LEVELS)):
            for mix in (*mixes, *_steps_read(log, view, of_levels)):
                for how, divide in DIVISIONS:
                    for begun in BEGINNINGS if mix.begun else ("",):
                        way = _Way(log, mix, divide, begun, of_levels)
                        if way.likely(view):
                            yield way.candidate(how)

    return hypothesis


def _steps_read(log: Logarithm, view: View, of_levels: bool) -> Iterator[Mix]:
    """Values that sink, or rise, by one step from column to column where they are not the right ones."""
    cells = view.device.astype(np.int64)
    low, high, right = cells, cells + 1, view.expected.astype(np.int64)
    if of_levels:
        if (levels := log.levels(view)) is None:
            return
        low, high, right = levels.low, levels.high, levels.raw
    known = view.present[:, None] & (view.device > -128) & (view.device < 127)
    for sign, off, way in ((1, low > right, _held), (-1, high <= right, _limited)):
        both = (known & off)[1:] & (known & off)[:-1]
        # of cells the differences, of levels all that they may be
        least = sign * (low[:-1] - low[1:]) - of_levels * (high - low)[1:]
        step, count = voted(least[both], (least + of_levels * (high - low)[1:] * 2 + (not of_levels))[both])
        if count < max(LEAST_STEPS, OFTEN * both.sum()):
            continue
        for plain in dict.fromkeys(
            (*(round(round(step * part / DB) * DB / part) for part in PARTS_OF_DB), step)
            if of_levels
            else (step,)
        ):
            if plain > 0:
                yield way(plain, f"{plain / DB:.3g} dB" if of_levels else f"{plain}")


@dataclass(frozen=True)
class _Way:
    log: Logarithm
    mix: Mix
    divide: Divide
    begun: str
    of_levels: bool

    def candidate(self, how: str) -> Candidate:
        what = "levels" if self.of_levels else "cells"
        told = f"{what} {self.mix.told}"
        told += "" if self.of_levels else f" ({how})"  # of levels it hardly shows in a cell
        told += f", begun {self.begun}" if self.begun else ""
        return Candidate(f"{what} mixed", told, _CURE, self.replay)

    def likely(self, view: View) -> bool:
        device = view.device[:PROBED]
        for count in (FEW, PROBED):
            if (found := self.replay(view, count)) is None:
                return False
            wrong = np.count_nonzero(found != device[:count])
            if (device.size - wrong) / device.size < LIKELY:
                return False
        return True

    def replay(self, view: View, most: int | None = None) -> Int8 | None:
        rows = self._rows(view)
        if rows is None:
            return None
        rows = rows[:most]
        if self.mix.begun and view.first:
            return None  # what came before the columns that were kept is not known
        mixed = self.mix.of(rows, self._state(view, rows), self.divide)
        cells = self.log.cells(mixed, floor=-DB << 10) if self.of_levels else mixed
        return cells.clip(-128, 127).astype(np.int8)

    def _rows(self, view: View) -> Int64 | None:
        if not self.of_levels:
            return view.expected.astype(np.int64)
        levels = self.log.levels(view)
        return None if levels is None else np.maximum(levels.raw, self.log.tables.floor_q16)

    def _state(self, view: View, rows: Int64) -> Int64:
        nothing = np.zeros(rows.shape[1], np.int64)
        if self.begun == BEGINNINGS[1]:
            return rows[0]
        before = view.file.before
        if self.begun != BEGINNINGS[2] or before is None or not len(before.piece.expected):
            return nothing
        earlier = self._earlier(before.piece)
        return self.mix.of(earlier, earlier[0], self.divide)[-1]

    def _earlier(self, piece: Piece) -> Int64:
        if not self.of_levels:
            return piece.expected.astype(np.int64)
        return np.maximum(self.log.raw(piece.samples), self.log.tables.floor_q16)
