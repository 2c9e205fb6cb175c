"""Where a container's header says that the sound begins and how long it is: WAV in all its forms, AIFF, CAF, AU.

Nothing is decoded here and no size is believed: `extent.py` holds them against the file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from .mapped import Mapped

W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
CHUNK_NAME = re.compile(rb"[A-Za-z0-9_() ]{4}")
MOST_CHUNKS = 10_000
MPEG_IN_WAV = (0x50, 0x55)


@dataclass(frozen=True)
class SizeField:
    """A size in a header: its place, its `struct` format, what it counts, and what it adds to that."""

    place: int
    form: str
    of: Literal["sound", "file"]
    plus: int = 0


@dataclass(frozen=True)
class ChunkForm:
    """How chunks are written: bytes of a name, format of the size, whether the size counts the header, padding."""

    name: int
    size: str
    counts_header: bool = False
    pad: int = 2

    @property
    def header(self) -> int:
        """Bytes of a chunk's name and size."""
        return self.name + struct.calcsize(self.size)


@dataclass
class Announced:
    """What a header says.

    Attributes:
        name: of the container, for people.
        start: place of the first byte of sound.
        size: bytes of sound; None where the header says itself that it does not know.
        fields: the sizes to set right when the sound has another length.
        chunks: how chunks behind the sound would look; None where there are none.
        align: bytes of one sample of all channels, or of one block of a codec.
        codec: a WAV's format tag.
        ds64: whether 64-bit sizes can be written.
        pads: places before the sound where the zero is missing that chunks of an odd size have behind them.
    """

    name: str
    start: int
    size: int | None
    fields: list[SizeField]
    chunks: ChunkForm | None
    align: int = 1
    codec: int = 0
    ds64: bool = field(default=True)
    pads: tuple[int, ...] = ()


RIFF_CHUNKS = ChunkForm(4, "<I")
BIG_CHUNKS = ChunkForm(4, ">I")
W64_CHUNKS = ChunkForm(16, "<Q", counts_header=True, pad=8)
CAF_CHUNKS = ChunkForm(4, ">q", pad=1)


def announced(data: Mapped) -> Announced | None:
    """What the header says; None for other containers, and for headers in which no sound is announced."""
    head = data[:40]
    readers: dict[bytes, Callable[[Mapped], Announced | None]] = {
        b"RIFF": _riff,
        b"RIFX": _riff,
        b"RF64": _riff,
        b"BW64": _riff,
        b"riff": _w64,
        b"FORM": _aiff,
        b"caff": _caf,
        b".snd": _au,
        b"dns.": _au,
    }
    reader = readers.get(head[:4])
    try:
        return reader(data) if reader else None
    except struct.error:  # the header itself is cut off
        return None


def _riff(data: Mapped) -> Announced | None:
    if data[8:12] != b"WAVE":
        return None
    big = data[:4] == b"RIFX"
    form = BIG_CHUNKS if big else RIFF_CHUNKS
    order = ">" if big else "<"
    ds64 = 0
    align = 1
    codec = 0
    place = 12
    pads: list[int] = []
    for _ in range(MOST_CHUNKS):
        name = data[place : place + 4]
        size: int = struct.unpack(form.size, data[place + 4 : place + 8])[0]
        if name == b"ds64":
            ds64 = place + 8
        elif name == b"fmt ":
            codec, align = struct.unpack(f"{order}H10xH", data[place + 8 : place + 22])
        elif name == b"data":
            found = _riff_data(data, place + 8, size, ds64, form, max(1, align), codec)
            return replace(found, pads=tuple(pads))
        place += 8 + size + size % 2
        if size % 2 and _is_early(data, place):
            place -= 1
            pads.append(place)
    return None


def _is_early(data: Mapped, place: int) -> bool:
    """Whether the next chunk begins a byte before its place: programs forget the zero behind an odd size."""
    return not CHUNK_NAME.fullmatch(data[place : place + 4]) and bool(
        CHUNK_NAME.fullmatch(data[place - 1 : place + 3])
    )


def _riff_data(
    data: Mapped, start: int, size: int, ds64: int, form: ChunkForm, align: int, codec: int
) -> Announced:
    file_field = SizeField(4, form.size, "file", -8)
    name = data[:4].decode()
    if name in ("RF64", "BW64") and ds64:
        (whole,) = struct.unpack("<Q", data[ds64 + 8 : ds64 + 16])
        fields = [SizeField(ds64, "<Q", "file", -8), SizeField(ds64 + 8, "<Q", "sound")]
        return Announced(name, start, whole, fields, form, align, codec)
    known = None if size == 0xFFFFFFFF else size
    fields = [file_field, SizeField(start - 4, form.size, "sound")]
    return Announced("WAV" if name == "RIFF" else name, start, known, fields, form, align, codec, ds64=False)


def _w64(data: Mapped) -> Announced | None:
    if data[:16] != W64_RIFF:
        return None
    place = 40
    align = 1
    for _ in range(MOST_CHUNKS):
        name = data[place : place + 4]
        size: int = struct.unpack("<Q", data[place + 16 : place + 24])[0]
        if name == b"fmt ":
            (align,) = struct.unpack("<H", data[place + 36 : place + 38])
        elif name == b"data":
            fields = [SizeField(16, "<Q", "file"), SizeField(place + 16, "<Q", "sound", 24)]
            known = size - 24 if size >= 24 else 0
            return Announced("W64", place + 24, known, fields, W64_CHUNKS, max(1, align))
        place += max(24, size + -size % 8)
    return None


def _aiff(data: Mapped) -> Announced | None:
    if data[8:12] not in (b"AIFF", b"AIFC"):
        return None
    place = 12
    align = 1
    seen = False
    for _ in range(MOST_CHUNKS):
        name = data[place : place + 4]
        size: int = struct.unpack(">I", data[place + 4 : place + 8])[0]
        if name == b"COMM":
            channels, _, bits = struct.unpack(">HIH", data[place + 8 : place + 16])
            align = channels * -(-bits // 8)
            seen = True
        elif name == b"SSND":
            (offset,) = struct.unpack(">I", data[place + 8 : place + 12])
            if not seen:  # its format is told behind the sound, so that the file must be whole anyway
                return None
            start = place + 16 + offset
            known = size - 8 - offset if size >= 8 + offset else 0
            fields = [SizeField(4, ">I", "file", -8), SizeField(place + 4, ">I", "sound", 8 + offset)]
            streamed = size in (0, 0xFFFFFFFF)
            return Announced("AIFF", start, None if streamed else known, fields, BIG_CHUNKS, max(1, align))
        place += 8 + size + size % 2
    return None


def _caf(data: Mapped) -> Announced | None:
    place = 8
    align = 1
    for _ in range(MOST_CHUNKS):
        name = data[place : place + 4]
        size: int = struct.unpack(">q", data[place + 4 : place + 12])[0]
        if name == b"desc":
            (align,) = struct.unpack(">I", data[place + 28 : place + 32])
        elif name == b"data":
            fields = [SizeField(place + 4, ">q", "sound", 4)]
            known = size - 4 if size >= 4 else None
            return Announced("CAF", place + 16, known, fields, CAF_CHUNKS, max(1, align))
        if size < 0:
            return None
        place += 12 + size
    return None


def _au(data: Mapped) -> Announced | None:
    order = ">" if data[:4] == b".snd" else "<"
    start, size = struct.unpack(f"{order}II", data[4:12])
    fields = [SizeField(8, f"{order}I", "sound")]
    return Announced("AU", start, None if size == 0xFFFFFFFF else size, fields, None)
