"""Where the frames of an MPEG audio file are: counted one by one, since its headers may say anything or nothing.

A file may lack the Xing frame that tells its length, tell a wrong one, or be several files joined. libsndfile then
guesses from the first frame's bit rate, and reads no further than its guess. Here every frame is found, and each
joined part becomes a piece that begins with a Xing frame which tells the truth.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from functools import lru_cache

from .mapped import Mapped
from .view import Piece

# kbit/s by bit rate index: MPEG-1 layers I, II, III; MPEG-2 and 2.5 layer I, layers II and III.
_RATES = (
    (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0),
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SYNC = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")
SAME = 0x001E0C00  # version, layer and sample rate: what no frame of a stream changes
DECODER_DELAY = 529
USUAL_DELAY = 576  # of LAME and most others; the decoder takes its own 529 away
LEAST_RUN = 3  # frames; fewer of another kind among damage are no sound
RESYNC = 1 << 22  # bytes searched for the next frame
CHUNK = 1 << 14
XING_SIZE = 160  # enough for the side information, the tag and LAME's delays


@dataclass(frozen=True)
class Kind:
    """What every frame of a run has in common: version bits, layer, samples a second, channels."""

    version: int
    layer: int
    rate: int
    channels: int

    @property
    def samples(self) -> int:
        """Samples a frame."""
        return 384 if self.layer == 1 else 576 if self.layer == 3 and self.version != 3 else 1152

    @property
    def side(self) -> int:
        """Where a Xing tag stands in its frame."""
        mono = self.channels == 1
        return 4 + ((17 if mono else 32) if self.version == 3 else (9 if mono else 17))

    def __str__(self) -> str:
        return f"{self.rate:,} Hz, {'mono' if self.channels == 1 else 'stereo'}"


@dataclass(frozen=True)
class Tag:
    """What a Xing, Info or VBRI frame tells: frames, and the samples that LAME put before and behind the sound."""

    frames: int | None
    delay: int | None
    padding: int


@dataclass
class Run:
    """Frames that belong to one stream.

    Attributes:
        kind: of its frames.
        first: header of the first frame.
        frames: how many.
        place: the bytes of its frames, without tags and damage.
        tag: its Xing frame, which is not among them.
        cut: whether its last frame is not whole.
    """

    kind: Kind
    first: int
    frames: int = 0
    place: Piece = field(default_factory=Piece)
    tag: Tag | None = None
    cut: bool = False

    @property
    def samples(self) -> int:
        """Samples of a channel, as far as the frames tell."""
        return self.frames * self.kind.samples


@dataclass
class Walk:
    """All runs of a file, and how many bytes between them are damaged."""

    runs: list[Run] = field(default_factory=list)
    skipped: int = 0


def kind_of(header: int) -> Kind:
    """The kind of a valid frame header."""
    version, layer = header >> 19 & 3, 4 - (header >> 17 & 3)
    mono = header >> 6 & 3 == 3
    return Kind(version, layer, _SAMPLE_RATES[version][header >> 10 & 3], 1 if mono else 2)


@lru_cache(maxsize=1)
def _sizes() -> list[int]:
    """Bytes of a frame by bits 9 to 20 of its header; 0 where no frame has them."""
    sizes = [0] * 4096
    for bits in range(4096):
        version, layer, index = bits >> 10 & 3, 4 - (bits >> 8 & 3), bits >> 3 & 15
        if version == 1 or layer == 4 or bits >> 1 & 3 == 3:
            continue
        rate = _SAMPLE_RATES[version][bits >> 1 & 3]
        table = layer - 1 if version == 3 else 3 if layer == 1 else 4
        bit_rate = _RATES[table][index] * 1000
        if bit_rate and layer == 1:
            sizes[bits] = (12 * bit_rate // rate + (bits & 1)) * 4
        elif bit_rate:
            sizes[bits] = (72 if layer == 3 and version != 3 else 144) * bit_rate // rate + (bits & 1)
    return sizes


def frame_size(header: int) -> int:
    """Bytes of the frame with this header, 0 when it is none (free format is not read)."""
    if header >> 21 != 0x7FF or header & 3 == 2:
        return 0
    return _sizes()[header >> 9 & 0xFFF]


def walk(data: Mapped, start: int, end: int, longest_s: float) -> Walk:
    """Find every frame between two places.

    Stops behind `longest_s` seconds of sound, so that no file takes more time than that.
    """
    found = Walk()
    run: Run | None = None
    sizes = _sizes()
    place = start
    seconds = 0.0
    while place + 4 <= end and seconds <= longest_s:
        header = _header(data, place)
        size = sizes[header >> 9 & 0xFFF] if header >> 21 == 0x7FF and header & 3 != 2 else 0
        if size == 0 or run is None or (header ^ run.first) & SAME or _mono(header) != _mono(run.first):
            begin = _next_frame(data, place, end, found)
            if begin is None:
                break
            place = begin
            header = _header(data, place)
            size = sizes[header >> 9 & 0xFFF]
            if run is None or (header ^ run.first) & SAME or _mono(header) != _mono(run.first):
                run = Run(kind_of(header), header)
                found.runs.append(run)
        if place + size > end:
            run.cut = True
            break
        if run.kind.layer == 3 and (tag := _tag(data, place, size, run.kind)):
            if run.frames:
                run = Run(run.kind, header)
                found.runs.append(run)
            run.tag = tag
        else:
            run.place.add(place, place + size)
            run.frames += 1
            seconds += run.kind.samples / run.kind.rate
        place += size
    found.runs = [each for each in found.runs if each.frames]
    most = max((each.frames for each in found.runs), default=0)
    if most >= LEAST_RUN:
        found.runs = [each for each in found.runs if each.frames >= LEAST_RUN or each.tag]
    return found


def _header(data: Mapped, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "big")


def _mono(header: int) -> bool:
    return header >> 6 & 3 == 3


def _next_frame(data: Mapped, place: int, end: int, found: Walk) -> int | None:
    """The next place where a frame begins: behind tags, and where damage ends."""
    while (length := tag_length(data, place, end)) > 0:
        place += length
    for first in range(place, min(end, place + RESYNC), CHUNK):
        for match in _SYNC.finditer(data[first : first + CHUNK + 1]):
            begin = first + match.start()
            if match.start() < CHUNK and _is_frame(data, begin, end):
                found.skipped += begin - place
                return begin
    found.skipped += max(0, end - place)
    return None


def _is_frame(data: Mapped, place: int, end: int) -> bool:
    """Whether a frame stands here and another of its kind, or the end, behind it."""
    if place + 4 > end:
        return False
    header = _header(data, place)
    size = frame_size(header)
    behind = place + size
    if size == 0 or behind > end:
        return False
    if behind + 4 > end or tag_length(data, behind, end):
        return True
    following = _header(data, behind)
    return frame_size(following) > 0 and not (header ^ following) & SAME


def tag_length(data: Mapped, place: int, end: int) -> int:
    """Bytes of an ID3, APE or Lyrics3 tag at `place`, 0 when there is none."""
    start = data[place : place + 32]
    if start[:3] == b"ID3" and len(start) >= 10 and all(byte < 128 for byte in start[6:10]):
        size = start[6] << 21 | start[7] << 14 | start[8] << 7 | start[9]
        length = size + (20 if start[5] & 0x10 else 10)
        return length if place + length <= end else 10  # of one that lies, the header alone is believed
    if start[:3] == b"TAG" and place + 128 <= end:
        return 128
    if start[:8] == b"APETAGEX" and len(start) == 32:
        (size, _, flags) = struct.unpack("<III", start[12:24])
        return 32 if flags & 1 << 29 == 0 else int(size) + 32
    if start[:11] == b"LYRICSBEGIN":
        behind = data.find(b"LYRICS200", place, min(end, place + RESYNC))
        return behind + 9 - place if behind >= 0 else 0
    return 0


def _tag(data: Mapped, place: int, size: int, kind: Kind) -> Tag | None:
    """What a Xing, Info or VBRI frame tells; None for frames of sound."""
    mark = data[place + kind.side : place + kind.side + 4]
    if mark in (b"Xing", b"Info"):
        body = data[place + kind.side + 4 : place + size]
        flags = int.from_bytes(body[:4], "big")
        at = 4
        frames = int.from_bytes(body[at : at + 4], "big") if flags & 1 else None
        at += 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        lame = body[at : at + 24]
        if len(lame) < 24 or not lame[0]:
            return Tag(frames, None, 0)
        return Tag(frames, lame[21] << 4 | lame[22] >> 4, (lame[22] & 15) << 8 | lame[23])
    if data[place + 36 : place + 40] == b"VBRI":
        body = data[place + 36 : place + size]
        return Tag(int.from_bytes(body[14:18], "big") if len(body) >= 18 else None, None, 0)
    return None


def piece(run: Run) -> Piece:
    """A run as a file of its own, with a Xing frame that tells how many frames it has; layers I and II have none."""
    if run.kind.layer == 3:
        run.place.head = _xing(run)
    return run.place


def _xing(run: Run) -> bytes:
    header = run.first & ~0xF200 | 0x10000  # no padding, no checksum, bit rate to be chosen
    for index in range(1, 15):
        size = frame_size(header | index << 12)
        if size >= XING_SIZE:
            header |= index << 12
            break
    frame = bytearray(size)
    struct.pack_into(">I", frame, 0, header)
    struct.pack_into(">4sII", frame, run.kind.side, b"Info", 1, run.frames)
    if run.tag and run.tag.delay is not None:
        # the padding belongs to the last frame: without it there is none
        whole = run.tag.frames is None or run.tag.frames == run.frames
        delays = run.tag.delay << 12 | (run.tag.padding if whole else 0)
        place = run.kind.side + 12
        frame[place : place + 9] = b"LAME3.100"
        frame[place + 21 : place + 24] = delays.to_bytes(3, "big")
    return bytes(frame)


def told(run: Run) -> tuple[str, list[str]]:
    """What is done about the encoder's delay, and warnings about a length that is not the announced one."""
    tag = run.tag
    warnings = []
    if tag and tag.frames is not None and tag.frames > run.frames:
        missing = (tag.frames - run.frames) * run.kind.samples
        warnings.append(
            f"cut off: {missing:,} samples fewer than its header announces; what is there was used"
        )
    elif run.cut:
        warnings.append("cut off: its last frame is not whole; what is there was used")
    elif tag and tag.frames is not None and tag.frames < run.frames:
        more = (run.frames - tag.frames) * run.kind.samples
        warnings.append(f"{more:,} samples more than its header announces; what is there was used")
    if tag and tag.delay is not None:
        note = f"encoder delay of {tag.delay + DECODER_DELAY:,} samples left out"
    else:
        note = f"encoder delay not told by the file: the sound may begin some {USUAL_DELAY:,} samples late"
    return note, warnings
