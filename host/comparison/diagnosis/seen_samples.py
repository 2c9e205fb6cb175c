"""Which samples a column was made of on the device, held against those sent: what was done to them on the way."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .factor_read import by_one_factor
from .figures import OR_ELSE, Cause, places_told
from .fitted_samples import echoed, faded, filtered
from .last_ones import last_of_chunks
from .levels_read import by_level
from .placed_samples import by_places, exchanged
from .sample_runs import by_rate, by_runs
from .sample_ways import BY_PIECES, PIECES, PLAIN, Change, Way

Int64 = NDArray[np.int64]

LONGEST = max(PIECES)  # which all shorter ones divide
EDGE = 4  # samples at either end of a column, which may depend on others than those streamed
FARTHEST = 128  # samples by which they may have moved
LEAST = 24  # that are known, for a filter to be read from
MOST_ALIKE = 2  # ways that give the same samples and are told; more say nothing
MOST_TOLD = 3
LEAST_NOISY = 24  # samples, for what they are off by to be called noise
MOST_NOISE = 16
LEAST_DRIFT = 4  # steps between the most and the least of what changes slowly
LIKE = 0.5  # correlation; noise has none
MOVES = (2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, 256, 512)  # of a part of the samples
LEAST_MOVED = 6

_SAMPLES = "Look at what is done to samples between AUDIO and the front end on the device"
_MOVED = "Look at the buffers that samples pass before the front end on the device (delay, ring, a first or last one)"


def samples_cause(sent: Int64, seen: Int64, known: NDArray[np.bool_], before: Int64 | None = None) -> Cause:
    """What was done to samples, and where to look; at least which of them are others.

    Args:
        sent, seen: int64 [n], those of one column.
        known: bool [n], where both are.
        before: int64, what was streamed before them, from its beginning on; None: nothing.
    """
    stream, first = sent, 0
    if before is not None:  # from where a piece begins
        stream = np.concatenate([before[-(len(before) % LONGEST + LONGEST) :], sent])
        first = len(before)
    found = _by_ways(stream, sent, seen, known) or by_level(sent[known], seen[known])
    found = _with_column_mean(sent, seen, known, found)
    found = found or by_places(stream, sent, seen, known, first) or by_one_factor(sent, seen, known)
    found = found or _moved(sent, seen, known) or by_runs(stream, sent, seen, known)
    found = found or by_rate(sent, seen, known)
    found = found or filtered(sent, seen, known) or faded(sent, seen, known)
    found = found or exchanged(sent, seen, known)
    wrong = np.flatnonzero(known & (seen != sent))
    if found is None and not (exact := _exactly(stream, sent, seen, wrong)):
        found = filtered(sent, seen, known, some=True) or echoed(stream, sent, seen, known)
    return found or Cause(f"of the column's samples {exact or others_told(sent, seen, wrong)}", _SAMPLES)


def _by_ways(stream: Int64, sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By one of the known ways; None also where several give the same, which then say nothing."""
    samples = stream.astype(np.int16)
    inner = known & (np.arange(len(sent)) >= EDGE) & (np.arange(len(sent)) < len(sent) - EDGE)
    for among in (known, inner):
        for ways in (PLAIN, BY_PIECES):
            told = (way for way in ways if way.pieces < len(samples))  # one piece alone tells no length
            found = [way for way in told if _gives(way, samples, sent, seen, among)]
            if 0 < len(found) <= MOST_ALIKE:
                words = OR_ELSE.join(way.told for way in found)
                return Cause(words, found[0].cure, among is known)
            if found:
                return None
    return None


def _with_column_mean(
    sent: Int64, seen: Int64, known: NDArray[np.bool_], found: Cause | None
) -> Cause | None:
    """The mean of the column's own samples is taken off them; `found` gives the same here."""
    mean = float(sent.mean())
    for how, off in (
        ("", math.trunc(mean)),
        (", rounded down,", math.floor(mean)),
        (", rounded,", round(mean)),
    ):
        if off and np.array_equal(np.clip(sent - off, -32768, 32767)[known], seen[known]):
            told = f"the mean of each column's samples{how} is taken off them"
            if found is not None:
                told += f"; or, which gives the same here: {found.told}"
            return Cause(
                told,
                _SAMPLES,
                True,
                None if found is None else found.change,
                of_column=(_centred(how, False), _centred(how, True)),
            )
    return found


def _centred(how: str, wraps: bool) -> Change:
    rounds: Callable[[float], int] = math.trunc
    if how:
        rounds = math.floor if "down" in how else round

    def change(samples: Int16) -> Int16:
        off = rounds(float(samples.astype(np.int64).mean()))
        less = samples.astype(np.int64) - off
        return (less if wraps else np.clip(less, -32768, 32767)).astype(np.int16)

    return change


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


def others_told(sent: Int64, seen: Int64, wrong: Int64) -> str:
    """The samples that are others, by their places in the column."""
    off = (seen - sent)[wrong]
    if len(wrong) >= LEAST_NOISY and np.abs(off).max() <= MOST_NOISE and off.min() < 0 < off.max():
        figure = int(np.abs(off).max())
        if what := _no_noise(sent, seen - sent):
            return f"{len(wrong)} of {len(sent)} are off by {off.min():+} to {off.max():+}, {what}"
        return f"{len(wrong)} of {len(sent)} are off by at most {figure} either way, as by noise that is added (dither)"
    shown = _pairs(sent, seen, wrong[:MOST_TOLD])
    if len(wrong) > MOST_TOLD:
        where = places_told(wrong, len(sent), "number", "numbers")
        parted = last_of_chunks(wrong, len(sent))
        return f"{where} are others than those sent, e.g. {shown}" + (f"; {parted}" if parted else "")
    return f"{len(wrong)} {'is another than' if len(wrong) == 1 else 'are others than those'} sent: {shown}"


def _no_noise(sent: Int64, off: Int64) -> str:
    """What samples are off by, where that is no noise: it is nearly what it was, or follows the samples."""
    if np.ptp(off) >= LEAST_DRIFT and _alike(off[:-1], off[1:]) > LIKE:
        return "by a value that changes slowly: a mean that is taken off, or a drift"
    if max(abs(_alike(off, sent)), abs(_alike(np.diff(off), sent[1:]))) > LIKE:
        return "by a value that follows the samples: a slow mean that is taken off, or a filter"
    return ""


def _alike(one: Int64, other: Int64) -> float:
    """Their correlation; 0 where one of them does not change."""
    near = np.abs(one) <= MOST_NOISE * 2  # what is not known may be anything
    one, other = one[near], other[near]
    if len(one) < LEAST_NOISY or not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _pairs(sent: Int64, seen: Int64, places: Int64) -> str:
    return ", ".join(f"number {at} is {seen[at]:,} instead of {sent[at]:,}" for at in places.tolist())
