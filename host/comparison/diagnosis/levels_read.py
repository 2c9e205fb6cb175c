"""What was done to samples by their size alone: limited, offset, quiet ones lost; the figures are read from them."""

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .figures import Cause
from .sample_ways import Change

Int64 = NDArray[np.int64]

LEAST_LIMITED = 3  # samples at a limit, and others that are right
LEAST_LEVEL = 16  # of a limiter; below it is a factor of all samples, rounded
LEAST_ABOVE = 6  # samples beyond a level, for a slope to be read from
SLOPES = (1 / 2, 1 / 3, 1 / 4, 1 / 8, 2 / 3, 3 / 4)
MOST_VALUES = 3  # that come as others
LEAST_BITS = 64  # samples, for what a bit is in all of them
TRIED = 64  # levels from the one on that is read

_BITS = "Look at how AUDIO's bytes become int16 samples on the device, and at masks on the way"
_LEVEL = "Look at what limits or gates samples between AUDIO and the front end on the device"


def by_level(sent: Int64, seen: Int64) -> Cause | None:
    """What a sample's size alone decides; None when nothing of the kind gives all of them."""
    if not len(sent):
        return None
    found = _limits(sent, seen) or _offset(sent, seen) or _knee(sent, seen) or _quiet(sent, seen)
    found = found or _single_values(sent, seen)
    return found or _dead_zone(sent, seen) or _bits(sent, seen) or _where_bit(sent, seen)


def _limits(sent: Int64, seen: Int64) -> Cause | None:
    high, low = int(seen.max()), int(seen.min())
    limited = np.count_nonzero((seen != sent) & ((seen == high) | (seen == low)))
    heard = np.count_nonzero((seen == sent) & (sent != 0))
    if min(limited, heard) < LEAST_LIMITED or not np.array_equal(np.clip(sent, low, high), seen):
        return None
    told = f"±{high:,}" if high == -low else f"{low:,} to {high:,}"
    upper, lower = int(sent.max()) > high, int(sent.min()) < low
    if not (upper and lower):
        told = f"at most {high:,}" if upper else f"at least {low:,}"
    change = _clip(low if lower else -32768, high if upper else 32767)
    return Cause(f"samples are limited to {told}", _LEVEL, True, change)


def _clip(low: int, high: int) -> Change:
    return lambda x: np.clip(x, low, high)


def _offset(sent: Int64, seen: Int64) -> Cause | None:
    off = np.unique((seen - sent)[np.abs(seen) < 32767])
    if len(off) != 1:
        return None
    by = int(off[0])
    return Cause(f"{by:+,} is added to each sample", _LEVEL, True, _added(by), or_else=_wrapped(by))


def _wrapped(by: int) -> Change:
    """The same where what 16 bits do not hold begins anew at the other end, which a quiet column does not show."""
    return lambda x: (x.astype(np.int64) + by).astype(np.int16)


def _added(by: int) -> Change:
    return lambda x: (x.astype(np.int64) + by).clip(-32768, 32767).astype(np.int16)


def _knee(sent: Int64, seen: Int64) -> Cause | None:
    """Above a level samples count by a part."""
    wrong = sent != seen
    if wrong.sum() < LEAST_ABOVE:
        return None
    sizes, came = np.abs(sent[wrong]).astype(np.float64), np.abs(seen[wrong]).astype(np.float64)
    if np.ptp(sizes) < LEAST_ABOVE:
        return None
    signs = np.unique(np.sign(sent[wrong]))
    opposite = ~wrong & (np.sign(sent) == -signs[0]) & (np.abs(sent) >= sizes.min())
    side = int(signs[0]) if len(signs) == 1 and opposite.any() else 0  # else the others are not known
    of = {0: "samples have", 1: "positive samples have", -1: "negative samples have"}[side]
    read = float(np.polyfit(sizes, came, 1)[0])
    slope = min(SLOPES, key=lambda each: abs(each - read))
    level = round(float(np.median(came - slope * sizes)) / (1 - slope))
    # what is rounded down tells a level too low, none too high
    for near in range(max(LEAST_LEVEL, level), level + TRIED):
        change = _bent(near, slope, side)
        if np.array_equal(change(sent.astype(np.int16)).astype(np.int64), seen):
            told = f"what {of} above {near:,} counts {slope:.3g} times (a limiter)"
            return Cause(told, _LEVEL, True, change)
    return None


def _bent(level: int, slope: float, side: int) -> Change:
    """Of either sign, or of one alone."""

    def change(x: Int16) -> Int16:
        size = np.abs(x.astype(np.int64))
        beyond = np.maximum(size - level, 0)
        # the epsilon: a third of three is one
        kept = np.minimum(size, level) + np.floor(beyond * slope + 1e-9).astype(np.int64)
        return (
            np.where(np.sign(x) == -side, x, np.sign(x) * kept).astype(np.int16)
            if side
            else (np.sign(x) * kept).astype(np.int16)
        )

    return change


