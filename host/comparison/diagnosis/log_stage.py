"""Where a traced column departs in the logarithm: fe_log computed here of the right mel sums, with one thing otherwise.

A level of 40 bands hardly ever comes out right by another rule, so one that gives all of the device's levels is named.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import octave_table
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import ColumnTrace, segments_of

Int64 = NDArray[np.int64]
DB = 65_536
LEAST_RAISED = 3  # levels
LEAST_LINEAR = 6  # levels, of which a line is read
PLAIN = (-1, 0, 0.5, 1, 2, 3, 4, 10)  # factors, of levels and of constants
NEAR = 8  # steps of Q16
LEAST_MORE = 0.001  # dB
SHIFTS = "Look at the shifts in fe_log by which the quieter of two neighbouring sums is brought to the other's scale"
SUM = "Look at which sums fe_log adds: segment b's rising one and segment b + 1's falling one"
TABLE = "Look at how fe_log reads its table"
CONSTANTS = "Look at the octave, the band's constant and the floor in fe_log"


@dataclass(frozen=True)
class LogRule:
    """How the logarithm is computed.

    Attributes:
        down, up: how often the rising sum, or the next segment's falling one, is shifted by its distance to the other.
        rising, falling: whether each of them is added.
        carried: whether the common scale is that of the louder one.
        interpolated: of what lies between two entries of the table, how much: 0, 1, or half of it.
        octaves: more than right.
        constant: from which band its constant is taken, counted from its own; None: none is added.
        floored: whether levels have their floor.
        rounded: by how many halves what is interpolated is rounded: 1 to the nearest, 2 up.
        of_rising, of_falling: the same, of the rising sum, or of the falling one, where it is the quieter one.
        nearest: whether the nearest entry of the table is taken, not the one below.
        floor: dB in Q16 that are added to it.
        octave: dB in Q16 that are added to an octave.
        fraction_bits: low bits that the place between two entries has lost.
    """

    down: int = 2
    up: int = 2
    rising: bool = True
    falling: bool = True
    carried: bool = True
    interpolated: float = 1.0
    octaves: int = 0
    constant: int | None = 0
    floored: bool = True
    rounded: int = 0
    of_rising: int = 0
    of_falling: int = 0
    nearest: bool = False
    floor: int = 0
    octave: int = 0
    fraction_bits: int = 0


def _rules() -> Iterator[tuple[str, str, LogRule]]:
    often = {0: "not at all", 1: "once", 3: "three times"}
    for count, words in often.items():
        told = f"is shifted by the distance between both scales {words} instead of twice (a power's is twice a value's)"
        yield f"where a band's falling sum is the quieter one, it {told}", SHIFTS, LogRule(up=count)
        yield f"where a band's rising sum is the quieter one, it {told}", SHIFTS, LogRule(down=count)
        yield f"the quieter of a band's two sums {told}", SHIFTS, LogRule(up=count, down=count)
    yield (
        "the scale stays that of the rising sum where the falling one is louder",
        SHIFTS,
        LogRule(carried=False),
    )
    yield "the rising sum is left out", SUM, LogRule(rising=False)
    yield "the falling sum is left out", SUM, LogRule(falling=False)
    yield "nothing is interpolated between two entries of the table", TABLE, LogRule(interpolated=0)
    yield "half of what lies between two entries of the table is added", TABLE, LogRule(interpolated=0.5)
    for by in (1, -1):
        yield f"levels are an octave too {'high' if by > 0 else 'low'}", CONSTANTS, LogRule(octaves=by)
        told = f"each band has the constant of the {'next' if by > 0 else 'previous'} one"
        yield told, CONSTANTS, LogRule(constant=by)
    yield "the bands' constants are left out", CONSTANTS, LogRule(constant=None)
    for halves, how in ((1, "to the nearest"), (2, "up")):
        yield f"what is interpolated is rounded {how} instead of down", TABLE, LogRule(rounded=halves)
        told = f"the quieter of a band's two sums, brought to the other's scale, is rounded {how} instead of down"
        yield told, SHIFTS, LogRule(of_rising=halves, of_falling=halves)
        for which, rule in (("rising", LogRule(of_rising=halves)), ("falling", LogRule(of_falling=halves))):
            told = f"where a band's {which} sum is the quieter one, it is rounded {how} instead of down"
            yield told, SHIFTS, rule
    yield (
        "the nearest entry of the table is taken, and nothing interpolated",
        TABLE,
        LogRule(interpolated=0, nearest=True),
    )
    for bits in range(14, 0, -1):
        told = (
            f"the place between two entries of the table has lost its {bits} low bits: {15 - bits} are left"
        )
        yield told, TABLE, LogRule(fraction_bits=bits)
    yield "levels below the floor stay as they are", CONSTANTS, LogRule(floored=False)


def log_cause(trace: ColumnTrace, bundle: Bundle) -> tuple[str, str] | None:
    """What is wrong in a column's logarithm, and where to look; None where no rule gives the device's levels."""
    departs = trace.departs
    sums = next((stage for stage in trace.stages if stage.segments and stage.equal), None)
    tables = bundle.tables
    if departs is None or departs.name != "log" or sums is None or not isinstance(tables, LogMelTables):
        return None
    host, device = departs.numbers()
    up, down, shift = segments_of(sums.host)
    compute = _logarithm(up, down, shift, np.array(tables.band_db_q16, np.int64), tables.floor_q16)
    if not np.array_equal(compute(LogRule()), host):
        return None  # another kind's logarithm
    constants = np.array(tables.band_db_q16, np.int64)
    linear = _linear(host, device, constants) if len(host) >= LEAST_LINEAR else ""
    if linear:
        return linear, CONSTANTS
    raised = device[host != device]
    if len(raised) >= LEAST_RAISED and np.array_equal(np.maximum(host, raised[0]), device):
        level, below = raised[0] / DB, (int(host.max()) - int(raised[0])) / DB
        side = "below" if below >= 0 else "above"
        told = f"levels below {level:.2f} dB come as that, which is {abs(below):.2f} dB {side} the column's loudest"
        return told, CONSTANTS
    if lost := lost_levels(host, device, tables.floor_q16):
        return f"{lost}: they are compared with something else than the floor", CONSTANTS
    return next(
        (
            (told, cure)
            for told, cure, rule in (
                *_rules(),
                *_of_floor(host, device, tables.floor_q16),
                *_of_octave(compute, host, device),
            )
            if np.array_equal(compute(rule), device)
        ),
        None,
    )


def lost_levels(host: Int64, device: Int64, floor: int) -> str:
    """That all levels up to one come as the floor, in words; empty where they do not."""
    wrong = host != device
    others = host[~wrong & (host > floor)]
    if wrong.sum() < LEAST_RAISED or (device[wrong] != floor).any() or (others < host[wrong].max()).any():
        return ""
    return f"levels up to {host[wrong].max() / DB:.2f} dB come as the floor, {floor / DB:.2f} dB"


def _linear(host: Int64, device: Int64, constants: Int64) -> str:
    """Levels without their bands' constants times a factor, the constants another, and a figure added."""
    free = np.flatnonzero((host != host.min()) & (device != device.min()))  # those that no floor has
    if len(free) < LEAST_LINEAR or (host == device)[free].all():
        return ""
    known = np.stack([(host - constants)[free], constants[free], np.ones(len(free))], axis=1).astype(
        np.float64
    )
    factors, *_ = np.linalg.lstsq(known, device[free].astype(np.float64), rcond=None)
    plain = [min(PLAIN, key=lambda each, factor=factor: abs(each - factor)) for factor in factors[:2]]  # type: ignore[misc]
    rest = device[free] - known[:, :2] @ np.array(plain)
    if np.ptp(rest) > NEAR or np.linalg.matrix_rank(known) < known.shape[1] or plain == [1, 1]:
        return ""
    told = f"levels are {plain[0]:g} times what they must be before the bands' constants are added"
    if plain[1] != 1:
        told = f"levels are {plain[0]:g} times what they must be"
        told += "" if plain[0] == plain[1] else f", the bands' constants {plain[1]:g} times"
    more = float(np.median(rest)) / DB
    return told + (f", and {more:+.3g} dB" if abs(more) > LEAST_MORE else "")


