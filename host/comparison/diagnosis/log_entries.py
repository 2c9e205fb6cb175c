"""Where a traced column departs in the logarithm by one wrong entry of its table, or by levels compared with 0."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import octave_table
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import ColumnTrace, segments_of
from ...trace.window import front_end
from .decibels import Logarithm
from .evidence import Int16
from .figures import OR_ELSE, Cause
from .log_stage import lost_levels
from .search import Int8

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

SMALL = 1 << 16  # steps between two entries whose product with any fraction has 32 bits
NAME = "the logarithm's table (fe_octave_db_q16)"
_COMPARED = "Look at what fe_log compares a level with, and at which of the two it takes"
_CURE = "Look at this entry of fe_octave_db_q16 in fe_log's file, and at the memory that the table lies in"


class Read(NamedTuple):
    """What each band's level is made of, int32 [bands], or of several columns [columns, bands].

    Attributes:
        heard: whether it has any energy, bool.
        entry: the one of the table that it is read from.
        fraction: Q15 of the way to the next one.
        rest: the level without what comes of the table.
        floor: the least.
    """

    heard: NDArray[np.bool_]
    entry: Int32
    fraction: Int32
    rest: Int32
    floor: int

    def levels(self, table: Int32) -> Int32:
        """By another table, in 32 bits like the core's: a product of a step that is too large loses its upper ones."""
        steps = table[self.entry + 1] - table[self.entry]
        levels = self.rest + table[self.entry] + (steps * self.fraction >> 15)
        return np.where(self.heard, np.maximum(levels, self.floor), self.floor)


def log_entry_cause(trace: ColumnTrace, bundle: Bundle) -> Cause | None:
    """The entry, with the value that gives all levels; None where no single one does."""
    departs, tables = trace.departs, bundle.tables
    sums = next((stage for stage in trace.stages if stage.segments), None)
    if departs is None or departs.name != "log" or sums is None or not isinstance(tables, LogMelTables):
        return None
    host, device = departs.numbers()
    table = octave_table()
    read = _read(*segments_of(sums.host), tables, table)
    if not np.array_equal(read.levels(table), host):
        return None
    found = [
        (place, values) for place in range(len(table)) if (values := _solved(read, table, place, device))
    ]
    if not found:
        return None
    told = [_told(place, values, int(table[place])) for place, values in found]
    columns = [_columns(bundle, _with(table, place, values[0])) for place, values in found]
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


def _read(up: Int64, down: Int64, shift: Int64, tables: LogMelTables, table: Int32) -> Read:
    """As fe_log reads it."""
    distance = np.diff(shift)
    later, earlier = np.maximum(distance, 0), np.maximum(-distance, 0)
    energy = (up[..., :-1] >> 2 * later) + (down[..., 1:] >> 2 * earlier) & 0xFFFFFFFF
    zeros = 32 - np.frexp(energy)[1].astype(np.int64)
    mantissa = energy << zeros & 0xFFFFFFFF
    octaves = 2 * (shift[..., :-1] + later) + 31 - zeros
    rest = octaves * int(table[-1]) + np.array(tables.band_db_q16, np.int64)
    entry, fraction, rest = (
        each.astype(np.int32) for each in (mantissa >> 25 & 63, mantissa >> 10 & 0x7FFF, rest)
    )
    return Read(energy > 0, entry, fraction, rest, tables.floor_q16)


def _with(table: Int32, place: int, value: int) -> Int32:
    """The table with another entry."""
    other = table.copy()
    other[place] = value
    return other


def _solved(read: Read, table: Int32, place: int, device: Int64) -> list[int]:
    """Values of an entry with which all levels are the device's, the likeliest first; of others one or two."""
    moved = read.heard & ((read.entry == place) | (read.entry == place - 1))
    if not (device[moved] > read.floor).any():  # the floor says only how large it is at most
        return []
    beside = table[max(place - 1, 0) : place + 2]
    near = range(int(beside.max()) - SMALL, int(beside.min()) + SMALL + 1)

    def levels(value: int) -> Int32:
        return read.levels(_with(table, place, value))

    # of small steps no level falls where an entry rises
    first = bisect_left(near, True, key=lambda value: bool((levels(value) >= device).all()))
    last = bisect_left(near, True, key=lambda value: bool((levels(value) > device).any()))
    within = near[first:last]
    plain = [value for value in _plain(int(table[place])) if np.array_equal(levels(value), device)]
    return list(dict.fromkeys([*plain, *within[(len(within) - 1) // 2 :]]))


def _plain(right: int) -> Iterator[int]:
    """An entry with one bit the other way, or with two digits exchanged."""
    yield from (right ^ 1 << bit for bit in range(31))
    yield right - (1 << 31)
    yield from _exchanged(right)
    yield 0


def _exchanged(right: int) -> Iterator[int]:
    """A number with two digits exchanged."""
    digits = str(right)
    for at in range(len(digits) - 1):
        yield int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])


def _told(place: int, values: list[int], right: int) -> str:
    value = values[0]
    flipped = value ^ right
    near = ", or near that" if len(values) > 1 else ""
    if flipped.bit_count() == 1:
        near = f"{near}; that is bit {flipped.bit_length() - 1} flipped"
    elif value in _exchanged(right):
        near = f"{near}; that is two digits exchanged"
    return f"entry {place} of {NAME} is {value:,} instead of {right:,}{near}"


def _columns(bundle: Bundle, table: Int32) -> Callable[[Int16], Int8]:
    """What another table makes of any samples."""
    quantisation = bundle.model.input
    right = front_end(bundle)
    log = Logarithm(right, bundle.tables, quantisation.scale, quantisation.zero_point)

    def columns(samples: Int16) -> Int8:
        sums = right.of_stage(samples, "mel")
        shape = len(sums), right.settings.bands + 1
        up, down, shift = (each.reshape(shape) for each in segments_of(b"".join(sums)))
        read = _read(up, down, shift, log.tables, octave_table())
        return log.cells(read.levels(table).astype(np.int64)).astype(np.int8)

    return columns
