"""A sound file as it should have been written: some bytes of our own, then slices of the file on disk."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType


@dataclass
class Piece:
    """Bytes that a decoder reads as one file.

    Attributes:
        head: come first, in place of what the file has there.
        starts, ends: slices of the file, in order; offsets in bytes.
    """

    head: bytes = b""
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def add(self, start: int, end: int) -> None:
        """Append a slice; one that continues the last is joined to it."""
        if self.ends and self.ends[-1] == start:
            self.ends[-1] = end
        elif end > start:
            self.starts.append(start)
            self.ends.append(end)

    def __len__(self) -> int:
        return len(self.head) + sum(self.ends) - sum(self.starts)


def slice_piece(start: int, end: int, head: bytes = b"") -> Piece:
    """A piece of one slice."""
    piece = Piece(head)
    piece.add(start, end)
    return piece


class View:
    """A read-only binary file over a `Piece`, with the methods that `soundfile` wants of one.

    An error of the disk ends the file, since no exception can pass through libsndfile; it stays in `error`.
    """

    def __init__(self, path: Path, piece: Piece) -> None:
        self.error: OSError | None = None
        self._file = path.open("rb", buffering=0)
        self._head = piece.head
        self._starts = piece.starts
        self._begins = array("q")  # of each slice, in the view
        place = len(piece.head)
        for start, end in zip(piece.starts, piece.ends, strict=True):
            self._begins.append(place)
            place += end - start
        self._size = place
        self._place = 0

    def __enter__(self) -> View:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; places outside the file are brought to its ends."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence, self._size)
        self._place = min(max(base + offset, 0), self._size)
        return self._place

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` as far as there are bytes; returns how many there were."""
        wanted = memoryview(buffer).cast("B")
        done = 0
        try:
            while done < len(wanted) and self._place < self._size:
                count = self._read_some(wanted[done:])
                if count == 0:  # the file has become shorter since it was looked at
                    break
                done += count
                self._place += count
        except OSError as error:
            self.error = error
        return done

    def read(self, count: int = -1) -> bytes:
        """Like a file's `read`."""
        left = self._size - self._place
        buffer = bytearray(left if count < 0 else min(count, left))
        return bytes(buffer[: self.readinto(memoryview(buffer))])

    def _read_some(self, wanted: memoryview) -> int:
        if self._place < len(self._head):
            part = self._head[self._place : self._place + len(wanted)]
            wanted[: len(part)] = part
            return len(part)
        index = bisect_right(self._begins, self._place) - 1
        end = self._begins[index + 1] if index + 1 < len(self._begins) else self._size
        self._file.seek(self._starts[index] + self._place - self._begins[index])
        return self._file.readinto(wanted[: end - self._place]) or 0
