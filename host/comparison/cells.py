"""Every differing value of a run as numbers: counted all, kept up to a stated limit, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Rows = NDArray[np.int32]

_NONE: NDArray[np.int64] = np.empty(0, np.int64)
KEPT = 1_000  # differing values of a file and kind that are kept as numbers
DIFFERENCES = 511  # from -255 to +255
MIDDLE = 255


class DifferingCells:
    """The differing values of one kind: features, or outputs. Memory is bounded.

    Attributes:
        different: how many differ.
        by_place: how many differ in each band, or in each output; empty without a difference.
        by_difference: how many differ by -255 to +255, device minus host; empty without a difference.
        first, last: rows (columns or windows) of the first and the last one; -1 without a difference.
    """

    def __init__(self) -> None:
        self.different = 0
        self.by_place = self.by_difference = _NONE
        self.first = self.last = -1
        self._kept: list[Rows] = []
        self._held = 0

    def add(self, first: int, host: Int8, device: Int8) -> None:
        """Take in rows from number `first` on, int8 [k, places], of both sides."""
        places = np.argwhere(host != device)
        if not len(places):
            return
        rows, cells = places[:, 0], places[:, 1]
        gap = device[rows, cells].astype(np.int64) - host[rows, cells]
        if not self.different:
            self.by_place = np.zeros(host.shape[1], np.int64)
            self.by_difference = np.zeros(DIFFERENCES, np.int64)
            self.first = first + int(rows[0])
        self.last = first + int(rows[-1])
        self.different += len(places)
        self.by_place += np.bincount(cells, minlength=len(self.by_place))
        self.by_difference += np.bincount(gap + MIDDLE, minlength=DIFFERENCES)
        room = KEPT - self._held
        if room > 0:
            rows, cells = rows[:room], cells[:room]
            kept = np.stack([first + rows, cells, host[rows, cells], device[rows, cells]], axis=1)
            self._kept.append(kept.astype(np.int32))
            self._held += len(kept)

    @property
    def kept(self) -> Rows:
        """The first ones, int32 [k, 4]: row, place in it, host, device."""
        return np.concatenate(self._kept) if self._kept else np.empty((0, 4), np.int32)


def pattern(parts: Sequence[DifferingCells], what: str, place: str) -> str:
    """What all differing values of a run have in common, in one line; empty when nothing differs.

    Args:
        parts: of all files.
        what: "cells", or "outputs".
        place: "band", or "output".
    """
    parts = [part for part in parts if part.different]
    total = sum(part.different for part in parts)
    if not total:
        return ""
    by_place = np.sum([part.by_place for part in parts], axis=0)
    by_difference = np.sum([part.by_difference for part in parts], axis=0)
    where = f"all {total:,} differing {what}" if total > 1 else f"the one that differs among all {what}"
    files = f" in {len(parts):,} files" if len(parts) > 1 else ""
    return (
        f"{where}{files}: {_places(np.flatnonzero(by_place), len(by_place), place)}, {_gaps(by_difference)}"
    )


def _places(found: NDArray[np.int64], of: int, place: str) -> str:
    low, high = int(found[0]), int(found[-1])
    if len(found) == 1:
        return f"{place} {low}"
    if len(found) == high - low + 1:
        return f"every {place}" if len(found) == of else f"{place}s {low} to {high}"
    if len(found) <= 4:
        return f"{place}s {', '.join(map(str, found[:-1].tolist()))} and {high}"
    return f"{len(found)} of {of} {place}s, {low} to {high}"


def _gaps(by_difference: NDArray[np.int64]) -> str:
    gaps = np.flatnonzero(by_difference) - MIDDLE
    if len(gaps) == 1:
        return f"always {gaps[0]:+d}"
    if len(gaps) == 2 and gaps[0] == -gaps[1]:
        return f"by {gaps[1]} either way"
    less, more = by_difference[:MIDDLE].any(), by_difference[MIDDLE + 1 :].any()
    side = "" if less and more else "always more, " if more else "always less, "
    return f"{side}by {gaps[0]:+d} to {gaps[-1]:+d}"
