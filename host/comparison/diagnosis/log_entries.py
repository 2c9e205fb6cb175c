"""Where a traced column departs in the logarithm by one wrong entry of its table, or by levels compared with 0."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import octave_table
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import ColumnTrace, segments_of
from ...trace.window import front_end
from .decibels import Logarithm, with_entry
from .evidence import Int16
from .figures import OR_ELSE, Cause
from .log_stage import lost_levels
from .search import Int8

Int64 = NDArray[np.int64]

MOST_SCANNED = 64  # values of an entry that are all tried
MOST_TOLD = 2  # entries that give the same
NAME = "the logarithm's table (fe_octave_db_q16)"
_COMPARED = "Look at what fe_log compares a level with, and at which of the two it takes"
_CURE = "Look at this entry of fe_octave_db_q16 in fe_log's file, and at the memory that the table lies in"


class Read(NamedTuple):
    """What each band's level is made of.

    Attributes:
        entry: the one of the table that it is read from, int64 [bands]; -1: of no energy, so of none.
        fraction: Q15 of the way to the next one.
        rest: the level without what comes of the table.
        floor: the least.
    """

    entry: Int64
    fraction: Int64
    rest: Int64
    floor: int

    def levels(self, table: Int64) -> Int64:
        """By another table."""
        steps = table[self.entry + 1] - table[self.entry]
        levels = self.rest + table[self.entry] + (steps * self.fraction >> 15)
        return np.where(self.entry < 0, self.floor, np.maximum(levels, self.floor))


def log_entry_cause(trace: ColumnTrace, bundle: Bundle) -> Cause | None:
    """The entry, with the value that gives all levels; None where no single one does."""
    departs, tables = trace.departs, bundle.tables
    sums = next((stage for stage in trace.stages if stage.segments and stage.equal), None)
    if departs is None or departs.name != "log" or sums is None or not isinstance(tables, LogMelTables):
        return None
    host, device = departs.numbers()
    table = octave_table().astype(np.int64)
    read = _read(*segments_of(sums.host), tables, table)
    if not np.array_equal(read.levels(table), host):
        return None
    wrong = np.flatnonzero(host != device)
    common = set(range(len(table)))
    for band in wrong.tolist():
        common &= {int(read.entry[band]), int(read.entry[band]) + 1} if read.entry[band] >= 0 else set()
    found = [(place, values) for place in sorted(common) if (values := _solved(read, table, place, device))]
    if not 0 < len(found) <= MOST_TOLD:
        return None
    told = [_told(place, values, int(table[place])) for place, values in found]
    columns = [_columns(bundle, place, values[0] - int(table[place])) for place, values in found]
    return Cause(OR_ELSE.join(told), _CURE, True, tables=tuple(zip(told, columns, strict=True)))


def compared_cause(trace: ColumnTrace, bundle: Bundle) -> Cause | None:
    """Levels are compared with 0 instead of the floor, and come as the floor where they are below."""
    departs, tables = trace.departs, bundle.tables
    if departs is None or departs.name != "log" or not isinstance(tables, LogMelTables):
        return None
    host, device = departs.numbers()
    lost = lost_levels(host, device, tables.floor_q16)
    if not lost or host[host != device].max() > 0:
        return None
    quantisation = bundle.model.input
    log = Logarithm(front_end(bundle), tables, quantisation.scale, quantisation.zero_point)

    def columns(samples: Int16) -> Int8:
        raw = log.raw(samples)
        return log.cells(np.where(raw > 0, raw, tables.floor_q16)).astype(np.int8)

    told = f"{lost}: they are compared with 0 instead of the floor"
    return Cause(told, _COMPARED, True, tables=((told, columns),))


def _read(up: Int64, down: Int64, shift: Int64, tables: LogMelTables, table: Int64) -> Read:
    """As fe_log reads it."""
    distance = np.diff(shift)
    later, earlier = np.maximum(distance, 0), np.maximum(-distance, 0)
    energy = (up[:-1] >> 2 * later) + (down[1:] >> 2 * earlier) & 0xFFFFFFFF
    zeros = np.array([32 - int(each).bit_length() for each in energy], np.int64)
    mantissa = energy << zeros & 0xFFFFFFFF
    entry = np.where(energy == 0, -1, mantissa >> 25 & 63)
    octaves = 2 * (shift[:-1] + later) + 31 - zeros
    rest = octaves * int(table[-1]) + np.array(tables.band_db_q16, np.int64)
    return Read(entry, mantissa >> 10 & 0x7FFF, rest, tables.floor_q16)


def _solved(read: Read, table: Int64, place: int, device: Int64) -> list[int]:
    """Values of an entry with which all levels are the device's, plain ones first."""
    right = int(table[place])
    own = (read.entry == place) * ((1 << 15) - read.fraction)
    weight = own + (read.entry == place - 1) * read.fraction
    heard = (weight > 0) & (read.levels(table) > read.floor)
    if not heard.any():
        return []
    off = (device - read.levels(table))[heard]
    low = int(np.max(((off - 1) << 15) // weight[heard])) + right
    high = int(np.min(-(-(off + 1 << 15) // weight[heard]))) + right
    if low > high:
        return []
    spread = range(low, high + 1, max(1, (high - low) // MOST_SCANNED))
    middle = (low + high) // 2

    def gives(value: int) -> bool:
        other = table.copy()
        other[place] = value
        return value != right and np.array_equal(read.levels(other), device)

    plain = [value for value in _plain(right) if low <= value <= high]
    near = sorted(spread, key=lambda value: abs(value - middle))
    return [value for value in dict.fromkeys([*plain, *near]) if gives(value)]


def _plain(right: int) -> Iterator[int]:
    """An entry with one bit the other way, or with two digits exchanged."""
    yield from (right ^ 1 << bit for bit in range(31))
    digits = str(right)
    for at in range(len(digits) - 1):
        yield int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    yield 0


def _told(place: int, values: list[int], right: int) -> str:
    value = values[0]
    flipped = value ^ right
    near = ", or near that" if len(values) > 1 else ""
    if flipped.bit_count() == 1:
        near = f"{near}; that is bit {flipped.bit_length() - 1} flipped"
    elif sorted(str(value)) == sorted(str(right)):
        near = f"{near}; that is two digits exchanged"
    return f"entry {place} of {NAME} is {value:,} instead of {right:,}{near}"


def _columns(bundle: Bundle, place: int, by: int) -> Callable[[Int16], Int8]:
    """What another entry makes of any samples."""
    quantisation = bundle.model.input
    log = Logarithm(front_end(bundle), bundle.tables, quantisation.scale, quantisation.zero_point)
    return lambda samples: log.cells(with_entry(log, log.raw(samples), place, by)).astype(np.int8)
