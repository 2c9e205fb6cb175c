"""What two rows of whole numbers, a stage's on both sides, have to do with each other: a factor, a figure, a place."""

from collections.abc import Callable
from math import isclose
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .places import ordinal
from .sample_ways import Change

Int64 = NDArray[np.int64]
Int16 = NDArray[np.int16]
Int8 = NDArray[np.int8]

PIECE = 512  # samples of an AUDIO message: all shorter pieces divide it
LEAST = 3  # numbers that differ, from which on a factor is read
LARGE = 1000  # of a number, from which on it tells a factor
NEAR = 2.0  # steps by which a rounding may miss
MOST_SHIFTED = 5  # bits, less one
LOST_BITS = (32, 24, 16)  # of which all differences may be multiples
MOST_NAMED = 4  # places
THEN = "; then "  # between where to look for one such cause and for the other
OR_ELSE = "; or, which gives the same here: "  # between causes that the numbers at hand do not tell apart
MOST_THERE = 0.8  # of the places at equal distances that must be among those told


class Cause(NamedTuple):
    """What a stage does otherwise.

    Attributes:
        told: in words.
        cure: where to look, a sentence without its full stop.
        computed: whether it was computed so, and gave the device's numbers; else it is what these have in common.
        change: of samples, where it is one that can be applied to any; None where it is not.
        or_else: another one, which differs from it where samples reach their limits alone.
        of_column: changes of each column's samples by themselves, of which any may be it.
        period: samples by which the change repeats itself, counted from the stream's first one.
        tables: what is told of a table that may be another one, and what that makes of any samples' columns.
    """

    told: str
    cure: str
    computed: bool = False
    change: Change | None = None
    period: int = PIECE
    or_else: Change | None = None
    of_column: tuple[Change, ...] = ()
    tables: tuple[tuple[str, Callable[[Int16], Int8]], ...] = ()


def related(host: Int64, device: Int64) -> str:
    """What gives the device's numbers where they differ, e.g. "half what they must be"; empty: nothing plain."""
    wrong = host != device
    if not wrong.any():
        return ""
    ours, theirs = host[wrong], device[wrong]
    if not theirs.any():
        return "0"
    if (theirs == theirs[0]).all() and len(theirs) >= LEAST:
        return f"all {theirs[0]:,}"
    off = theirs - ours
    if (off == off[0]).all():
        return f"off by {off[0]:+,}" if len(off) > 1 else _of_one(int(ours[0]), int(theirs[0]))
    if np.abs(off).max() <= 1:
        return "off by one step either way"
    factor = factor_of(ours, theirs)
    if factor is not None:
        return f"{told_factor(factor)} what they must be"
    lost = next((bits for bits in LOST_BITS if len(off) >= LEAST and not (off % (1 << bits)).any()), 0)
    return f"off by multiples of {1 << lost:,}, as where a number is kept in {lost} bits" if lost else ""


def _of_one(right: int, came: int) -> str:
    """A single number, and whether it is shifted."""
    shifts = (
        (f"{'twice' if bits == 1 else f'{1 << bits} times'} that", right << bits)
        for bits in range(1, MOST_SHIFTED)
    )
    back = (
        (f"{'half' if bits == 1 else f'a {1 << bits}th'} of it", right >> bits)
        for bits in range(1, MOST_SHIFTED)
    )
    large = min(abs(right), abs(came)) >= LARGE
    words = next((words for words, value in (*shifts, *back) if large and value == came), "")
    return f"{came:,} instead of {right:,}" + (f", {words}" if words else "")


def factor_of(host: Int64, device: Int64) -> float | None:
    """The factor that gives all of the device's numbers, within a rounding; None when there is none."""
    large = np.abs(host) >= LARGE
    if int(large.sum()) < LEAST:
        return None
    ours, theirs = host.astype(np.float64), device.astype(np.float64)
    factor = float((ours[large] @ theirs[large]) / (ours[large] @ ours[large]))
    if factor == 0.0:
        return None
    missed = np.abs(theirs - ours * factor)
    # a factor that is read from rounded numbers is itself a little off
    room = NEAR * max(1.0, abs(factor)) + np.abs(ours) * NEAR / np.abs(ours).max()
    return factor if (missed <= room).all() and not isclose(factor, 1, rel_tol=1e-6) else None


def told_factor(factor: float) -> str:
    """In words: a plain fraction by its name, a small departure in per cent."""
    for plain, words in (
        (-1.0, "the negative of"),
        (0.5, "half"),
        (0.25, "a quarter of"),
        (2.0, "twice"),
        (4.0, "four times"),
    ):
        if isclose(factor, plain, rel_tol=1e-3):
            return words
    if 0.8 < factor < 1.2:
        return f"{abs(100 * (factor - 1)):.2g} % {'above' if factor > 1 else 'below'}"
    return f"{factor:.4g} times"


def places_told(places: Int64, count: int, one: str, many: str) -> str:
    """Which of `count` places: all, a stretch, every so manieth, or their numbers."""
    if len(places) == count:
        return f"all {count} {many}"
    if len(places) == 1:
        return f"{one} {places[0]}"
    steps = np.diff(places)
    if (steps == 1).all():
        return f"{many} {places[0]} to {places[-1]}"
    step = int(np.gcd.reduce(steps))
    there = (places[-1] - places[0]) // step + 1
    if len(places) > 2 and step > 1 and len(places) >= MOST_THERE * there:  # some come out right by chance
        return f"every {step}{ordinal(step)} of the {many} from {places[0]} to {places[-1]}"
    named = ", ".join(f"{place}" for place in places[:MOST_NAMED])
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f"{many} {named}{more}"
