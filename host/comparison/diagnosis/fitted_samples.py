"""What was done to a column's samples, fitted to those seen: a filter, a fade, an echo, with their factors."""

import numpy as np
from numpy.typing import NDArray

from .figures import Cause, places_told

Int64 = NDArray[np.int64]

LEAST = 24  # that are known, for a filter to be read from
TAPS = 4  # samples of a filter's memory
MOST_SOME = 0.75  # of the samples, that are filtered where others are right
MOST_OFF = 3  # samples that are something else where a filter gives all others
MOST_KEPT = 0.999  # of what came out before; at 1 any sum fits that has a step in it
LEAST_SPREAD = 64  # of samples, so that a rounding does not hide a factor
ROUNDED = 1.0  # a step
LEAST_FADED = 24  # the same where the factor changes over the column
LEAST_STEEP = 0.02  # by which a factor changes over a column
LEAST_PART = 5e-3  # of the largest factor of a filter, or of 1, that is told
# Samples before, samples after, and values that came out before, which a filter may take.
FILTERS = ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 1), (3, 0, 0), (1, 1, 0), (2, 0, 2), (3, 3, 0))
FARTHEST = 128  # samples by which an echo may be late

_FILTER = "Look at what filters samples before the front end on the device"


def faded(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
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


def filtered(sent: Int64, seen: Int64, known: NDArray[np.bool_], some: bool = False) -> Cause | None:
    """A sum of the samples around each one, and of what came out before it, with fixed factors.

    Args:
        sent, seen, known: as above.
        some: only those that are others are made so.
    """
    rows = np.arange(TAPS, len(sent) - TAPS)
    rows = rows[[bool(known[row - TAPS : row + TAPS + 1].all()) for row in rows]]
    which = "each"
    if some:
        wrong = rows[seen[rows] != sent[rows]]
        if not LEAST <= len(wrong) <= MOST_SOME * len(rows):
            return None
        which = f"of {_some(sent, wrong, rows[seen[rows] == sent[rows]])}: each"
        rows = wrong
    for back, ahead, out in FILTERS:
        names = [*((sent, -k) for k in range(back + 1)), *((sent, k) for k in range(1, ahead + 1))]
        names += [(seen, -k) for k in range(1, out + 1)]
        factors = _factors(names, seen, rows)
        if factors is None or (out and abs(factors[-out:].sum()) > MOST_KEPT):
            continue
        if back == ahead == out == 0:
            return Cause(f"{which} sample is about {factors[0]:.4g} times what it must be", _FILTER)
        return Cause(f"{which} sample is about {_sum_told(factors, names, sent)}", _FILTER)
    return None


def _some(sent: Int64, wrong: Int64, right: Int64) -> str:
    """Which samples are others: those of one sign, or some by their places."""
    for sign, word in ((-1, "negative"), (1, "positive")):
        if (sent[wrong] * sign > 0).all() and (sent[right] * sign <= ROUNDED).all():
            return f"{word} samples, and of no others"
    return places_told(wrong, len(sent), "sample", "samples")


def _factors(names: list[tuple[Int64, int]], seen: Int64, rows: Int64) -> NDArray[np.float64] | None:
    """Those by which samples give the ones seen, all but a few; None where there are none."""
    rows = rows[np.abs(seen[rows]) < 32767]
    sent = names[0][0]
    for _ in range(2):  # of all, and of all but a few that are something else
        steps = np.abs(seen - sent)[rows]
        if len(rows) < LEAST or np.ptp(seen[rows]) < LEAST_SPREAD or (steps <= ROUNDED).all():
            return None  # the last: once what it must be, which tells nothing
        matrix = np.stack([values[rows + at].astype(np.float64) for values, at in names], axis=1)
        factors, *_ = np.linalg.lstsq(matrix, seen[rows].astype(np.float64), rcond=None)
        missed = np.abs(matrix @ factors - seen[rows])
        if missed.max() <= ROUNDED + 0.5:
            return factors if np.linalg.matrix_rank(matrix) == len(names) else None
        rows = rows[np.argsort(missed, kind="stable")[:-MOST_OFF]]
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


def echoed(stream: Int64, sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """Each sample with a part of one some way before it, as it was sent or as it came out."""
    begin, places = len(stream) - len(sent), np.arange(len(sent))
    for far in range(TAPS, FARTHEST + 1):
        for source, first in ((stream, begin - far), (seen, -far)):
            rows = places[known & (places + first >= 0)]
            if source is seen:
                rows = rows[known[rows - far]]
            earlier = np.zeros(len(sent), np.int64)
            earlier[rows] = source[rows + first]
            factors = _factors([(sent, 0), (earlier, 0)], seen, rows)
            if factors is None or (source is seen and abs(factors[1]) > MOST_KEPT):
                continue
            told = f"{factors[0]:.3g} times its own, and {factors[1]:.3g} times the one {far} before it"
            return Cause(
                f"each sample is about {told}{' as it came out' * (source is seen)} (an echo)", _FILTER
            )
    return None
