"""A traced stage that one wrong entry of a table gives, or a table that is read some entries further on.

Each entry of the tables that the stage reads is changed in memory, and the column computed anew: what moves the stage's
numbers as the device's are moved is solved for its value, and named where all numbers come out.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.poked_front_end import PokedFrontEnd
from ...frontend.log_mel.tables import LogMelTables
from ...frontend.normalised.inner import INNER
from ...frontend.normalised.tables import NormalisedTables
from ...trace.stages import ColumnTrace, Stage
from .evidence import Int16
from .figures import OR_ELSE, Cause
from .search import Int8

Numbers = NDArray[np.float64]
Compute = Callable[[], Numbers]
Solved = tuple[int, ...]  # values of one entry that give all

ALIKE = 0.5  # between how an entry moves the numbers, and how they are moved
TRIED = 24  # entries that are solved
STEPS = 40  # of one
WIDE = 4  # bytes of an entry of a table that a line is computed with
# Entries by which a table may be read elsewhere, either way: 3 are a rotation, 9 a row of three
FURTHER = tuple(sign * by for by in (1, 2, 3, 4, 9) for sign in (1, -1))
# What each stage reads; of tables of indices something else is read beyond their limits
READ = {
    "window": ("weights", "window", "emphasis"),
    "spectrum": ("twiddles",),
    "power": ("twiddles", "half_twists"),
    "mel": ("shares_q16", "down", "up"),
    "pcan": ("gains",),
    "log": ("band_db_q16", "log_fractions"),
    "cells": ("cells", "weights"),
}
NAMES = {
    "weights": "the window's weights",
    "window": "the window's weights",
    "emphasis": "the weights of the samples before",
    "twiddles": "the FFT's twiddle factors",
    "half_twists": "the FFT's last twiddle factors",
    "shares_q16": "the mel shares",
    "down": "the mel weights of the falling edges",
    "up": "the mel weights of the rising edges",
    "band_db_q16": "the bands' constants",
    "gains": "the gains (PCAN)",
    "log_fractions": "the logarithm's table",
    "cells": "the table of cells",
    "cells weights": "the DCT's weights",
}
_CURE = "Look at the memory that the front end's tables lie in, what they were generated from, and what reads them"


class Table(NamedTuple):
    """A table as the core reads it: its name, and its values in memory."""

    name: str
    memory: NDArray[Any]

    @property
    def told(self) -> str:
        """In words, with the name that it has in the code."""
        return f"{NAMES[self.name]} ({self.name.rpartition(' ')[-1]})"


def entry_cause(trace: ColumnTrace, bundle: Bundle) -> Cause | None:
    """The wrong entry, or the place from which a table is read; None where none gives all of the stage's numbers."""
    departs = trace.departs
    if departs is None or trace.samples is None:
        return None
    rows = list(_rows(_tables_of(bundle), departs.name))
    if not rows:
        return None
    quantisation = bundle.model.input
    front_end = PokedFrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
    tables = [Table(name, memory) for name, values in rows if (memory := front_end.table(values)) is not None]
    host, device = (_numbers(departs, side) for side in (departs.host, departs.device))
    if not tables or len(host) != len(device) or not bundle.settings.columns(len(trace.samples)):
        return None
    stages = front_end.last_column(trace.samples)

    def compute() -> Numbers:
        return _numbers(departs, stages().get(departs.name, b""))

    if not np.array_equal(compute(), host):
        return None
    return _moved(front_end, tables, compute, device) or _single(front_end, tables, compute, device - host)


def _tables_of(bundle: Bundle) -> object:
    """The front end's tables; of a normalised one those of the kind that comes before."""
    tables = bundle.tables
    if not isinstance(tables, NormalisedTables):
        return tables
    inner = tables.settings.inner
    kind, fine = INNER[inner.kind]
    return kind.tables(inner, fine(inner).input_scale, 0)


def _numbers(stage: Stage, data: bytes) -> Numbers:
    """Of one side; of segments all words, their scale too."""
    if stage.segments:
        return np.frombuffer(data, "<u4").astype(np.float64)
    numbers, _ = replace(stage, host=data, device=data).numbers()
    return numbers.astype(np.float64)


