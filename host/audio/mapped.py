"""The bytes of a file, looked at in places without reading it into memory.

Not `mmap`: there, a card that fails or a file that becomes shorter ends the process instead of raising an error.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

WINDOW = 1 << 18


class FileBytes:
    """Looks like `bytes` as far as slices, `find` and `rfind` go.

    Args:
        file: open for reading; its size is taken now.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._start = 0
        self._window = b""

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        """Bytes of a slice without a step; fewer where the file has become shorter.

        Raises:
            OSError: they cannot be read.
        """
        start, stop, _ = place.indices(self._size)
        begin, end = start - self._start, stop - self._start
        if begin < 0 or end > len(self._window):
            if stop - start > WINDOW // 2:
                self._file.seek(start)
                return self._file.read(max(0, stop - start))
            self._start = max(0, start - WINDOW // 8)  # what comes before is often asked for next
            self._file.seek(self._start)
            self._window = self._file.read(WINDOW)
            begin, end = start - self._start, stop - self._start
        return self._window[begin : max(begin, end)]

    def find(self, what: bytes, start: int = 0, end: int | None = None) -> int:
        """The first place of `what` between two places, -1 when there is none."""
        end = self._size if end is None else min(end, self._size)
        for begin in range(max(0, start), end, WINDOW // 2):
            part = self[begin : min(end, begin + WINDOW // 2 + len(what) - 1)]
            if (at := part.find(what)) >= 0:
                return begin + at
        return -1

    def rfind(self, what: bytes, start: int = 0, end: int | None = None) -> int:
        """The last place of `what` between two places, -1 when there is none."""
        end = self._size if end is None else min(end, self._size)
        start = max(0, start)
        while end - start >= len(what):
            begin = max(start, end - WINDOW // 4)
            if (at := self[begin:end].rfind(what)) >= 0:
                return begin + at
            if begin == start:
                break
            end = begin + len(what) - 1
        return -1


Mapped = bytes | FileBytes


@contextlib.contextmanager
def mapped(path: Path) -> Iterator[FileBytes]:
    """The file's bytes, read as they are asked for.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        yield FileBytes(file)
