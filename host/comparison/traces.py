"""The part of a stream that a report can show: its beginning, and where host and device first differ."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

PICTURED_COLUMNS = 2000
PICTURED_WINDOWS = 5000


@dataclass
class Traces:
    """What is kept for pictures, bounded whatever the stream's length.

    Attributes:
        host_columns, device_columns: int8 [k, bands] from `first_column` on.
        first_column: number of the first column kept.
        host_scores, device_scores: int8 [w, classes] of the first windows.
    """

    first_column: int = 0
    host_columns: list[Int8] = field(default_factory=list)
    device_columns: list[Int8] = field(default_factory=list)
    host_scores: list[Int8] = field(default_factory=list)
    device_scores: list[Int8] = field(default_factory=list)
    _columns: int = 0
    _windows: int = 0

    def add_columns(self, host: Int8, device: Int8) -> None:
        """The next columns, the same ones from both."""
        room = PICTURED_COLUMNS - self._columns
        if room > 0:
            self.host_columns.append(host[:room].copy())
            self.device_columns.append(device[:room].copy())
            self._columns += min(room, len(host))

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
