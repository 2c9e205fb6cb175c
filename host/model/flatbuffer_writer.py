"""Writes a flatbuffer front to back: a table's children follow it. Only what a small `.tflite` file needs.

Format: flatbuffers.dev, "Internals"; `flatbuffer.py` reads it.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

DATA_ALIGNMENT = 16  # of what a model's constants lie at, which kernels rely on

Child = Callable[["Buffer"], int]
"""Writes itself at the buffer's end, and returns at which byte it begins."""


@dataclass(frozen=True)
class Scalar:
    """A number in a table; `kind` is a struct letter."""

    kind: str
    value: int | float


Field = Scalar | Child


class Buffer:
    """The bytes so far."""

    def __init__(self) -> None:
        self.data = bytearray()

    def align(self, size: int, ahead: int = 0) -> None:
        """Add zeros until what comes `ahead` bytes from here lies at a multiple of `size`."""
        self.data += bytes(-(len(self.data) + ahead) % size)

    def point(self, at: int, target: int) -> None:
        """Have the offset at byte `at` lead to `target`, which lies behind it."""
        struct.pack_into("<I", self.data, at, target - at)


def table(fields: Mapping[int, Field]) -> Child:
    """A table of fields by their number in the schema."""

    def write(buffer: Buffer) -> int:
        order = sorted(fields.items(), key=lambda item: -_width(item[1]))
        places, size = {}, 4
        for number, field in order:
            size += -size % _width(field)
            places[number] = size
            size += _width(field)
        count = max(fields, default=-1) + 1
        buffer.align(2)
        vtable = len(buffer.data)
        buffer.data += struct.pack("<HH", 4 + 2 * count, size)
        buffer.data += b"".join(struct.pack("<H", places.get(number, 0)) for number in range(count))
        buffer.align(8)
        start = len(buffer.data)
        buffer.data += struct.pack("<i", start - vtable) + bytes(size - 4)
        for number, field in order:
            if isinstance(field, Scalar):
                struct.pack_into("<" + field.kind, buffer.data, start + places[number], field.value)
        for number, field in order:
            if not isinstance(field, Scalar):
                buffer.point(start + places[number], field(buffer))
        return start

    return write


def _width(field: Field) -> int:
    return struct.calcsize("<" + field.kind) if isinstance(field, Scalar) else 4


def numbers(kind: str, values: Sequence[int | float]) -> Child:
    """A vector of numbers; `kind` is a struct letter."""
    return data(struct.pack(f"<{len(values)}{kind}", *values), struct.calcsize("<" + kind))


def data(content: bytes, item: int = 1, alignment: int = 4) -> Child:
    """A vector of items of `item` bytes each."""

    def write(buffer: Buffer) -> int:
        buffer.align(4)
        buffer.align(max(alignment, item), ahead=4)
        start = len(buffer.data)
        buffer.data += struct.pack("<I", len(content) // item) + content
        return start

    return write


def text(value: str) -> Child:
    """A string."""
    raw = value.encode("utf-8")

    def write(buffer: Buffer) -> int:
        start = data(raw)(buffer)
        buffer.data += b"\0"
        return start

    return write


def tables(children: Sequence[Child]) -> Child:
    """A vector of tables."""

    def write(buffer: Buffer) -> int:
        buffer.align(4)
        start = len(buffer.data)
        buffer.data += struct.pack("<I", len(children)) + bytes(4 * len(children))
        for place, child in enumerate(children):
            buffer.point(start + 4 + 4 * place, child(buffer))
        return start

    return write


def raw_table(vtable: bytes, inline: bytes) -> Child:
    """A table that holds numbers alone, as it was read."""

    def write(buffer: Buffer) -> int:
        buffer.align(2)
        place = len(buffer.data)
        buffer.data += vtable
        buffer.align(8)
        start = len(buffer.data)
        buffer.data += struct.pack("<i", start - place) + inline[4:]
        return start

    return write


def file(root: Child, identifier: bytes) -> bytes:
    """The whole file."""
    buffer = Buffer()
    buffer.data += bytes(4) + identifier
    buffer.point(0, root(buffer))
    return bytes(buffer.data)
