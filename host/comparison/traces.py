"""The part of a stream that a report can show: its beginning, and where host and device first differ."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

PICTURED_COLUMNS = 2000
PICTURED_WINDOWS = 2000
HEARD_SAMPLES = 160_000  # of a file: 20 s at 8 kHz, 10 s at 16 kHz
AROUND = 64  # columns shown before and after the first difference


@dataclass(frozen=True)
class Snippet:
    """Columns of both sides, int8 [k, bands], from `first_column` on."""

    first_column: int
    host: Int8
    device: Int8


@dataclass
class _Pieces:
    """The same rows of both sides, collected; where they are equal they are kept once."""

    host: list[Int8] = field(default_factory=list)
    device: list[Int8] = field(default_factory=list)
    length: int = 0

    def add(self, host: Int8, device: Int8, most: int) -> None:
        """Append as many of the rows as leave at most `most` in all."""
        room = max(0, most - self.length)
        host, device = host[:room].copy(), device[:room]
        if not len(host):
            return
        self.host.append(host)
        self.device.append(host if np.array_equal(host, device) else device.copy())
        self.length += len(host)


class Traces:
    """What is kept for pictures, bounded whatever the stream's length.

    Attributes:
        first_difference: number of the first column that differs, None when none does.
        dropped: whether pictures were given up, because the run has many files.
    """

    def __init__(self) -> None:
        self.first_difference: int | None = None
        self.dropped = False
        self._beginning = _Pieces()
        self._scores = _Pieces()
        self._around = _Pieces()
        self._around_first = 0
        self._recent: list[Int8] = []  # the last columns, equal on both sides until the first difference
        self._columns = 0
        self._sound: list[NDArray[np.int16]] = []
        self._heard = 0

    def add_columns(self, host: Int8, device: Int8) -> None:
        """The next columns, the same ones from both."""
        self._beginning.add(host, device, PICTURED_COLUMNS)
        if self.first_difference is not None:
            self._around.add(host, device, 2 * AROUND)
        elif np.array_equal(host, device):
            self._remember(host)
        else:
            self._meet_difference(host, device)
        self._columns += len(host)

    def _remember(self, columns: Int8) -> None:
        self._recent.append(columns[-AROUND:].copy())
        while sum(map(len, self._recent[1:])) >= AROUND:
            del self._recent[0]

    def _meet_difference(self, host: Int8, device: Int8) -> None:
        offset = int(np.flatnonzero((host != device).any(axis=1))[0])
        self.first_difference = self._columns + offset
        before = np.concatenate([*self._recent, host[:offset]])[-AROUND:]
        self._recent.clear()
        self._around_first = self.first_difference - len(before)
        self._around.add(before, before, 2 * AROUND)
        self._around.add(host[offset:], device[offset:], 2 * AROUND)

    def add_sound(self, samples: NDArray[np.int16] | None) -> None:
        """The next samples, as they are sent; the first `HEARD_SAMPLES` are kept."""
        if samples is None or self.dropped:
            return
        kept = samples[: max(0, HEARD_SAMPLES - self._heard)].copy()
        if len(kept):
            self._sound.append(kept)
            self._heard += len(kept)

    @property
    def sound(self) -> NDArray[np.int16]:
        """The first samples, int16 [n]."""
        return np.concatenate(self._sound) if self._sound else np.empty(0, np.int16)

    def add_scores(self, host: Int8, device: Int8) -> None:
        """The next windows' scores, the same windows from both."""
        self._scores.add(host, device, PICTURED_WINDOWS)

    @property
    def beginning(self) -> Snippet:
        """The first columns."""
        return Snippet(0, joined(self._beginning.host), joined(self._beginning.device))

    @property
    def difference(self) -> Snippet | None:
        """The neighbourhood of the first difference, if there is one."""
        if not self._around.length:
            return None
        return Snippet(self._around_first, joined(self._around.host), joined(self._around.device))

    @property
    def host_scores(self) -> Int8:
        """int8 [windows, classes] of the first windows."""
        return joined(self._scores.host)

    @property
    def device_scores(self) -> Int8:
        """int8 [windows, classes] of the first windows."""
        return joined(self._scores.device)

    def drop(self) -> None:
        """Give up the pictures, to save memory."""
        self.dropped = True
        self._beginning, self._scores, self._around = _Pieces(), _Pieces(), _Pieces()
        self._recent.clear()
        self._sound.clear()


def joined(pieces: list[Int8]) -> Int8:
    """The pieces as one array; empty when there are none."""
    return np.concatenate(pieces) if pieces else np.empty((0, 0), np.int8)
