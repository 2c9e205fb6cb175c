"""Reads a flatbuffer that may come from anywhere: every offset and length is checked. Standard library only.

Format: flatbuffers.dev, "Internals". Only what the description of a `.tflite` file needs: tables, vectors, strings.
"""

import struct
from collections.abc import Iterator


class DamagedError(ValueError):
    """An offset or a length leads out of the buffer."""


def root(data: bytes) -> "Table":
    """Return the buffer's root table.

    Raises:
        DamagedError: there is none.
    """
    return Table(data, _read(data, "<I", 0))


class Table:
    """A table at byte `position` of `data`. Fields are asked for by their number in the schema."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        self._vtable = position - _read(data, "<i", position)
        size = _read(data, "<H", self._vtable)
        if size < 4 or size % 2 or self._vtable + size > len(data):
            raise DamagedError(f"no table at byte {position}")
        self._fields = (size - 4) // 2

    def raw(self) -> tuple[bytes, bytes]:
        """The bytes of its vtable, and its own: a copy means the same where all fields are numbers.

        Raises:
            DamagedError: it does not lie in the buffer.
        """
        size, own = (_read(self._data, "<H", self._vtable + at) for at in (0, 2))
        if own < 4 or self._position + own > len(self._data):
            raise DamagedError(f"the table at byte {self._position} is longer than the file")
        return (
            self._data[self._vtable : self._vtable + size],
            self._data[self._position : self._position + own],
        )

    def place(self, number: int) -> int | None:
        """Return at which byte a field's value is, None when it has its default."""
        if number >= self._fields:
            return None
        offset = _read(self._data, "<H", self._vtable + 4 + 2 * number)
        return self._position + offset if offset else None

    def scalar(self, number: int, kind: str, default: int = 0) -> int:
        """Return a number; `kind` is a struct letter, e.g. "I" for uint32."""
        at = self.place(number)
        return default if at is None else _read(self._data, "<" + kind, at)

    def table(self, number: int) -> "Table | None":
        """Return a table, None when the field is not there."""
        at = self.place(number)
        return None if at is None else Table(self._data, self._follow(at))

    def _follow(self, at: int) -> int:
        return at + _read(self._data, "<I", at)

    def vector(self, number: int, item_size: int) -> tuple[int, int]:
        """Return where a vector's items are and how many; (0, 0) when the field is not there."""
        at = self.place(number)
        if at is None:
            return 0, 0
        start = self._follow(at)
        count = _read(self._data, "<I", start)
        if count * item_size > len(self._data) - start - 4:
            raise DamagedError(f"the vector at byte {start} is longer than the file")
        return start + 4, count

    def values(self, number: int, kind: str, most: int) -> tuple[int, ...]:
        """Return a vector of at most `most` whole numbers; `kind` is a struct letter."""
        start, count = self.vector(number, struct.calcsize("<" + kind))
        if count > most:
            raise DamagedError(f"the vector at byte {start - 4} has {count} items; {most} would make sense")
        return struct.unpack_from(f"<{count}{kind}", self._data, start)

    def single_float(self, number: int) -> float:
        """Return the only item of a float32 vector."""
        return struct.unpack("<f", struct.pack("<I", *self.values(number, "I", 1)))[0]

    def length(self, number: int, item_size: int = 1) -> int:
        """Return how many items a vector has."""
        return self.vector(number, item_size)[1]

    def tables(self, number: int) -> "Iterator[Table]":
        """Yield a vector's tables."""
        start, count = self.vector(number, 4)
        for i in range(count):
            yield Table(self._data, self._follow(start + 4 * i))

    def text(self, number: int) -> str:
        """Return a string, empty when the field is not there."""
        start, count = self.vector(number, 1)
        return self._data[start : start + count].decode("utf-8", "replace")


def _read(data: bytes, kind: str, at: int) -> int:
    """Return one number at byte `at`."""
    if at < 0 or at + struct.calcsize(kind) > len(data):
        raise DamagedError(f"byte {at} lies outside of the file")
    value: int = struct.unpack_from(kind, data, at)[0]
    return value
