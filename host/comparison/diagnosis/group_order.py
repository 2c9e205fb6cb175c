"""Groups of four samples that the window stage takes in another order than that of reversed bits."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .figures import Cause
from .tapers import GROUP, weights_order

Int64 = NDArray[np.int64]

TABLE_BITS = 8  # of the entries of fe_reversed
LEAST_INSIDE = 0.5  # of the samples that are known: what lies beyond a column's end may be anything

CURE = "Look at the order of fe_hann's groups (the table fe_reversed, and by how much what is read of it is shifted)"


def group_order_cause(sent: Int64, seen: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """By which other order the samples come out; None where none gives all that lie in the column.

    Args:
        sent, seen: int64 [n], those of one column; n is a multiple of 4.
        known: bool [n], where both are.
    """
    count = len(sent)
    quarter = count // GROUP
    right = _starts(quarter)
    for told, starts in _others(quarter):
        if np.array_equal(starts, right):
            continue
        offsets = np.arange(GROUP)[:, None] * quarter
        places, sources = (offsets + right).ravel(), (offsets + starts).ravel()
        inside = known[places] & (sources < count)
        places, sources = places[inside], sources[inside]
        if len(places) < LEAST_INSIDE * known.sum() or not np.array_equal(seen[places], sent[sources]):
            continue
        beyond = np.count_nonzero((offsets + starts) >= count)
        return Cause(f"{told}{_beyond(beyond, count)}", CURE, not beyond)
    return None


def _starts(quarter: int) -> Int64:
    """Where each group's first sample is, in the order of reversed bits, int64 [quarter]."""
    return weights_order(GROUP * quarter)[::GROUP]


def _others(quarter: int) -> Iterator[tuple[str, Int64]]:
    yield (
        "groups of four samples are taken in their plain order, not in that of reversed bits",
        np.arange(quarter),
    )
    right = TABLE_BITS - (quarter.bit_length() - 1)
    entries = _starts(1 << TABLE_BITS)[:quarter]
    for shift in range(TABLE_BITS):
        if shift != right:
            told = f"group g of four samples begins at fe_reversed[g] >> {shift} instead of >> {right}"
            yield told, entries >> shift


def _beyond(count: int, samples: int) -> str:
    """That samples are read which no column has, in words."""
    return f": {count} values come from behind the column's {samples} samples" if count else ""
