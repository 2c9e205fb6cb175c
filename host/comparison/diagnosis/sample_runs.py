"""Samples that come from elsewhere, piece by piece: exchanged, reversed, or moved, each as far as is read from them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16
from .figures import Cause
from .places import ordinal
from .sample_ways import Change

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

RATES = ((1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (4, 1), (2, 3), (3, 2), (3, 4), (4, 3))
LEAST_RUN = 6  # samples of different value, so that a piece is no chance
MOST_RUNS = 24
MOST_TOLD = 3

_CURE = (
    "Look at the device's sample buffers (halves of a DMA buffer, ring indices, the order in which pieces are copied), "
    "and at which sample each place of a column takes"
)


@dataclass(frozen=True)
class Run:
    """A piece of a column: its places from `begin` to before `end`, and where it comes from.

    Attributes:
        by: places by which its source is before it; of a reversed one, the sum of a place and its source.
    """

    begin: int
    end: int
    by: int
    reversed: bool = False

    @property
    def sources(self) -> Int64:
        """Places that it comes from, counted from the column's first sample."""
        places = np.arange(self.begin, self.end)
        return self.by - places if self.reversed else places - self.by

    @property
    def told(self) -> str:
        """In words."""
        which = f"samples {self.begin} to {self.end - 1}"
        if self.reversed:
            return f"{which} are {int(self.sources.max())} down to {int(self.sources.min())}"
        return f"{which} are those {abs(self.by)} {'before' if self.by > 0 else 'behind'} them"


def by_runs(stream: Int64, sent: Int64, seen: Int64, known: Mask) -> Cause | None:
    """Pieces of a column that come from elsewhere; None where some samples come from nowhere.

    Args:
        stream: int64, those streamed, the column's at their end.
        sent, seen, known: of the column, as for `samples_cause`.
    """
    runs = _runs(stream, sent, seen, known)
    if not runs:
        return None
    count = len(sent)
    sources = np.arange(count)
    for run in runs:
        sources[run.begin : run.end] = run.sources
    within = bool((sources >= 0).all() and (sources < count).all())
    of_column: tuple[Change, ...] = (lambda x: x[: len(sources)][sources],) if within else ()
    length = _exchanged(runs, sources, known & (sent != seen))
    if length and len(runs) == 2:
        first, second = runs
        pieces = f"{first.begin} to {first.end - 1} and {second.begin} to {second.end - 1}"
        return Cause(f"samples {pieces} of a column are exchanged", _CURE, True, of_column=of_column)
    if length:
        told = f"pieces of {length} samples are exchanged, each with the one behind it"
        return Cause(told, _CURE, True, lambda x: _in_pairs(x, length), 2 * length)
    told = "; ".join(run.told for run in runs[:MOST_TOLD])
    more = f"; and {len(runs) - MOST_TOLD} more pieces" if len(runs) > MOST_TOLD else ""
    return Cause(f"of a column {told}{more}", _CURE, True, of_column=of_column)


def by_rate(sent: Int64, seen: Int64, known: Mask) -> Cause | None:
    """A column's samples are taken at another rate: each some times, or only each so manieth, from the first one on."""
    places = np.arange(len(sent))
    for up, down in RATES:
        sources = places * up // down
        inside = known & (sources < len(sent))
        told = inside & (seen != sent)
        if len(np.unique(seen[told])) < LEAST_RUN or not np.array_equal(sent[sources[inside]], seen[inside]):
            continue
        whole = bool((sources < len(sent)).all())
        change: tuple[Change, ...] = (lambda x, sources=sources: x[: len(sources)][sources],) if whole else ()  # type: ignore[misc]
        which = (
            f"place n of a column holds its sample n × {up} / {down}"
            if up > 1 and down > 1
            else (
                f"of a column each sample stands {down} times, in the place of those behind it"
                if up == 1
                else f"of a column only each {up}{ordinal(up)} sample is there"
            )
        )
        return Cause(which, _CURE, True, of_column=change)
    return None


def _exchanged(runs: list[Run], sources: Int64, wrong: Mask) -> int:
    """The length of pieces that are exchanged in pairs from the column's beginning on; 0 where they are not."""
    length = abs(runs[0].by)
    if any(run.reversed or abs(run.by) != length for run in runs):
        return 0
    two = len(runs) == 2 and runs[0].end - runs[0].begin == runs[1].end - runs[1].begin
    return length if two or (sources == _paired(len(sources), length))[wrong].all() else 0


def _in_pairs(samples: Int16, length: int) -> Int16:
    places = _paired(len(samples), length)
    return samples[np.minimum(places, max(0, len(samples) - 1))] if len(samples) else samples


def _paired(count: int, length: int) -> Int64:
    places = np.arange(count)
    return np.where(places // length % 2, places - length, places + length)


def _runs(stream: Int64, sent: Int64, seen: Int64, known: Mask) -> list[Run]:
    """Pieces that together give all samples that differ; empty where there are no such, too many, or several."""
    wrong = np.flatnonzero(known & (sent != seen))
    runs: list[Run] = []
    place = 0
    while len(left := wrong[wrong >= place]):
        found = list(_from(stream, len(sent), seen, known, place, int(left[0])))
        farthest = max((run.end for run in found), default=0)
        found = [run for run in found if run.end == farthest]
        if len(found) != 1 or len(runs) == MOST_RUNS:
            return []  # what is the same again and again comes from anywhere
        runs += found
        place = farthest
    return runs


def _from(stream: Int64, count: int, seen: Int64, known: Mask, first: int, wrong: int) -> Iterator[Run]:
    """Pieces that hold a place that is wrong, from the nearest place on from which they may begin."""
    begin = len(stream) - count  # of the column within the stream
    for there in np.flatnonzero(stream == seen[wrong]).tolist():
        source = there - begin
        for reverse in (False, True):
            by = source + wrong if reverse else wrong - source
            places = np.arange(first, count)
            at = begin + (by - places if reverse else places - by)
            inside = (at >= 0) & (at < len(stream))
            same = (
                np.where(inside, stream[np.clip(at, 0, len(stream) - 1)] == seen[places], False)
                | ~known[places]
            )
            offset = wrong - first
            bad = np.flatnonzero(~same)
            end = int(bad[bad > offset][0]) if (bad > offset).any() else len(same)
            start = int(bad[bad < offset][-1]) + 1 if (bad < offset).any() else 0
            run = Run(first + start, first + end, by, reverse)
            if len(np.unique(seen[run.begin : run.end][known[run.begin : run.end]])) >= LEAST_RUN:
                yield run