def _quiet(sent: Int64, seen: Int64) -> Cause | None:
    wrong, right = sent != seen, (sent == seen) & (sent != 0)
    if wrong.sum() < LEAST_ABOVE or seen[wrong].any() or not right.any():
        return None
    level, least = int(np.abs(sent[wrong]).max()), int(np.abs(sent[right]).min())
    if level >= least:
        return None
    return Cause(f"samples of at most about {level:,} come as 0", _LEVEL, True, _gate(level + 1))


def _single_values(sent: Int64, seen: Int64) -> Cause | None:
    """A few values always come as others."""
    wrong = sent != seen
    values = np.unique(sent[wrong])
    if (
        not 0 < len(values) <= MOST_VALUES
        or wrong.sum() < 2 * len(values)
        or (~wrong & np.isin(sent, values)).any()
    ):
        return None
    came = [np.unique(seen[sent == value]) for value in values]
    if any(len(each) > 1 for each in came):
        return None
    pairs = {int(value): int(each[0]) for value, each in zip(values, came, strict=True)}
    told = ", ".join(f"{value:,} come as {other:,}" for value, other in pairs.items())
    return Cause(f"all samples that are {told}", _LEVEL, True, _replaced(pairs))


def _replaced(pairs: dict[int, int]) -> Change:
    def change(x: Int16) -> Int16:
        values = x.copy()
        for value, other in pairs.items():
            values[x == value] = other
        return values

    return change


def _dead_zone(sent: Int64, seen: Int64) -> Cause | None:
    """Each magnitude is less by the same figure, down to 0."""
    less = np.unique((np.abs(sent) - np.abs(seen))[seen != 0])
    if len(less) != 1 or np.count_nonzero(seen) < LEAST_ABOVE:
        return None
    change = _less(int(less[0]))
    if less[0] <= 0 or not np.array_equal(change(sent.astype(np.int16)), seen):
        return None
    return Cause(f"magnitudes are {less[0]:,} less, and 0 where they are not above it", _LEVEL, True, change)


def _less(by: int) -> Change:
    return lambda x: (np.sign(x) * np.maximum(np.abs(x.astype(np.int64)) - by, 0)).astype(np.int16)


def _bits(sent: Int64, seen: Int64) -> Cause | None:
    """Single bits that are always 0, always 1, or inverted."""
    if len(sent) < LEAST_BITS or not np.ptp(seen):
        return None
    ours, theirs = (values.astype(np.int16).view(np.uint16) for values in (sent, seen))
    masks, told = {"0": 0, "1": 0, "inverted": 0}, []
    for bit in range(16):
        a, b = ours >> bit & 1, theirs >> bit & 1
        if (a == b).all():
            continue
        way = "0" if not b.any() else "1" if b.all() else "inverted"
        if way == "inverted" and (a == b).any():
            return None
        masks[way] |= 1 << bit
    for way, words in (("0", "always 0"), ("1", "always 1"), ("inverted", "inverted")):
        if bits := [str(bit) for bit in range(16) if masks[way] >> bit & 1]:
            told.append(
                f"bit{'s' * (len(bits) > 1)} {', '.join(bits)} {'is' if len(bits) == 1 else 'are'} {words}"
            )
    change = _with_bits(masks["0"], masks["1"], masks["inverted"])
    return Cause(f"of all samples {'; '.join(told)}", _BITS, True, change) if told else None


def _where_bit(sent: Int64, seen: Int64) -> Cause | None:
    """Samples that have one bit set, or not set, are off by the same figure."""
    off = (seen - sent).astype(np.int16).astype(np.int64)  # as it wraps
    figures = np.unique(off[off != 0])
    if len(np.unique(sent)) < LEAST_BITS or len(figures) != 1 or np.count_nonzero(off) < LEAST_ABOVE:
        return None
    by = int(figures[0])
    for bit in range(16):
        for is_set in (True, False):
            if np.array_equal((sent >> bit & 1 == 1) == is_set, off != 0):
                told = f"samples whose bit {bit} is {'set' if is_set else 'not set'} are off by {by:+,}"
                if is_set and by == -(2 << bit):
                    told += f": their low {bit + 1} bits are taken for a number with a sign"
                return Cause(told, _BITS, True, _off_where(bit, is_set, by))
    return None


def _off_where(bit: int, is_set: bool, by: int) -> Change:
    def change(x: Int16) -> Int16:
        wide = x.astype(np.int64)
        return (wide + by * ((wide >> bit & 1 == 1) == is_set)).astype(np.int16)

    return change


def _with_bits(cleared: int, set_: int, inverted: int) -> Change:
    def change(x: Int16) -> Int16:
        bits = x.astype(np.int64) & 0xFFFF
        return (((bits ^ inverted) & ~cleared) | set_).astype(np.uint16).view(np.int16)

    return change


def _gate(level: int) -> Change:
    return lambda x: np.where(np.abs(x.astype(np.int64)) < level, np.int16(0), x)
