"""How far a file's sound really reaches: its header's sizes held against the file, both ways."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mapped import Mapped
from .sizes import CHUNK_NAME, W64_TAIL, Announced, ChunkForm, SizeField
from .view import Piece, slice_piece

# Chunks that stand behind the sound of recorders and editors. Known by name, they count even where they are cut off.
KNOWN_CHUNKS = frozenset(
    name.ljust(4).encode()
    for name in [
        "LIST",
        "list",
        "INFO",
        "id3",
        "ID3",
        "bext",
        "iXML",
        "_PMX",
        "XMP",
        "axml",
        "cue",
        "smpl",
        "inst",
        "acid",
        "fact",
        "PEAK",
        "DISP",
        "afsp",
        "junk",
        "JUNK",
        "PAD",
        "FLLR",
        "umid",
        "cart",
        "levl",
        "minf",
        "elm1",
        "regn",
        "guan",
        "wamd",
        "chna",
        "plst",
        "labl",
        "note",
        "ltxt",
        "MARK",
        "COMT",
        "NAME",
        "AUTH",
        "ANNO",
        "(c)",
        "APPL",
        "AESD",
        "pakt",
        "info",
        "free",
        "strg",
        "mark",
        "uuid",
        "chan",
        "kuki",
    ]
)
SOUND_FILES = (b"RIFF", b"RIFX", b"FORM", b"RF64", b"BW64", b"riff", b"caff", b".snd", b"fLaC", b"OggS")
TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")
TAIL = 1 << 22  # bytes at the file's end that are searched for chunks
MOST_HEAD = 1 << 26
NEAR = 4096  # programs that stream write a size near these, less what their header takes
STREAMED = (0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Extent:
    """The sound of a file.

    Attributes:
        end: behind its last byte.
        exact: whether the header says the same.
        warnings: what a reader should know, one sentence each.
    """

    end: int
    exact: bool
    warnings: tuple[str, ...] = ()


def extent(data: Mapped, header: Announced) -> Extent:
    """Hold the header against the file."""
    size = len(data)
    there = max(0, size - header.start)
    said = header.size
    if said is None or said == 0 or (said > there and _is_streamed(said)):
        return _unknown(data, header, said)
    if said > there:
        end = _chunks_at_end(data, header.start, header)
        missing = said - (end - header.start)
        return Extent(
            end,
            False,
            (f"cut off: {missing:,} bytes fewer than its header announces; what is there was used",),
        )
    end = header.start + said
    kind = _behind(data, end, header)
    if kind == "chunks" and (second := _further_sound(data, end, header)):
        return Extent(end, False, (f"{second:,} bytes in a second chunk of sound were left out",))
    if kind == "sound":
        further = _whole(_chunks_at_end(data, end, header), header)
        if further > end:
            more = f"{further - end:,} bytes of sound more than its header announces; what is there was used"
            return Extent(further, False, (more,))
    told = (f"{size - end:,} bytes behind the sound are {kind}, left out",) if kind.startswith("a") else ()
    return Extent(end, not told, told)


def _unknown(data: Mapped, header: Announced, said: int | None) -> Extent:
    """The header was written before the length was known: sound as far as the file goes, but for chunks at its end."""
    if header.size == 0 and _behind(data, header.start, header) == "chunks":
        return Extent(header.start, True)
    end = _whole(_chunks_at_end(data, header.start, header), header)
    if said == 0 and end > header.start:
        told = f"its header announces no sound; the {end - header.start:,} bytes that are there were used"
        return Extent(end, False, (told,))
    return Extent(end, False)


def _is_streamed(said: int) -> bool:
    return any(abs(said - value) <= NEAR for value in STREAMED) or abs(said - (1 << 31)) <= NEAR


def _whole(end: int, header: Announced) -> int:
    return end - (end - header.start) % header.align


def _behind(data: Mapped, end: int, header: Announced) -> str:
    """What stands behind the announced sound: "nothing", "chunks", "sound" or "a …" for what is neither."""
    size = len(data)
    rest = data[end : end + 12]
    form = header.chunks
    if size - end < max(2, header.align):
        return "nothing"
    places = {end, end + (-(end - header.start) % form.pad)} if form else {end}
    if any(data[place : place + 4] in SOUND_FILES for place in places):
        return "another sound file"
    if rest.startswith(TAGS) or (form and any(_is_chain(data, place, form) for place in places)):
        return "chunks"
    return "a filler of zeros" if _is_zero(data, end) else "sound"


def _is_zero(data: Mapped, begin: int) -> bool:
    step = 1 << 20
    return not any(data[place : place + step].strip(b"\0") for place in range(begin, len(data), step))


def _is_chain(data: Mapped, begin: int, form: ChunkForm) -> bool:
    """Whether chunks stand from `begin` on: of any name when they end with the file, else the first by its name."""
    place = begin
    for _ in range(1000):
        name = data[place : place + 4]
        header = data[place : place + form.header]
        if len(header) < form.header or not CHUNK_NAME.fullmatch(name):
            break
        if form.name == 16 and header[4:16] != W64_TAIL:
            break
        length: int = struct.unpack(form.size, header[form.name :])[0]
        length = length if form.counts_header else length + form.header
        if length < form.header:
            break
        if place == begin and name in KNOWN_CHUNKS:
            return True
        place += length + -length % form.pad
        if len(data) - form.pad < place <= len(data) + form.pad:
            return True
    return False


def _further_sound(data: Mapped, end: int, header: Announced) -> int:
    """Bytes in chunks behind the sound that are named like its own: libsndfile gives up at the second."""
    form = header.chunks
    if form is None:
        return 0
    name = {"AIFF": b"SSND", "W64": b"data" + W64_TAIL}.get(header.name, b"data")
    place, found = end + -(end - header.start) % form.pad, 0
    for _ in range(1000):
        chunk = data[place : place + form.header]
        if len(chunk) < form.header:
            break
        length: int = struct.unpack(form.size, chunk[form.name :])[0]
        length = length if form.counts_header else length + form.header
        if length < form.header:
            break
        found += max(0, length - form.header) if chunk[: form.name] == name else 0
        place += length + -length % form.pad
    return found


def _chunks_at_end(data: Mapped, begin: int, header: Announced) -> int:
    """Where chunks begin that reach exactly to the file's end; the file's end when there are none.

    Found from behind, since the header does not say where the sound ends. Four letters followed by just the number of
    bytes that are left do not happen in sound.
    """
    size = len(data)
    form = header.chunks
    if form is None or form.counts_header:
        return size
    first = max(begin, size - TAIL)
    tail = np.frombuffer(bytes(data[first:size]), np.uint8)
    width = struct.calcsize(form.size)
    count = len(tail) - form.header + 1
    if count <= 0:
        return size
    left = np.zeros(count, np.uint64)
    for index in range(width):
        place = index if form.size[0] == ">" else width - 1 - index
        left = (left << np.uint64(8)) | tail[4 + place : 4 + place + count].astype(np.uint64)
    fitting: NDArray[Any] = np.flatnonzero(left <= np.uint64(len(tail)))
    ends: dict[int, int] = {}
    for at in fitting[::-1][:200_000]:
        offset = int(at)
        if CHUNK_NAME.fullmatch(tail[offset : offset + 4].tobytes()):
            end = offset + form.header + int(left[offset])
            ends[end] = offset
            ends.setdefault(end + end % form.pad, offset)
    place = len(tail)
    while place in ends and ends[place] < place:
        place = ends[place]
    return first + place


def mended(data: Mapped, header: Announced, end: int) -> Piece | None:
    """The file with the sizes in its header set right and nothing behind its sound; None where that cannot be."""
    least = max(field.place + struct.calcsize(field.form) for field in header.fields)
    if not least <= header.start <= min(MOST_HEAD, len(data)):  # the sound would begin in the header
        return None
    length = end - header.start
    if header.name == "WAV" and length > 0xFFFF0000:
        return _as_rf64(data, header, end)
    head = bytearray(data[: header.start])
    if header.name == "BW64":  # the same under a newer name, which libsndfile does not know
        head[:4] = b"RF64"
    for place in reversed(header.pads):
        head.insert(place, 0)
    for field in header.fields:
        moved = sum(place <= field.place for place in header.pads)
        _set(head, replace(field, place=field.place + moved), length)
    return slice_piece(header.start, end, bytes(head))


def _set(head: bytearray, field: SizeField, length: int) -> None:
    value = (length if field.of == "sound" else len(head) + length) + field.plus
    most = (1 << (8 * struct.calcsize(field.form) - (1 if field.form[-1] == "q" else 0))) - 1
    struct.pack_into(field.form, head, field.place, min(value, most))


def _as_rf64(data: Mapped, header: Announced, end: int) -> Piece:
    """A WAV past 4 GiB, whose sizes hold only their lower 32 bits: the same with 64-bit sizes."""
    length = end - header.start
    chunks = bytes(data[12 : header.start - 8])
    whole = 12 + 36 + len(chunks) + 8 + length
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, whole - 8, length, length // header.align, 0)
    head = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + chunks + b"data" + b"\xff" * 4
    return slice_piece(header.start, end, head)
