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
TRIED = 64  # levels from the one on that is read

_LEVEL = "Look at what limits or gates samples between AUDIO and the front end on the device"


def by_level(sent: Int64, seen: Int64) -> Cause | None:
    """What a sample's size alone decides; None when nothing of the kind gives all of them."""
    if not len(sent):
        return None
    return _limits(sent, seen) or _offset(sent, seen) or _knee(sent, seen) or _quiet(sent, seen)


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
    return Cause(f"{off[0]:+,} is added to each sample", _LEVEL, True, _added(int(off[0])))


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
    read = float(np.polyfit(sizes, came, 1)[0])
    slope = min(SLOPES, key=lambda each: abs(each - read))
    level = round(float(np.median(came - slope * sizes)) / (1 - slope))
    # what is rounded down tells a level too low, none too high
    for near in range(max(LEAST_LEVEL, level), level + TRIED):
        change = _bent(near, slope)
        if np.array_equal(change(sent.astype(np.int16)).astype(np.int64), seen):
            told = f"what samples have above {near:,} counts {slope:.3g} times (a limiter)"
            return Cause(told, _LEVEL, True, change)
    return None


def _bent(level: int, slope: float) -> Change:
    def change(x: Int16) -> Int16:
        size = np.abs(x.astype(np.int64))
        beyond = np.maximum(size - level, 0)
        # the epsilon: a third of three is one
        kept = np.minimum(size, level) + np.floor(beyond * slope + 1e-9).astype(np.int64)
        return (np.sign(x) * kept).astype(np.int16)

    return change


def _quiet(sent: Int64, seen: Int64) -> Cause | None:
    wrong, right = sent != seen, (sent == seen) & (sent != 0)
    if wrong.sum() < LEAST_ABOVE or seen[wrong].any() or not right.any():
        return None
    level, least = int(np.abs(sent[wrong]).max()), int(np.abs(sent[right]).min())
    if level >= least:
        return None
    return Cause(f"samples of at most about {level:,} come as 0", _LEVEL, True, _gate(level + 1))


def _gate(level: int) -> Change:
    return lambda x: np.where(np.abs(x.astype(np.int64)) < level, np.int16(0), x)
