"""Which samples a column was made of on the device, held against those sent: what was done to them on the way."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .figures import Cause, factor_of, places_told
from .sample_ways import BY_PIECES, PLAIN

Int64 = NDArray[np.int64]

FARTHEST = 128  # samples by which they may have moved
TAPS = 4  # samples of a filter's memory
LEAST = 24  # that are known, for a filter to be read from
MOST_ALIKE = 2  # ways that give the same samples and are told; more say nothing
LEAST_LIMITED = 3  # samples at a limit
LEAST_SPREAD = 64  # of samples, so that a rounding does not hide a factor
LEAST_ABOVE = 6  # samples beyond a level, for a slope to be read from
ROUNDED = 1.0  # a step
MOST_TOLD = 3

Told = tuple[str, str]  # what is done, and where to look

_SAMPLES = "Look at what is done to samples between AUDIO and the front end on the device"
_MOVED = "Look at the buffers that samples pass before the front end on the device (delay, ring, a first or last one)"
_FILTER = "Look at what filters samples before the front end on the device"


def samples_cause(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause:
    """What was done to samples, and where to look; at least which of them are others.

    Args:
        sent, seen: int64 [n], those of one column.
        known: bool [n], where both are.
    """
    for told, cure in _explained(sent, seen, known):
        return Cause(told, cure, True)
    return Cause(_where(sent, seen, known), _SAMPLES)


def _explained(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Iterator[Told]:
    yield from _changed(sent, seen, known)
    yield from _moved(sent, seen, known)
    yield from _filtered(sent, seen, known)


def _changed(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Iterator[Told]:
    """By one of the known ways, or by a figure that the samples themselves tell."""
    samples = sent.astype(np.int16)
    for ways in (PLAIN, BY_PIECES):
        found = [way for way in ways if np.array_equal(way.change(samples).astype(np.int64)[known], seen[known])]
        if 0 < len(found) <= MOST_ALIKE:
            yield "; or, which gives the same here: ".join(way.told for way in found), found[0].cure
        if found:
            return
    yield from _limited(sent[known], seen[known])
    wrong, right = (sent != seen) & known, (sent == seen) & known
    if right.any() and wrong.sum() >= LEAST_ABOVE and not seen[wrong].any():
        level = int(np.abs(sent[wrong]).max())
        if level < int(np.abs(sent[right & (sent != 0)]).min(initial=32768)):
            yield f"samples of at most {level:,} come as 0", _SAMPLES


def _limited(sent: Int64, seen: Int64) -> Iterator[Told]:
    high, low = int(seen.max()), int(seen.min())
    limited = np.count_nonzero((seen != sent) & ((seen == high) | (seen == low)))
    if limited >= LEAST_LIMITED and np.array_equal(np.clip(sent, low, high), seen):
        yield f"samples are limited to {f'±{high:,}' if high == -low else f'{low:,} to {high:,}'}", _SAMPLES
    off = np.unique((seen - sent)[np.abs(seen) < 32767])
    if len(off) == 1:
        yield f"{off[0]:+,} is added to each sample", _SAMPLES
    wrong = np.abs(sent[sent != seen])
    level = int(np.abs(sent[sent == seen]).max(initial=0))
    if level and len(wrong) >= LEAST_ABOVE and wrong.min() >= level:
        beyond = np.abs(sent) - level
        factor = factor_of(beyond[sent != seen], np.abs(seen[sent != seen]) - level)
        if factor is not None:
            yield f"what samples have above about {level:,} counts {factor:.3g} times (limited)", _SAMPLES


def _moved(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Iterator[Told]:
    """By some samples; what moved in from beyond the column is not known."""
    for by in sorted(range(-FARTHEST, FARTHEST + 1), key=abs):
        if not by or len(sent) - abs(by) < LEAST:
            continue
        ours = sent[max(0, by) : len(sent) + min(0, by)]
        place = slice(max(0, -by), len(sent) - max(0, by))
        among = known[place]
        if among.sum() >= LEAST and np.ptp(ours[among]) and np.array_equal(ours[among], seen[place][among]):
            count = f"{abs(by)} sample{'s' * (abs(by) > 1)}"
            yield f"the samples are {count} {'ahead' if by > 0 else 'late'}", _MOVED


def _filtered(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Iterator[Told]:
    """A sum of the samples around each one, and of what came out before it, with fixed factors."""
    rows = np.arange(TAPS, len(sent) - TAPS)
    for back, ahead, out in ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 1), (3, 0, 0), (1, 1, 0), (2, 0, 2), (3, 3, 0)):
        sure = rows[[bool(known[row - TAPS : row + TAPS + 1].all()) for row in rows]]
        inner = sure[np.abs(seen[sure]) < 32767]
        if len(inner) < LEAST or np.ptp(seen[inner]) < LEAST_SPREAD:
            return
        names = [*((sent, -k) for k in range(back + 1)), *((sent, k) for k in range(1, ahead + 1))]
        names += [(seen, -k) for k in range(1, out + 1)]
        matrix = np.stack([values[inner + at].astype(np.float64) for values, at in names], axis=1)
        factors, *_ = np.linalg.lstsq(matrix, seen[inner].astype(np.float64), rcond=None)
        missed = np.abs(matrix @ factors - seen[inner])
        if missed.max() > ROUNDED + 0.5 or np.linalg.matrix_rank(matrix) < len(names):
            continue
        if back == ahead == out == 0:
            yield f"each sample is {factors[0]:.4g} times what it must be", _FILTER
            return
        yield f"each sample is {_sum_told(factors, names, sent)}", _FILTER
        return


def _sum_told(factors: NDArray[np.float64], names: list[tuple[Int64, int]], sent: Int64) -> str:
    parts = []
    for factor, (values, at) in zip(factors, names, strict=True):
        if abs(factor) < 5e-3:
            continue
        of = "its own" if values is sent else "of what came out"
        if at:
            count = "the one" if abs(at) == 1 else f"that {abs(at)}"
            of = f"{count} {'before' if at < 0 else 'after'} it" + (" as it came out" if values is not sent else "")
        parts.append(f"{factor:.3g} times {of}")
    return ", and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) + " (rounded)"


def _where(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> str:
    """The samples that are others, by their places in the column."""
    wrong = np.flatnonzero(known & (seen != sent))
    where = places_told(wrong, len(sent), "sample", "samples")
    values = seen[wrong]
    if (values == values[0]).all():
        return f"of the column's samples {where} come as {values[0]:,}" if len(wrong) > 1 else _one(sent, seen, wrong)
    if wrong[0] and np.array_equal(values, seen[wrong - 1]):
        return f"of the column's samples {where} come as the one before them"
    return _one(sent, seen, wrong) if len(wrong) <= MOST_TOLD else (
        f"of the column's samples {where} are others than those sent, e.g. {_pairs(sent, seen, wrong[:MOST_TOLD])}"
    )  # fmt: skip


def _one(sent: Int64, seen: Int64, wrong: Int64) -> str:
    which = "is another than sent" if len(wrong) == 1 else "are others than those sent"
    return f"of the column's samples {len(wrong)} {which}: {_pairs(sent, seen, wrong)}"


def _pairs(sent: Int64, seen: Int64, places: Int64) -> str:
    return ", ".join(f"sample {at} is {seen[at]:,} instead of {sent[at]:,}" for at in places.tolist())
