"""Samples that come from elsewhere, piece by piece: exchanged, reversed, or moved, each as far as is read from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...printable import counted
from .evidence import Int16
from .figures import Cause
from .places import ordinal
from .sample_ways import Change

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Samples = TypeVar("Samples", Int16, Int64)

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
    reversed: bool

    @property
    def places(self) -> Int64:
        """Its own."""
        return np.arange(self.begin, self.end)

    @property
    def sources(self) -> Int64:
        """Places that it comes from, counted from the column's first sample."""
        return self.by - self.places if self.reversed else self.places - self.by

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
    sources = np.arange(len(sent))
    for run in runs:
        sources[run.begin : run.end] = run.sources
    within = bool((sources >= 0).all())
    of_column = (_taking(sources),) if within else ()
    if _are_exchanged(runs):
        pieces = " and ".join(f"{run.begin} to {run.end - 1}" for run in runs)
        return Cause(f"samples {pieces} of a column are exchanged", _CURE, True, of_column=of_column)
    if length := _exchanged(runs, sent, seen, known):
        told = f"pieces of {length} samples are exchanged, each with the one behind it"
        return Cause(told, _CURE, True, lambda x: _in_pairs(x, length), 2 * length)
    told = "; ".join(run.told for run in runs[:MOST_TOLD])
    more = f"; and {counted(len(runs) - MOST_TOLD, 'more piece')}" if len(runs) > MOST_TOLD else ""
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
        change = (_taking(sources),) if up < down else ()
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


def _taking(sources: Int64) -> Change:
    return lambda x: x[: len(sources)][sources]


def _are_exchanged(runs: list[Run]) -> bool:
    """Whether they are two, each from where the other is."""
    return len(runs) == 2 and all(
        np.array_equal(run.sources, other.places) for run, other in zip(runs, runs[::-1], strict=True)
    )


def _exchanged(runs: list[Run], sent: Int64, seen: Int64, known: Mask) -> int:
    """The length of pieces that are exchanged in pairs from the column's beginning on; 0 where they are not."""
    length = abs(runs[0].by)
    if runs[0].reversed or not np.array_equal(_in_pairs(sent, length)[known], seen[known]):
        return 0
    return length


def _in_pairs(samples: Samples, length: int) -> Samples:
    """Each piece exchanged with the one behind it; samples of which that has none stay."""
    places = np.arange(len(samples))
    others = np.where(places // length % 2, places - length, places + length)
    return samples[np.where(others < len(samples), others, places)]


def _runs(stream: Int64, sent: Int64, seen: Int64, known: Mask) -> list[Run]:
    """Pieces that together give all samples that differ; empty where there are no such, too many, or several."""
    wrong = np.flatnonzero(known & (sent != seen))
    runs: list[Run] = []
    place = 0
    while len(left := wrong[wrong >= place]):
        found = list(_from(stream, len(sent), seen, known, place, int(left[0])))
        found = [run for run in found if run.end == max(each.end for each in found)]
        if len(found) != 1 or len(runs) == MOST_RUNS:
            return []  # what is the same again and again comes from anywhere
        runs += found
        place = found[0].end
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
            bad = first + np.flatnonzero(~same)
            after = int(np.searchsorted(bad, wrong))
            end = int(bad[after]) if after < len(bad) else count
            run = Run(int(bad[after - 1]) + 1 if after else first, end, by, reverse)
            if len(np.unique(seen[run.places][known[run.places]])) >= LEAST_RUN:
                yield run
