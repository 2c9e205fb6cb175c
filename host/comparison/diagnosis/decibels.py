"""Hypotheses about the front end's logarithm: levels that are off in dB, before they are rounded to cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd, octave_table
from ...frontend.log_mel.tables import LogMelTables
from .evidence import Piece
from .search import Candidate, Int8, View, largest

Int64 = NDArray[np.int64]

DB = 65_536
DEEP_FLOOR = -199 * DB  # lower than any energy but none at all
FAR = 1 << 40  # beyond any level
SAME = DB // 10  # figures of bands that are told as one
MOST_BANDS = 4  # whose levels are off by a figure each
SPREAD_DB = 12  # of levels, from which on a factor can be told from a figure
LEAST_SLOPE = 0.002  # from 1, which rounding does not give
LEAST = 6  # cells that a figure must be read from
ENTRIES = 65  # of the logarithm's table, the octave's end included

_LOG = "Look at fe_log: its table, the interpolation between entries, the band's constant and the floor"
_SHIFTS = "Look at the shifts in fe_mel and fe_log, by which quiet and loud segments differ"
_MEL = "Look at fe_mel (shares, shifts) and at band_db_q16 of these bands"


@dataclass(frozen=True)
class Levels:
    """One file's cells before they are rounded.

    Attributes:
        raw: dB in Q16 without the floor, int64 [n, bands]; DEEP_FLOOR where there is no energy.
        low, high: what the device's level can have been for its cell, from `low` to just below `high`.
    """

    raw: Int64
    low: Int64
    high: Int64


class Logarithm:
    """The last steps of the front end, computed here so that each can be varied.

    Args:
        front_end: the right one.
        tables: its tables.
        input_scale, zero_point: of the model's input.
    """

    def __init__(
        self, front_end: FrontEnd, tables: LogMelTables, input_scale: float, zero_point: int
    ) -> None:
        self.tables = tables
        self._deep = FrontEnd(
            front_end.settings, input_scale, zero_point, tables=replace(tables, floor_q16=DEEP_FLOOR)
        )
        self._known: dict[int, tuple[Piece, Levels]] = {}  # a piece that is held keeps its id
        self._octave = octave_table().astype(np.int64)
        self.band_db = np.array(tables.band_db_q16, np.int64)

    def levels(self, view: View) -> Levels | None:
        """Of a view's file; None when its samples do not reach."""
        piece = view.file.piece
        if id(piece) not in self._known:
            raw = self.raw(piece.samples)[: len(view.expected)]
            if len(raw) != len(view.expected):
                return None
            self._known[id(piece)] = piece, Levels(raw, *self._bounds(view.device.astype(np.int64)))
        return self._known[id(piece)][1]

    def raw(self, samples: NDArray[np.int16]) -> Int64:
        """Levels of samples' columns without the floor, dB in Q16, int64 [n, bands]."""
        return self._deep.values(samples).astype(np.int64)

    def _bounds(self, cells: Int64) -> tuple[Int64, Int64]:
        """Levels that give these cells: at the rails without an end."""
        t = self.tables

        def least(cell: Int64) -> Int64:
            steps = (cell << t.quant_shift) - t.quant_bias
            return -((-steps << 32) // (32 * t.quant_slope))

        low, high = least(cells), least(cells + 1)
        return np.where(cells == -128, -FAR, low), np.where(cells == 127, FAR, high)

    def cells(self, raw: Int64, floor: int | None = None) -> Int64:
        """Levels to cells, as the front end does; another `floor` in Q16 where one is given."""
        t = self.tables
        db = np.maximum(raw, t.floor_q16 if floor is None else floor)
        steps = ((db * 32 * t.quant_slope) >> 32) + t.quant_bias
        return (steps >> t.quant_shift).clip(-128, 127)

    def entries(self, raw: Int64) -> tuple[Int64, NDArray[np.float64]]:
        """Which entry of the logarithm's table a level was read from, and how far it lies towards the next one."""
        octave = int(self._octave[-1])
        within = (raw - self.band_db) % octave
        index = np.searchsorted(self._octave, within, side="right") - 1
        step = self._octave[index + 1] - self._octave[index]
        return index, (within - self._octave[index]) / step

    def step(self, index: Int64) -> Int64:
        """From an entry of the table to the next one, dB in Q16."""
        return self._octave[index + 1] - self._octave[index]


Alter = Callable[[Int64], Int64]


def decibels(log: Logarithm, of_sums: bool = False) -> Callable[[list[View]], Iterator[Candidate]]:
    """Levels off by a figure: in some bands, above or below a level, at one entry of the table; floor and fraction.

    Args:
        log: the last steps.
        of_sums: whether a trace saw the mel sums depart: nothing is said of the logarithm then.
    """

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        levels = log.levels(view)
        if levels is None:
            return
        if of_sums:
            yield from _bands(log, view, levels)
            return
        yield from _floors(log, view, levels)
        yield from _fractions(log)
        yield from _bands(log, view, levels)
        yield from _entry(log, view, levels)
        yield from _beyond(log, view, levels)
        yield from _slopes(log, view, levels)

    return hypothesis


def _candidate(
    log: Logarithm, cause: str, told: str, cure: str, alter: Alter, floor: int | None = None
) -> Candidate:
    def replay(view: View) -> Int8 | None:
        levels = log.levels(view)
        if levels is None:
            return None
        right, other = log.cells(levels.raw), log.cells(alter(levels.raw), floor)
        # what other causes did to cells that this one leaves alone stays
        return np.where(other != right, other, view.expected).astype(np.int8)

    return Candidate(cause, told, cure, replay)


def _same(raw: Int64) -> Int64:
    return raw


def voted(low: Int64, high: Int64) -> tuple[int, int]:
    """The figure that lies in most of the intervals [low, high), nearest to 0 of equals, and in how many it lies."""
    places = np.concatenate([low, high])
    steps = np.concatenate([np.ones(len(low), np.int64), -np.ones(len(high), np.int64)])
    order = np.lexsort((steps, places))
    depth, places = np.cumsum(steps[order]), places[order]
    best = int(depth.max(initial=0))
    if best <= 0:
        return 0, 0
    at = np.flatnonzero(depth == best)
    starts, ends = places[at], places[at + 1]
    middles = np.where(
        (starts > -FAR // 2) & (ends < FAR // 2),
        (starts + ends) // 2,
        np.where(starts > -FAR // 2, starts, ends - 1),
    )
    return int(middles[np.abs(middles).argmin()]), best


def _read(levels: Levels, cells: NDArray[np.bool_], weight: NDArray[np.float64] | None = None) -> int | None:
    """By how much the levels of some cells are off, in Q16; None when no figure gives most of them."""
    low, high = (levels.low - levels.raw)[cells], (levels.high - levels.raw)[cells]
    if weight is not None:
        low, high = (low / weight[cells]).astype(np.int64), (high / weight[cells]).astype(np.int64)
    by, count = voted(low, high)
    return by if by and count >= max(LEAST, 0.9 * len(low)) else None


def _decibel(by: int) -> str:
    return f"{abs(by) / DB:.2g} dB too {'high' if by > 0 else 'low'}" if abs(by) < DB // 10 else (
        f"{abs(by) / DB:.2f} dB too {'high' if by > 0 else 'low'}"
    )  # fmt: skip


def _floors(log: Logarithm, view: View, levels: Levels) -> Iterator[Candidate]:
    yield _candidate(
        log,
        "floor missing",
        "levels below the floor are not raised to it",
        _LOG,
        lambda raw: np.where(raw > DEEP_FLOOR, raw, log.tables.floor_q16),
        DEEP_FLOOR,
    )
    silent = (levels.raw <= DEEP_FLOOR) & view.wrong
    if silent.any():
        values, counts = np.unique(view.device[silent], return_counts=True)
        cell = int(values[counts.argmax()])
        level = int(log._bounds(np.array([cell], np.int64))[0][0])
        yield _candidate(
            log,
            "silence off",
            f"bands without any energy are {cell} instead of the floor's value",
            _LOG,
            lambda raw: np.where(raw <= DEEP_FLOOR, level, raw),
        )
    low = (levels.raw <= log.tables.floor_q16) & view.present[:, None]
    if (low & view.wrong).any():
        floor, count = voted(levels.low[low], levels.high[low])
        if count >= LEAST and floor != log.tables.floor_q16:
            cell = int(log.cells(np.array([floor], np.int64), floor)[0])
            yield _candidate(
                log,
                "floor off",
                f"no cell is below {cell}: the floor is about {floor / DB:.1f} dB instead of "
                f"{log.tables.floor_q16 / DB:.1f} dB, or fe_quantise's lower bound is {cell}",
                "Look at the floor in fe_log and at the bounds in fe_quantise",
                _same,
                floor,
            )


def _fractions(log: Logarithm) -> Iterator[Candidate]:
    kinds: tuple[tuple[str, str, Callable[[NDArray[np.float64]], NDArray[np.float64]]], ...] = (
        ("interpolation missing", "the logarithm's table is read without interpolation", lambda f: -f),
        ("interpolation halved", "the logarithm goes half as far to the next entry as it should", lambda f: -f / 2),
        ("interpolation doubled", "the logarithm goes twice as far to the next entry as it should", lambda f: f),
        ("nearest entry", "the logarithm takes the nearest entry of its table", lambda f: np.rint(f) - f),
        ("next entry", "the logarithm takes the next entry of its table", lambda f: 1 - f),
    )  # fmt: skip
    for cause, told, off in kinds:

        def alter(raw: Int64, off: Callable[[NDArray[np.float64]], NDArray[np.float64]] = off) -> Int64:
            index, fraction = log.entries(raw)
            return raw + np.floor(log.step(index) * off(fraction)).astype(np.int64)

        yield _candidate(log, cause, told, _LOG, alter)


def _bands(log: Logarithm, view: View, levels: Levels) -> Iterator[Candidate]:
    bands = np.flatnonzero(view.wrong.any(axis=0))
    heard = (levels.raw > log.tables.floor_q16) & view.present[:, None]
    off = np.zeros(view.expected.shape[1], np.int64)
    for band in bands.tolist():
        chosen = np.zeros_like(heard)
        chosen[:, band] = heard[:, band]
        off[band] = _read(levels, chosen) or 0
    known = np.flatnonzero(off)
    if not len(known):
        return
    if len(known) > 1 and np.ptp(off[known]) < SAME:
        which = ", ".join(f"{band}" for band in known[:MOST_BANDS])
        more = f" and {len(known) - MOST_BANDS} more" if len(known) > MOST_BANDS else ""
        names, more = f"bands {which}{more} {_decibel(int(np.median(off[known])))}", ""
    else:
        names = ", ".join(f"band {band} {_decibel(int(off[band]))}" for band in known[:MOST_BANDS])
        more = f" and {len(known) - MOST_BANDS} more" if len(known) > MOST_BANDS else ""
    yield _candidate(
        log,
        f"level of {len(known)} bands" if len(known) > 1 else f"level of band {known[0]}",
        f"levels are off before they are rounded, the same in every column: {names}{more}",
        _MEL,
        lambda raw: np.where(raw > DEEP_FLOOR, raw + off, raw),
    )
    by = _read(levels, heard)
    if by is not None:
        yield _candidate(
            log,
            "level of all bands",
            f"the levels of all bands are {_decibel(by)}, before they are rounded",
            "Look at what scales all bands alike: Hann table, fe_rfft's shifts, logarithm, quantiser's bias",
            lambda raw: np.where(raw > DEEP_FLOOR, raw + by, raw),
        )


def _entry(log: Logarithm, view: View, levels: Levels) -> Iterator[Candidate]:
    """One entry of the logarithm's table: it moves what lies between its neighbours, itself most."""
    index, fraction = log.entries(levels.raw)
    wrong = view.wrong & (levels.raw > log.tables.floor_q16)
    if wrong.sum() < LEAST:
        return
    counts = np.bincount(index[wrong], minlength=ENTRIES)
    pairs = counts.copy()
    pairs[1:] += counts[:-1]
    entry = int(pairs.argmax())
    weight = np.where(index == entry, 1 - fraction, np.where(index == entry - 1, fraction, 0.0))
    if weight[wrong].astype(bool).mean() < 0.9:
        return
    # right cells say as well how far the entry can be off
    by = _read(levels, view.present[:, None] & (levels.raw > log.tables.floor_q16) & (weight > 0.05), weight)
    if by is None:
        return
    yield _candidate(
        log,
        f"entry {entry} of the logarithm",
        f"entry {entry} of the logarithm's table is {_decibel(by)}, which moves the levels between its neighbours",
        _LOG,
        lambda raw: with_entry(log, raw, entry, by),
    )


def with_entry(log: Logarithm, raw: Int64, entry: int, by: int) -> Int64:
    """Levels by a table of which an entry is off by a figure in Q16."""
    index, fraction = log.entries(raw)
    weight = np.where(index == entry, 1 - fraction, np.where(index == entry - 1, fraction, 0.0))
    return np.where(raw > DEEP_FLOOR, raw + np.floor(by * weight).astype(np.int64), raw)


def _slopes(log: Logarithm, view: View, levels: Levels) -> Iterator[Candidate]:
    """Levels times a factor, plus a figure: another logarithm, magnitude for power, another scale."""
    inner = (
        view.present[:, None]
        & (levels.low > -FAR)
        & (levels.high < FAR)
        & (levels.raw > log.tables.floor_q16)
    )
    if inner.sum() < 10 * LEAST:
        return
    raw, low, high = (
        values[inner].astype(np.float64) / DB for values in (levels.raw, levels.low, levels.high)
    )
    if np.ptp(raw) < SPREAD_DB:
        return
    middle = (low + high) / 2
    slope = float(np.polyfit(raw, middle, 1)[0])
    tried = []
    near = (slope + np.linspace(-0.02, 0.02, 41) * abs(slope)).tolist()
    for factor in sorted({*near, *(round(factor, 2) for factor in near)}):
        moved = raw * factor
        by, count = voted(((low - moved) * DB).astype(np.int64), ((high - moved) * DB).astype(np.int64))
        tried.append((count, factor == round(factor, 2), factor, by))
    count, _, factor, by = max(tried, key=lambda each: (*each[:2], -abs(each[2] - slope)))
    if abs(factor - 1) < LEAST_SLOPE or count < 0.9 * len(raw):
        return
    yield _candidate(
        log,
        f"levels ×{factor:.3g}",
        f"levels are {factor:.3g} times what they should be, {by / DB:+.1f} dB",
        "Look at the scale of the logarithm (octaves, table) and at the quantiser's slope",
        lambda raw: np.where(raw > DEEP_FLOOR, (raw * factor).astype(np.int64) + by, raw),
    )


def _beyond(log: Logarithm, view: View, levels: Levels) -> Iterator[Candidate]:
    """Only levels above or below one are off, by one figure: of the band's energy, or of what is said of it."""
    for of_energy in (False, True):
        size = levels.raw - log.band_db if of_energy else levels.raw
        heard = view.present[:, None] & (levels.raw > DEEP_FLOOR)
        wrong = view.wrong & heard
        if wrong.sum() < LEAST:
            return
        for above in (True, False):
            edge = int(size[wrong].min() if above else size[wrong].max())
            within = heard & ((size >= edge) if above else (size <= edge))
            if within.sum() > 0.8 * heard.sum():
                continue
            by = _read(levels, within & (levels.raw > log.tables.floor_q16))
            if by is None:
                continue
            side = "from" if above else "up to"
            what, how = ("energies", " (without the band's constant)") if of_energy else ("levels", "")
            yield _candidate(
                log,
                f"levels {'above' if above else 'below'} one",
                f"only {what} {side} {edge / DB:.1f} dB{how} are off: {_decibel(by)}",
                _SHIFTS if of_energy else _LOG,
                _edge(log, edge, above, by, of_energy),
            )


def _edge(log: Logarithm, edge: int, above: bool, by: int, of_energy: bool) -> Alter:
    def alter(raw: Int64) -> Int64:
        size = raw - log.band_db if of_energy else raw
        within = (size >= edge) if above else (size <= edge)
        return np.where(within & (raw > DEEP_FLOOR), raw + by, raw)

    return alter