def _rows(tables: object, stage: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Rows of whole numbers that a stage reads, with their names; a DCT's weights are a row each."""
    log_mel = isinstance(tables, LogMelTables)
    for each in fields(tables) if is_dataclass(tables) else ():
        value = getattr(tables, each.name)
        if isinstance(value, LogMelTables):
            yield from _rows(value, stage)
        elif each.name in READ.get(stage, ()) and not (log_mel and stage == "cells"):
            rows = value if value and isinstance(value[0], tuple) else (value,)
            if stage == "cells" or rows[0] is value:
                name = f"{stage} {each.name}" if rows[0] is not value else each.name
                yield name, tuple(one for row in rows for one in row)


def _moved(front_end: PokedFrontEnd, tables: list[Table], compute: Compute, device: Numbers) -> Cause | None:
    """A table of which each entry is the one some places further on, beyond its end what lies there in the image."""
    for table in tables:
        right = table.memory.copy()
        for by in FURTHER:
            other = front_end.read_from(table.memory, by)
            if other is None:
                continue
            table.memory[:] = other
            found = np.array_equal(compute(), device)
            table.memory[:] = right
            if found:
                where = "further on" if by > 0 else "too early"
                told = f"{table.told} are read {abs(by)} {'entry' if abs(by) == 1 else 'entries'} {where}"
                columns = _columns(front_end, table, slice(None), other)
                return Cause(told, _CURE, True, tables=((told, columns),))
    return None


def _single(front_end: PokedFrontEnd, tables: list[Table], compute: Compute, off: Numbers) -> Cause | None:
    """One entry with another value."""
    host = compute()
    found = []
    for table in tables:
        for place in _likely(table, compute, host, off):
            if values := _solved(table, place, compute, host, off):
                found.append((table, place, values))
    if not found:
        return None
    causes = tuple((_told(*each), _columns(front_end, each[0], each[1], each[2][0])) for each in found)
    return Cause(OR_ELSE.join(told for told, _ in causes), _CURE, True, tables=causes)


def _told(table: Table, place: int, values: Solved) -> str:
    right, value = int(table.memory[place]), values[0]
    flipped = (value ^ right) & ((1 << 8 * table.memory.itemsize) - 1)
    near = f", bit {flipped.bit_length() - 1} flipped" if flipped.bit_count() == 1 else ""
    if not near and len(values) > 1:
        near = ", or near that"
    return f"entry {place} of {table.told} is {value:,} instead of {right:,}{near}"


def _likely(table: Table, compute: Compute, host: Numbers, off: Numbers) -> list[int]:
    """Entries that move the numbers as they are moved, those most that do so best."""
    memory, alike = table.memory, []
    for place in range(len(memory)):
        _, ours = _moved_by(memory, place, compute, host)
        size = float(np.linalg.norm(ours) * np.linalg.norm(off))
        alike.append(abs(float(ours @ off)) / size if size else 0.0)
    order = np.argsort(-np.array(alike), kind="stable")[:TRIED]
    return [place for place in order.tolist() if alike[place] >= ALIKE]


def _moved_by(memory: NDArray[Any], place: int, compute: Compute, host: Numbers) -> tuple[int, Numbers]:
    """Another value of an entry, and how it moves the numbers."""
    right = int(memory[place])
    for probe in _probes(memory, right):
        memory[place] = probe
        ours = compute() - host
        memory[place] = right
        if ours.any():
            break
    return probe, ours


def _probes(memory: NDArray[Any], right: int) -> list[int]:
    """Values far enough from an entry's own."""
    most = int(np.abs(memory.astype(np.int64)).max())
    far = 0 if abs(right) > most // 4 else max(1, most // 2)
    if memory.itemsize == WIDE:
        return [far]
    # what follows may be a power: of that small steps are nearly a line
    return [right + max(1, most // 8) * (-1 if right > most // 2 else 1), far]


def _solved(table: Table, place: int, compute: Compute, host: Numbers, off: Numbers) -> Solved:
    """Values of an entry with which all numbers are the device's, the plainest first; empty: there is none."""
    memory, right = table.memory, int(table.memory[place])
    limits = np.iinfo(memory.dtype)
    missed: dict[int, float] = {}

    def miss(value: int) -> float:
        """How far the numbers are from the device's."""
        if value not in missed:
            memory[place] = value
            missed[value] = float(np.abs(compute() - host - off).sum())
            memory[place] = right
        return missed[value]

    def within(values: list[int]) -> list[int]:
        return [
            value for value in dict.fromkeys(values) if limits.min <= value <= limits.max and value != right
        ]

    probe, ours = _moved_by(memory, place, compute, host)
    near = right + round((probe - right) * float(ours @ off) / float(ours @ ours))
    best = near = min(max(near, limits.min), limits.max)
    step = max(1, abs(near - right) // 4)
    for _ in range(STEPS):
        nearer = min(within([best, best - step, best + step]), key=miss)
        step, best = (step // 2, best) if nearer == best else (step, nearer)
        if not step or not miss(best):
            break
    plain = sorted(within([*_flipped(memory, right), 0, -right]), key=lambda value: abs(value - best))
    beside = within([best - 1, best + 1])
    return tuple(value for value in [*plain, best, *beside] if value != right and not miss(value))


def _flipped(memory: NDArray[Any], right: int) -> list[int]:
    """An entry with one bit the other way."""
    bits = np.unpackbits(np.array([right], memory.dtype).view(np.uint8))
    others = np.packbits(bits ^ np.eye(len(bits), dtype=np.uint8), axis=1)
    return [int(value) for value in others.view(memory.dtype).ravel()]


def _columns(
    front_end: PokedFrontEnd, table: Table, place: int | slice, value: Any
) -> Callable[[Int16], Int8]:
    """Columns of any samples with a changed table."""

    return lambda samples: front_end.features_with(table.memory, place, value, samples)
