"""What was done to a column's samples by one factor, which each of them, rounded, encloses.

A fit misses what is rounded, and takes a rounding for a part of the factor; an interval does not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .figures import Cause
from .sample_ways import LEVEL

Int64 = NDArray[np.int64]

LEAST = 24  # samples that are known
LEAST_SPREAD = 64  # of what is multiplied
WIDEST = 0.02  # of the factor: what encloses it less closely may be anything
LIMIT = 32767  # samples at it may have been limited
UNITY = 1 << 15  # of numbers of 16 bits
# What firmware divides by, the plainest first.
BY = (*(1 << bits for bits in range(8)), 10, 100, UNITY, *(1 << bits for bits in range(8, 15)), 1000)

_FILTER = "Look at what filters samples before the front end on the device"


@dataclass(frozen=True)
class Enclosed:
    """A factor.

    Attributes:
        plain: the plainest one that gives all numbers.
        how: the rounding of its products.
        width: of all that may be it.
    """

    plain: Fraction
    how: str
    width: float

    @property
    def words(self) -> str:
        """It, as closely as it is known, and the rounding."""
        digits = max(2, 1 - int(np.floor(np.log10(max(self.width, 1e-9)))))
        told = f"{float(self.plain):.{digits}f}".rstrip("0").rstrip(".")
        return f"{told} (such as {self.plain}; {self.how})"


def enclosed(of: Int64, gives: Int64) -> Enclosed | None:
    """The factor that gives whole numbers of others, by one of four roundings; None: there is none."""
    some = of != 0
    if some.sum() < LEAST or np.ptp(of) < LEAST_SPREAD or gives[~some].any():
        return None
    of, gives = of[some], gives[some]
    for how, below, above in (
        ("rounded down", 0.0, 1.0),
        ("rounded to 0", np.where(gives > 0, 0.0, 1.0), np.where(gives < 0, 0.0, 1.0)),
        ("rounded", 0.5, 0.5),
        ("rounded up", 1.0, 0.0),
    ):
        ends = np.sort(np.stack([(gives - below) / of, (gives + above) / of]), axis=0)
        low, high = float(ends[0].max()), float(ends[1].min())
        if high - low > WIDEST * max(abs(low), abs(high)):
            continue
        for plain in _plain_ones(low, high):
            if np.array_equal(times(of, plain, how), gives):
                return Enclosed(plain, how, high - low)
    return None


def _plain_ones(low: float, high: float) -> Iterator[Fraction]:
    """Between two ends: by powers of two as shifts give them, by decimals, or any."""
    for by in BY:
        nearly = (by - 1,) if by == UNITY else ()
        for whole in (*nearly, int(np.ceil(low * by))):
            if low <= whole / by <= high:
                yield Fraction(whole, by)
    yield Fraction((low + high) / 2).limit_denominator(1 << 16)


def times(values: Any, factor: Fraction, how: str) -> Any:
    """A whole number, or an array of them, times a fraction, rounded to whole numbers."""
    over, by = values * factor.numerator, factor.denominator
    if how == "rounded down":
        return over // by
    if how == "rounded to 0":
        return over // by + ((over < 0) & (over % by != 0))
    return (over + by // 2) // by if how == "rounded" else -(-over // by)


@dataclass(frozen=True)
class _Form:
    """A sum in which one factor is not known: `rest`, and `sign` times the rounded product of it and `of`.

    Both are sums of a sample, the one before it and what came out before, each so many times. `negative`: the factor
    may be so.
    """

    told: str
    cure: str
    rest: tuple[int, int, int]
    of: tuple[int, int, int]
    sign: int = 1
    negative: bool = True


_FORMS = (
    _Form("samples are multiplied by {}", LEVEL, (0, 0, 0), (1, 0, 0)),
    _Form(
        "of each sample the one before it is taken off, times {} (pre-emphasis)",
        _FILTER,
        (1, 0, 0),
        (0, 1, 0),
        -1,
        False,
    ),
    _Form("each sample comes with the one before it, times {}", _FILTER, (1, 0, 0), (0, 1, 0)),
    _Form(
        "each sample comes less the one before it, and with the one that came out before, times {} "
        "(a filter that takes off what is constant)",
        _FILTER,
        (1, -1, 0),
        (0, 0, 1),
    ),
    _Form(
        "what comes out goes from what came out before towards each sample, by {} of the way (a low-pass)",
        _FILTER,
        (0, 0, 1),
        (1, 0, -1),
    ),
    _Form("each sample comes with what came out before, times {}", _FILTER, (1, 0, 0), (0, 0, 1)),
)


def by_one_factor(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """A gain or a filter of one factor; None where no factor gives all samples."""
    rows = np.flatnonzero(known[1:] & known[:-1] & (np.abs(seen[1:]) < LIMIT) & (np.abs(seen[:-1]) < LIMIT))
    around, came = np.stack([sent[rows + 1], sent[rows], seen[rows]]), seen[rows + 1]
    if np.array_equal(around[0], came):
        return None
    for form in _FORMS:
        found = enclosed(np.array(form.of) @ around, form.sign * (came - np.array(form.rest) @ around))
        if found is not None and (form.negative or found.plain > 0):
            changes = (_change(form, found, limited) for limited in (True, False))
            return Cause(form.told.format(found.words), form.cure, True, next(changes), or_else=next(changes))
    return None


def _change(form: _Form, found: Enclosed, keeps_limited: bool) -> Callable[[Int16], Int16]:
    """The change, where what came out is kept as it came out, limited, or as it was computed."""

    def change(samples: Int16) -> Int16:
        before = out = 0
        done = np.empty_like(samples)
        (a, b, c), (d, e, f) = form.rest, form.of
        for place, sample in enumerate(samples.tolist()):
            product = times(d * sample + e * before + f * out, found.plain, found.how)
            out = a * sample + b * before + c * out + form.sign * product
            limited = min(max(out, -32768), 32767)
            done[place], before = limited, sample
            out = limited if keeps_limited else out
        return done

    return change
