"""What was done to some of a column's samples, by their places: each so many of so many, or some exchanged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .figures import Cause
from .sample_ways import Change

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SURELY = 3  # periods in which samples are others, for one column to tell the period
MOST_OF = 0.75  # of a period's samples that are others; more are all of them
FARTHEST = (1, -1, 2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, 256, 512)
MOST_PAIRS = 3  # that are told
QUARTERS = 4  # of the window, whose samples make up one group of values

_PLACES = (
    "Look at the device's sample buffers: how many samples a copy moves (bytes or samples), ring indices, and what "
    "happens at the end of each piece"
)
_ORDER = "Look at which sample each group of fe_hann takes (fe_reversed, the distances between them)"


@dataclass(frozen=True)
class _Content:
    """What samples may be instead: in words, of these samples, and of any that change."""

    told: str
    values: Int64
    change: Callable[[Int16, Mask], Int16]


def by_places(stream: Int64, sent: Int64, seen: Int64, known: Mask, first: int) -> Cause | None:
    """Some samples of each so many are something else; None where no period gives all of them.

    Args:
        stream: int64, those streamed, the column's at their end.
        sent, seen, known: of the column, as for `samples_cause`.
        first: the number of the column's first sample, from the stream's beginning.
    """
    wrong = known & (sent != seen)
    places = first + np.arange(len(sent))
    for content in _contents(stream, sent, seen, wrong):
        if not np.array_equal(content.values[wrong], seen[wrong]):
            continue
        right = seen == content.values
        for period in range(2, len(sent) // 2 + 1):
            found = _residues(places % period, period, wrong, right | ~known)
            if found is None:
                continue
            often = len(np.unique(places[wrong] // period))
            if often < 2:
                break
            told = f"{_which(found, period)} of the stream's samples {content.told}"
            if often < SURELY:
                told += ", as far as one column tells"
            return Cause(told, _PLACES, often >= SURELY, _change(content, found, period), period)
    return None


def _residues(at: Int64, period: int, wrong: Mask, right: Mask) -> Int64 | None:
    """Which places of a period are others; None where one of them is not always so, or nearly all are."""
    ever_wrong, always = np.zeros(period, np.bool_), np.ones(period, np.bool_)
    ever_wrong[at[wrong]] = True
    always[at[~right]] = False
    if (ever_wrong & ~always).any() or ever_wrong.sum() > MOST_OF * period:
        return None
    between = np.roll(ever_wrong, 1) & np.roll(ever_wrong, -1)  # right by chance alone
    return np.flatnonzero(ever_wrong | (always & between))


def _which(found: Int64, period: int) -> str:
    count = len(found)
    run = count == 1 or (np.diff(found) == 1).all()
    if run and found[-1] == period - 1:
        return f"the last{f' {count}' * (count > 1)} of each {period}"
    if run and found[0] == 0:
        return f"the first{f' {count}' * (count > 1)} of each {period}"
    if run:
        numbers = f"number {found[0]}" if count == 1 else f"numbers {found[0]} to {found[-1]}"
    else:
        numbers = f"numbers {', '.join(map(str, found[:4].tolist()))}" + (
            f" and {count - 4} more" if count > 4 else ""
        )
    return f"{numbers} (from 0) of each {period}"


def _contents(stream: Int64, sent: Int64, seen: Int64, wrong: Mask) -> Iterator[_Content]:
    values = seen[wrong]
    if len(values) and not np.ptp(values):
        value = int(values[0])
        told = f"come as {value:,}"
        yield _Content(told, np.full_like(sent, value), lambda x, mask: np.where(mask, np.int16(value), x))
    before = np.concatenate([[sent[0]], seen[:-1]])
    yield _Content("come as the one before them", before, _held)
    begin = len(stream) - len(sent)
    for by in FARTHEST:
        there = begin + np.arange(len(sent)) - by
        inside = (there >= 0) & (there < len(stream))
        moved = np.where(inside, stream[np.clip(there, 0, len(stream) - 1)], seen + wrong)  # unknown
        way = "before" if by > 0 else "behind"
        which = f"come as the one {abs(by)} {way} them"
        yield _Content(which, moved, _moved(by))
    yield _Content(
        "come with the sign flipped", -sent, lambda x, mask: np.where(mask, -x, x).astype(np.int16)
    )


def _held(samples: Int16, mask: Mask) -> Int16:
    kept = np.where(mask, 0, np.arange(len(samples)))
    return samples[np.maximum.accumulate(kept)]


def _moved(by: int) -> Callable[[Int16, Mask], Int16]:
    def change(samples: Int16, mask: Mask) -> Int16:
        there = np.clip(np.arange(len(samples)) - by, 0, len(samples) - 1)
        return np.where(mask, samples[there], samples)

    return change


def _change(content: _Content, found: Int64, period: int) -> Change:
    return lambda x: content.change(x, np.isin(np.arange(len(x)) % period, found))


def exchanged(sent: Int64, seen: Int64, known: Mask) -> Cause | None:
    """Samples that stand in each other's places; None where some come from elsewhere."""
    wrong = np.flatnonzero(known & (sent != seen))
    if len(wrong) < 2 or len(np.unique(sent[wrong])) < len(wrong):
        return None
    there = {value: place for place, value in zip(wrong.tolist(), sent[wrong].tolist(), strict=True)}
    if not all(value in there for value in seen[wrong].tolist()):
        return None
    source = {place: there[value] for place, value in zip(wrong.tolist(), seen[wrong].tolist(), strict=True)}
    pairs = [(at, of) for at, of in source.items() if source[of] == at and at < of]
    if 2 * len(pairs) < len(wrong):
        shown = ", ".join(f"number {at} is number {of}" for at, of in list(source.items())[:MOST_PAIRS])
        return Cause(
            f"{len(wrong)} of the column's samples come in another order, e.g. {shown}", _ORDER, True
        )
    quarter = len(sent) // QUARTERS
    inner = {tuple(sorted((at % quarter, of % quarter))) for at, of in pairs}
    if len(inner) == 1 and len(pairs) == QUARTERS:
        a, b = inner.pop()
        told = (
            f"samples {a} and {b} of each quarter of the window are exchanged: two groups of four samples, as where "
            "two entries of fe_reversed are"
        )
        return Cause(told, _ORDER, True)
    shown = ", ".join(f"{at} and {of}" for at, of in pairs[:MOST_PAIRS])
    more = f" and {len(pairs) - MOST_PAIRS} more pairs" if len(pairs) > MOST_PAIRS else ""
    return Cause(f"of the column's samples numbers {shown}{more} are exchanged", _ORDER, True)
