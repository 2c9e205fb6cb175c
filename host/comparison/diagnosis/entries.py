"""The hypothesis that one entry of a table is wrong: other values of it are tried, by bits first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.poked_front_end import PokedFrontEnd
from ...frontend.log_mel.tables import LogMelTables
from .search import Candidate, Int8, View, largest

PROBED = 6  # columns on which every entry is tried
PROBED_NARROW = 24  # the same where few bands differ, and few cells of them
LOOKED_AT = 2  # of them, to see which entries are worth it
TRIED = 12  # entries with all values
LEAST_CELLS = 8
NARROW = 3  # bands in a row: of one segment's shares
ALIKE = 0.9  # of the probed cells that differ, which the entry must give
TABLES = (
    ("shares_q16", "mel shares (shares_q16)"),
    ("weights", "Hann weights"),
    ("twiddles", "twiddle factors of the FFT"),
)


@dataclass(frozen=True)
class Entry:
    """One entry with another value."""

    table: str
    told: str
    place: int
    right: int
    value: int


def entries(
    make: Callable[[], PokedFrontEnd], tables: LogMelTables
) -> Callable[[list[View]], Iterator[Candidate]]:
    """One entry of a table of the front end is wrong: a share, a weight of the window, a twiddle factor."""
    made: list[PokedFrontEnd] = []

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        if view.wrong.sum() < LEAST_CELLS:
            return
        made[:] = made or [make()]
        probes = _Probes(made[0], view)
        found = max(
            (entry for entry in _tables(tables, view, probes)), key=lambda each: each[0], default=None
        )
        if found is None or found[0] < ALIKE * probes.wrong:
            return
        yield _candidate(made[0], found[1], tables)

    return hypothesis


def is_narrow(view: View) -> bool:
    """Whether only bands differ that a single bin can reach."""
    return int(np.ptp(np.flatnonzero(view.wrong.any(axis=0)))) < NARROW


class _Probes:
    """Some columns of a view, those that differ most, computed anew after each change."""

    def __init__(self, front_end: PokedFrontEnd, view: View) -> None:
        self.front_end = front_end
        settings, samples = front_end.settings, view.file.piece.samples
        counts = view.wrong.sum(axis=1)
        rows = np.argsort(-counts, kind="stable")[: PROBED_NARROW if is_narrow(view) else PROBED]
        self._pieces = [samples[row * settings.hop :][: settings.samples_for(1)] for row in rows.tolist()]
        self._device, self._right = view.device[rows], view.expected[rows]
        self.wrong = int(np.count_nonzero(self._device != self._right))

    def moved_by_device(self) -> NDArray[np.float64]:
        """By how much the device's cells of the first columns are off."""
        return (self._device[:LOOKED_AT].astype(np.float64) - self._right[:LOOKED_AT]).ravel()

    def moved(self) -> NDArray[np.float64]:
        """By how much these cells are off with the tables as they are now."""
        columns = np.concatenate([self.front_end.features(piece) for piece in self._pieces[:LOOKED_AT]])
        return (columns.astype(np.float64) - self._right[:LOOKED_AT]).ravel()

    def gained(self) -> int:
        """How many more cells are the device's than with the right tables."""
        columns = np.concatenate([self.front_end.features(piece) for piece in self._pieces])
        return int(np.count_nonzero(columns == self._device)) - self._device.size + self.wrong


def _tables(tables: LogMelTables, view: View, probes: _Probes) -> Iterator[tuple[int, Entry]]:
    """The best entry of each table that can be the one."""
    bands = np.flatnonzero(view.wrong.any(axis=0))
    narrow = is_narrow(view)
    starts = np.concatenate([[0], np.cumsum(tables.segment_bins)])
    for name, told in TABLES:
        values: tuple[int, ...] = getattr(tables, name)
        memory = probes.front_end.table(values)
        if memory is None or (name == "shares_q16") != narrow:
            continue
        places = range(len(values))
        if narrow:
            places = range(int(starts[bands[0]]), int(starts[min(int(bands[-1]) + 2, len(starts) - 1)]))
        likely = _likeliest(memory, list(places), values, probes)
        best = max(((*_best_value(memory, place, values, probes), place) for place in likely), default=None)
        if best is not None:
            gained, value, place = best
            yield gained, Entry(name, told, place, values[place], value)


def _likeliest(
    memory: NDArray[Any], places: list[int], values: tuple[int, ...], probes: _Probes
) -> list[int]:
    """Entries whose absence moves the cells as the device moves them, or against that."""
    if len(places) <= TRIED:
        return places
    theirs = probes.moved_by_device()
    alike = []
    for place in places:
        memory[place] = 0 if values[place] else np.iinfo(memory.dtype).max // 2
        ours = probes.moved()
        memory[place] = values[place]
        size = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
        alike.append(abs(float(ours @ theirs)) / size if size else 0.0)
    order = np.argsort(-np.array(alike), kind="stable")[:TRIED]
    return [places[place] for place in order.tolist()]


def _best_value(
    memory: NDArray[Any], place: int, values: tuple[int, ...], probes: _Probes
) -> tuple[int, int]:
    """What of all other values of an entry gives most of the device's cells, and how many that are."""
    right, limits = values[place], np.iinfo(memory.dtype)
    bits = 8 * memory.itemsize
    tried = [0, -right, *(values[at] for at in (place - 1, place + 1) if 0 <= at < len(values))]
    for bit in reversed(range(bits)):
        flipped = np.array(right).astype(memory.dtype) ^ np.array(1 << bit).astype(memory.dtype)
        tried += [int(flipped), right + (1 << bit), right - (1 << bit)]
    found: dict[int, int] = {}

    def gained(value: int) -> int:
        if value not in found:
            memory[place] = value
            found[value] = probes.gained()
        return found[value]

    try:
        allowed = [
            value for value in dict.fromkeys(tried) if limits.min <= value <= limits.max and value != right
        ]
        best = max(allowed, key=gained)
        step = 1 << (bits - 3)
        while 0 < found[best] < probes.wrong and step:  # nearer, where it helps already
            near = [value for value in (best - step, best + step) if limits.min <= value <= limits.max]
            best = max([best, *near], key=gained)
            step //= 2
    finally:
        memory[place] = right
    return found[best], best


def _candidate(front_end: PokedFrontEnd, entry: Entry, tables: LogMelTables) -> Candidate:
    def replay(view: View) -> Int8 | None:
        memory = front_end.table(getattr(tables, entry.table))
        if memory is None:
            return None
        memory[entry.place] = entry.value
        try:
            columns = front_end.features(view.file.piece.samples)[: len(view.expected)]
        finally:
            memory[entry.place] = entry.right
        return columns if len(columns) == len(view.expected) else None

    flipped = (entry.value ^ entry.right) & 0xFFFFFFFF
    how = f", bit {flipped.bit_length() - 1} flipped" if flipped.bit_count() == 1 else ", or near that"
    return Candidate(
        f"entry {entry.place} of {entry.table}",
        f"entry {entry.place} of the {entry.told} is {entry.value} instead of {entry.right}{how}",
        "Look at the memory that the front end's tables lie in, and at what they were generated from",
        replay,
    )
