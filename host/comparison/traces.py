"""The part of a stream that a report can show: its beginning, and where host and device first differ."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

PICTURED_COLUMNS = 2000
PICTURED_WINDOWS = 2000
AROUND = 64  # columns shown before and after the first difference


@dataclass(frozen=True)
class Snippet:
    """Columns of both sides, int8 [k, bands], from `first_column` on."""

    first_column: int
    host: Int8
    device: Int8


@dataclass
class Traces:
    """What is kept for pictures, bounded whatever the stream's length."""

    host_columns: list[Int8] = field(default_factory=list)
    device_columns: list[Int8] = field(default_factory=list)
    host_scores: list[Int8] = field(default_factory=list)
    device_scores: list[Int8] = field(default_factory=list)
    _columns: int = 0
    _windows: int = 0
    _recent: deque[tuple[Int8, Int8]] = field(default_factory=lambda: deque(maxlen=AROUND))
    _first_seen: int = 0
    _kept: list[tuple[Int8, Int8]] | None = None

    def add_columns(self, host: Int8, device: Int8) -> None:
        """The next columns, the same ones from both."""
        room = max(0, PICTURED_COLUMNS - self._columns)
        if room:
            self.host_columns.append(host[:room].copy())
            self.device_columns.append(device[:room].copy())
        if self._kept is None or len(self._kept) < 2 * AROUND:
            for row in range(room, len(host)):  # what lies in the beginning is shown there
                self._watch(self._columns + row, host[row].copy(), device[row].copy())
        self._columns += len(host)

    def _watch(self, column: int, host: Int8, device: Int8) -> None:
        if self._kept is not None:
            if len(self._kept) < 2 * AROUND:
                self._kept.append((host, device))
            return
        self._recent.append((host, device))
        if not np.array_equal(host, device):
            self._kept = list(self._recent)
            self._first_seen = column + 1 - len(self._kept)

    def add_scores(self, host: Int8, device: Int8) -> None:
        """The next windows' scores, the same windows from both."""
        room = PICTURED_WINDOWS - self._windows
        if room > 0:
            self.host_scores.append(host[:room].copy())
            self.device_scores.append(device[:room].copy())
            self._windows += min(room, len(host))

    @staticmethod
    def joined(pieces: list[Int8]) -> Int8:
        """The pieces as one array; empty when there are none."""
        return np.concatenate(pieces) if pieces else np.empty((0, 0), np.int8)

    @property
    def beginning(self) -> Snippet:
        """The first columns."""
        return Snippet(0, self.joined(self.host_columns), self.joined(self.device_columns))

    @property
    def difference(self) -> Snippet | None:
        """The neighbourhood of the first difference behind the beginning, if there is one."""
        if self._kept is None:
            return None
        host, device = zip(*self._kept, strict=True)
        return Snippet(self._first_seen, np.array(host), np.array(device))
