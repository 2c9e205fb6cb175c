"""Which samples a column was made of on the device, held against those sent: what was done to them on the way."""

import numpy as np
from numpy.typing import NDArray

from .figures import Cause, places_told
from .levels_read import by_level
from .sample_ways import BY_PIECES, PLAIN

Int64 = NDArray[np.int64]

FARTHEST = 128  # samples by which they may have moved
TAPS = 4  # samples of a filter's memory
LEAST = 24  # that are known, for a filter to be read from
MOST_ALIKE = 2  # ways that give the same samples and are told; more say nothing
LEAST_SPREAD = 64  # of samples, so that a rounding does not hide a factor
ROUNDED = 1.0  # a step
LEAST_FADED = 24  # the same where the factor changes over the column
LEAST_STEEP = 0.02  # by which a factor changes over a column
LEAST_PART = 5e-3  # of the largest factor of a filter, or of 1, that is told
MOST_TOLD = 3
MOVES = (2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64)  # of a part of the samples
LEAST_MOVED = 6
# Samples before, samples after, and values that came out before, which a filter may take.
FILTERS = ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 1), (3, 0, 0), (1, 1, 0), (2, 0, 2), (3, 3, 0))

_SAMPLES = "Look at what is done to samples between AUDIO and the front end on the device"
_MOVED = "Look at the buffers that samples pass before the front end on the device (delay, ring, a first or last one)"
_FILTER = "Look at what filters samples before the front end on the device"


def samples_cause(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause:
    """What was done to samples, and where to look; at least which of them are others.

    Args:
        sent, seen: int64 [n], those of one column.
        known: bool [n], where both are.
    """
    found = _by_ways(sent, seen, known) or by_level(sent[known], seen[known]) or _moved(sent, seen, known)
    return found or _filtered(sent, seen, known) or _faded(sent, seen, known) or _where(sent, seen, known)


def _by_ways(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By one of the known ways; None also where several give the same, which then say nothing."""
    samples = sent.astype(np.int16)
    for ways in (PLAIN, BY_PIECES):
        found = [
            way for way in ways if np.array_equal(way.change(samples).astype(np.int64)[known], seen[known])
        ]
        if 0 < len(found) <= MOST_ALIKE:
            told = "; or, which gives the same here: ".join(way.told for way in found)
            return Cause(told, found[0].cure, True)
        if found:
            return None
    return None


def _moved(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By some samples; what moved in from beyond the column is not known."""
    farthest = min(FARTHEST, len(sent) - LEAST)
    for far in range(1, farthest + 1):
        begin, end = slice(-far), slice(far, None)
        for way, ours, theirs in (("late", begin, end), ("ahead", end, begin)):
            among = known[theirs]
            values = sent[ours][among]
            if among.sum() >= LEAST and np.ptp(values) and np.array_equal(values, seen[theirs][among]):
                return Cause(f"the samples are {far} sample{'s' * (far > 1)} {way}", _MOVED, True)
    return None


def _faded(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """A factor that grows or shrinks from sample to sample."""
    places = np.flatnonzero(known & (np.abs(seen) < 32767))
    if len(places) < LEAST or np.ptp(seen[places]) < LEAST_FADED:
        return None
    values = sent[places].astype(np.float64)
    matrix = np.stack([values, values * places], axis=1)
    (begin, step), *_ = np.linalg.lstsq(matrix, seen[places].astype(np.float64), rcond=None)
    if (
        np.abs(matrix @ (begin, step) - seen[places]).max() > ROUNDED + 0.5
        or abs(step) * len(sent) < LEAST_STEEP
    ):
        return None
    # the 0 takes the sign off -0.00
    first, last = (round(factor, 2) + 0 for factor in (begin, begin + step * len(sent)))
    told = f"samples are about {first:.2f} times what they must be at the column's begin"
    return Cause(f"{told} and {last:.2f} times at its end (faded {'in' if step > 0 else 'out'})", _FILTER)


def _filtered(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """A sum of the samples around each one, and of what came out before it, with fixed factors."""
    if (np.abs(seen - sent)[known] <= ROUNDED).all():
        return None  # once what it must be, which tells nothing
    rows = np.arange(TAPS, len(sent) - TAPS)
    for back, ahead, out in FILTERS:
        sure = rows[[bool(known[row - TAPS : row + TAPS + 1].all()) for row in rows]]
        inner = sure[np.abs(seen[sure]) < 32767]
        if len(inner) < LEAST or np.ptp(seen[inner]) < LEAST_SPREAD:
            return None
        names = [*((sent, -k) for k in range(back + 1)), *((sent, k) for k in range(1, ahead + 1))]
        names += [(seen, -k) for k in range(1, out + 1)]
        matrix = np.stack([values[inner + at].astype(np.float64) for values, at in names], axis=1)
        factors, *_ = np.linalg.lstsq(matrix, seen[inner].astype(np.float64), rcond=None)
        missed = np.abs(matrix @ factors - seen[inner])
        if missed.max() > ROUNDED + 0.5 or np.linalg.matrix_rank(matrix) < len(names):
            continue
        if back == ahead == out == 0:
            return Cause(f"each sample is about {factors[0]:.4g} times what it must be", _FILTER)
        return Cause(f"each sample is about {_sum_told(factors, names, sent)}", _FILTER)
    return None


def _sum_told(factors: NDArray[np.float64], names: list[tuple[Int64, int]], sent: Int64) -> str:
    parts = []
    least = LEAST_PART * min(1.0, np.abs(factors).max())
    for factor, (values, at) in zip(factors, names, strict=True):
        if abs(factor) < least:
            continue
        of = "its own" if values is sent else "of what came out"
        if at:
            count = "the one" if abs(at) == 1 else f"that {abs(at)}"
            of = f"{count} {'before' if at < 0 else 'after'} it" + (
                " as it came out" if values is not sent else ""
            )
        parts.append(f"{factor:.3g} times {of}")
    return ", and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _where(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause:
    """The samples that are others, by their places in the column."""
    wrong = np.flatnonzero(known & (seen != sent))
    return Cause(f"of the column's samples {_which(sent, seen, wrong, len(sent))}", _SAMPLES)


def _which(sent: Int64, seen: Int64, wrong: Int64, count: int) -> str:
    where, values = places_told(wrong, count, "number", "numbers"), seen[wrong]
    if len(wrong) > 1 and not np.ptp(values):
        return f"{where} come as {values.max():,}"
    if len(wrong) > 1 and wrong[0] and np.array_equal(values, seen[wrong - 1]):
        return f"{where} come as the one before them"
    for by in (1, -1, *MOVES):
        there = wrong - by
        inside = len(wrong) >= LEAST_MOVED and there.min() >= 0 and there.max() < count
        if inside and np.array_equal(values, sent[there]):
            side, way = ("before", "early") if by > 0 else ("behind", "late")
            which = f"{abs(by)} " * (abs(by) > 1) + f"{side} it"
            return f"{where} come as the one {which}: that part is read {abs(by)} too {way}"
    shown = _pairs(sent, seen, wrong[:MOST_TOLD])
    if len(wrong) > MOST_TOLD:
        return f"{where} are others than those sent, e.g. {shown}"
    return f"{len(wrong)} {'is another than' if len(wrong) == 1 else 'are others than those'} sent: {shown}"


def _pairs(sent: Int64, seen: Int64, places: Int64) -> str:
    return ", ".join(f"number {at} is {seen[at]:,} instead of {sent[at]:,}" for at in places.tolist())
