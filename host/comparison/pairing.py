"""Two streams of rows brought together by row number, whatever the pace of each."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]


MOST_GAPS = 3  # places of rows passed over that are kept


class Pairing:
    """Rows of the host, which are complete by construction, and of the device, which may lack or repeat some.

    Keeps only rows whose counterpart has not come yet.

    Attributes:
        missing: rows that the device passed over.
        repeated: rows that the device sent again; the first copy counts.
        back: the first time that a row came again: the number it should have had, and its own; None: none did.
        gaps: numbers of the first rows that the device passed over, one for each time it did, at most MOST_GAPS.
    """

    def __init__(self) -> None:
        # lists, of a few entries: an empty deque takes 0.8 kB, and a run of many files keeps many of these
        self._host: list[Int8] = []
        self._device: list[tuple[int, Int8 | None]] = []  # (rows, their values or None when passed over)
        self._taken = 0
        self._host_rows = 0
        self._due = 0
        self.missing = 0
        self.repeated = 0
        self.gaps: tuple[int, ...] = ()
        self.back: tuple[int, int] | None = None

    def add_host(self, rows: Int8) -> None:
        """The host's next rows, int8 [k, values]."""
        if len(rows):
            self._host.append(rows)
            self._host_rows += len(rows)

    def add_device(self, first: int, rows: Int8) -> None:
        """The device's rows from number `first` on, int8 [k, values]."""
        if first > self._due:
            self.missing += first - self._due
            if len(self.gaps) < MOST_GAPS:
                self.gaps += (self._due,)
            self._device.append((first - self._due, None))
            self._due = first
        elif first < self._due and self.back is None:
            self.back = self._due, first
        known = min(self._due - first, len(rows))
        self.repeated += known
        rows = rows[known:]
        if len(rows):
            self._device.append((len(rows), rows))
            self._due += len(rows)

    def pass_over(self, row: int) -> None:
        """The device brought row number `row` in a form that cannot be compared: neither missing nor equal."""
        if row < self._due:
            self.repeated += 1
            return
        self.missing += row - self._due
        self._device.append((row + 1 - self._due, None))
        self._due = row + 1

    @property
    def due(self) -> int:
        """Number of the row that the device sends next."""
        return self._due

    @property
    def only_host(self) -> int:
        """Rows at the end that the device has not brought."""
        return max(0, self._host_rows - self._due)

    @property
    def only_device(self) -> int:
        """Rows at the end that the host has not brought."""
        return max(0, self._due - self._host_rows)

    @property
    def waiting(self) -> int:
        """Rows of the device that were not taken yet."""
        return self._due - self._taken

    def _join_device(self) -> None:
        """Make one piece of neighbours: a device sends a few rows at a time, and each piece costs a comparison."""
        if len(self._device) < 2:
            return
        joined: list[tuple[int, Int8 | None]] = []
        for passed_over, pieces in groupby(self._device, key=lambda piece: piece[1] is None):
            found = list(pieces)
            rows = None if passed_over else np.concatenate([rows for _, rows in found if rows is not None])
            joined.append((sum(count for count, _ in found), rows))
        self._device = joined

    def take(self) -> Iterator[tuple[int, Int8, Int8 | None]]:
        """Give and forget what both have: (number of the first row, host's rows, the device's or None if missing)."""
        self._join_device()
        while self._host and self._device:
            count, device = self._device.pop(0)
            host = self._host.pop(0)
            size = min(len(host), count)
            if len(host) > size:
                self._host.insert(0, host[size:])
            if count > size:
                self._device.insert(0, (count - size, None if device is None else device[size:]))
            first = self._taken
            self._taken += size
            yield first, host[:size], None if device is None else device[:size]