def _of_floor(host: Int64, device: Int64, floor: int) -> Iterator[tuple[str, str, LogRule]]:
    """Another floor, as the device's levels have it."""
    low = device[(host == floor) & (host != device)]
    if len(low):
        told = f"the floor is {low.min() / 65536:.2f} dB instead of {floor / 65536:.2f} dB"
        yield told, CONSTANTS, LogRule(floor=int(low.min()) - floor)


def _of_octave(
    compute: Callable[[LogRule], Int64], host: Int64, device: Int64
) -> Iterator[tuple[str, str, LogRule]]:
    """Another size of an octave, as the band with most of them has it."""
    octaves = compute(LogRule(octave=1)) - host
    band = int(np.abs(octaves).argmax())
    if octaves[band] and device[band] != host[band]:
        by = round((int(device[band]) - int(host[band])) / int(octaves[band]))
        right = int(octave_table()[-1])
        told = f"an octave counts {(right + by) / 65536:.4f} dB instead of {right / 65536:.4f} dB"
        yield told, CONSTANTS, LogRule(octave=by)


def _logarithm(
    up: Int64, down: Int64, shift: Int64, band_db: Int64, floor: int
) -> Callable[[LogRule], Int64]:
    """The levels by a rule, int64 [bands], in dB Q16."""
    table = octave_table().astype(np.int64)

    def levels(rule: LogRule) -> Int64:
        return np.array([level(band, rule) for band in range(len(band_db))], np.int64)

    def level(band: int, rule: LogRule) -> int:
        rising, falling, scale = int(up[band]), int(down[band + 1]), int(shift[band])
        distance = int(shift[band + 1]) - scale
        if distance >= 0:
            rising = _shifted(rising, distance * rule.down, rule.of_rising)
            scale += distance if rule.carried else 0
        else:
            falling = _shifted(falling, -distance * rule.up, rule.of_falling)
        energy = (rising * rule.rising + falling * rule.falling) & 0xFFFFFFFF
        if not energy:
            return floor + rule.floor
        zeros = 32 - energy.bit_length()
        mantissa = energy << zeros & 0xFFFFFFFF
        entry, fraction = mantissa >> 25 & 63, mantissa >> 10 & 0x7FFF
        fraction = fraction >> rule.fraction_bits << rule.fraction_bits
        between = _shifted(int(table[entry + 1] - table[entry]) * fraction, 15, rule.rounded)
        if rule.nearest:
            entry += fraction >> 14
        if rule.interpolated != 1:
            between = (int(table[entry + 1] - table[entry]) * fraction) >> 16 if rule.interpolated else 0
        octaves = 2 * scale + 31 - zeros + rule.octaves
        value = octaves * (int(table[64]) + rule.octave) + int(table[entry]) + between
        if rule.constant is not None:
            value += int(band_db[min(max(band + rule.constant, 0), len(band_db) - 1)])
        return max(value, floor + rule.floor) if rule.floored else value

    return levels


def _shifted(value: int, by: int, halves: int) -> int:
    """Shifted down, after some halves of the last bit are added, the second one less the least."""
    return (value + (0, 1 << by >> 1, (1 << by) - 1)[halves]) >> by
