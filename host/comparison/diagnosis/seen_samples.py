"""Which samples a column was made of on the device, held against those sent: what was done to them on the way."""

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .figures import Cause, places_told
from .levels_read import by_level
from .sample_ways import BY_PIECES, PIECES, PLAIN, Way

Int64 = NDArray[np.int64]

LONGEST = max(PIECES)  # which all shorter ones divide
EDGE = 4  # samples at either end of a column, which may depend on others than those streamed
FARTHEST = 128  # samples by which they may have moved
TAPS = 4  # samples of a filter's memory
MOST_SOME = 0.75  # of the samples, that are filtered where others are right
MOST_OFF = 3  # samples that are something else where a filter gives all others
MOST_KEPT = 0.999  # of what came out before; at 1 any sum fits that has a step in it
LEAST = 24  # that are known, for a filter to be read from
MOST_ALIKE = 2  # ways that give the same samples and are told; more say nothing
LEAST_SPREAD = 64  # of samples, so that a rounding does not hide a factor
ROUNDED = 1.0  # a step
LEAST_FADED = 24  # the same where the factor changes over the column
LEAST_STEEP = 0.02  # by which a factor changes over a column
LEAST_PART = 5e-3  # of the largest factor of a filter, or of 1, that is told
MOST_TOLD = 3
MOVES = (2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, 256, 512)  # of a part of the samples
LEAST_MOVED = 6
# Samples before, samples after, and values that came out before, which a filter may take.
FILTERS = ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 1), (3, 0, 0), (1, 1, 0), (2, 0, 2), (3, 3, 0))

_SAMPLES = "Look at what is done to samples between AUDIO and the front end on the device"
_MOVED = "Look at the buffers that samples pass before the front end on the device (delay, ring, a first or last one)"
_FILTER = "Look at what filters samples before the front end on the device"


def samples_cause(sent: Int64, seen: Int64, known: NDArray[np.bool_], before: Int64 | None = None) -> Cause:
    """What was done to samples, and where to look; at least which of them are others.

    Args:
        sent, seen: int64 [n], those of one column.
        known: bool [n], where both are.
        before: int64, what was streamed before them, from its beginning on; None: nothing.
    """
    stream = sent
    if before is not None:  # from where a piece begins
        stream = np.concatenate([before[-(len(before) % LONGEST + LONGEST) :], sent])
    found = _by_ways(stream, sent, seen, known) or by_level(sent[known], seen[known])
    found = found or _moved(sent, seen, known) or _filtered(sent, seen, known) or _faded(sent, seen, known)
    wrong = np.flatnonzero(known & (seen != sent))
    if found is None and not (exact := _exactly(stream, sent, seen, wrong)):
        found = _filtered(sent, seen, known, some=True) or _echoed(stream, sent, seen, known)
    return found or Cause(f"of the column's samples {exact or _others(sent, seen, wrong)}", _SAMPLES)


def _by_ways(stream: Int64, sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By one of the known ways; None also where several give the same, which then say nothing."""
    samples = stream.astype(np.int16)
    inner = known & (np.arange(len(sent)) >= EDGE) & (np.arange(len(sent)) < len(sent) - EDGE)
    for among in (known, inner):
        for ways in (PLAIN, BY_PIECES):
            found = [way for way in ways if _gives(way, samples, sent, seen, among)]
            if 0 < len(found) <= MOST_ALIKE:
                told = "; or, which gives the same here: ".join(way.told for way in found)
                return Cause(told, found[0].cure, among is known)
            if found:
                return None
    return None


def _gives(way: Way, stream: Int16, sent: Int64, seen: Int64, among: NDArray[np.bool_]) -> bool:
    """Whether a way changes some of these samples, and gives all of them."""
    values = way.change(stream).astype(np.int64)[len(stream) - len(sent) :]
    return bool((values != sent)[among].any()) and np.array_equal(values[among], seen[among])


def _moved(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By some samples; what moved in from beyond the column is not known."""
    for far in range(1, FARTHEST + 1):
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


def _filtered(sent: Int64, seen: Int64, known: NDArray[np.bool_], some: bool = False) -> Cause | None:
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


def _echoed(stream: Int64, sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
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


def _exactly(stream: Int64, sent: Int64, seen: Int64, wrong: Int64) -> str:
    """What some samples are instead; empty where that is nothing plain."""
    where, values = places_told(wrong, len(sent), "number", "numbers"), seen[wrong]
    if len(wrong) < 2:
        return ""
    if not np.ptp(values):
        return f"{where} come as {values.max():,}"
    if wrong[0] and np.array_equal(values, seen[wrong - 1]):
        return f"{where} come as the one before them"
    moved = [
        by for by in (1, -1, *MOVES) if _comes_from(stream, values, wrong + len(stream) - len(sent) - by)
    ]
    if not moved or len(moved) > MOST_ALIKE:
        return ""  # what is the same again and again comes from anywhere
    told = []
    for by in moved:
        side, way = ("before", "early") if by > 0 else ("behind", "late")
        which = f"{abs(by)} " * (abs(by) > 1) + f"{side} it"
        told.append(f"the one {which}: that part is read {abs(by)} too {way}")
    return f"{where} come as {'; or, which gives the same here: '.join(told)}"


def _comes_from(stream: Int64, values: Int64, there: Int64) -> bool:
    inside = len(there) >= LEAST_MOVED and there.min() >= 0 and there.max() < len(stream)
    return bool(inside) and np.array_equal(values, stream[there])


def _others(sent: Int64, seen: Int64, wrong: Int64) -> str:
    """The samples that are others, by their places in the column."""
    shown = _pairs(sent, seen, wrong[:MOST_TOLD])
    if len(wrong) > MOST_TOLD:
        where = places_told(wrong, len(sent), "number", "numbers")
        return f"{where} are others than those sent, e.g. {shown}"
    return f"{len(wrong)} {'is another than' if len(wrong) == 1 else 'are others than those'} sent: {shown}"


def _pairs(sent: Int64, seen: Int64, places: Int64) -> str:
    return ", ".join(f"number {at} is {seen[at]:,} instead of {sent[at]:,}" for at in places.tolist())
