"""Frames on the line: COBS(header, payload, CRC-32), then a zero. The C side is `firmware/core/link/frame.h`."""

import struct
import zlib
from typing import NamedTuple

from cobs import cobs

from .messages import MAX_PAYLOAD
from .protocol import HEADER_FORMAT

HEADER = struct.Struct(HEADER_FORMAT)
CRC = struct.Struct("<I")
SHORTEST = HEADER.size + CRC.size
LONGEST = SHORTEST + MAX_PAYLOAD
LONGEST_ENCODED = LONGEST + (LONGEST + 253) // 254  # COBS adds a byte for each 254


class Frame(NamedTuple):
    """One frame.

    Attributes:
        type: of the message; below 0x10 the link's own.
        flags: GAP, ASK, pass and echoed pass.
        connection: the host's number for this connection; 0 from a device without one.
        seq: number of this frame, or of the next one where it has none of its own.
        ack: number of the next frame expected from the other end.
        credit: bytes that may be under way beyond `ack`.
        payload: up to 1024 bytes.
    """

    type: int
    flags: int
    connection: int
    seq: int
    ack: int
    credit: int
    payload: bytes


class Unsigned(NamedTuple):
    """A frame whose checksum is not looked at.

    Attributes:
        content: head and payload.
        checksum: as it came.
    """

    content: bytes
    checksum: int


def encode_frame(frame: Frame) -> bytes:
    """The frame's bytes on the line, its closing zero included."""
    body = HEADER.pack(*frame[:6]) + frame.payload
    return bytes(cobs.encode(body + CRC.pack(zlib.crc32(body)))) + b"\0"


def unsigned(encoded: bytes) -> Unsigned | None:
    """The frame between two zeros, whatever its checksum; None when it has not a frame's form."""
    if not SHORTEST < len(encoded) <= LONGEST_ENCODED:
        return None
    try:
        body = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    end = len(body) - CRC.size
    if not HEADER.size <= end <= HEADER.size + MAX_PAYLOAD:
        return None
    return Unsigned(body[:end], CRC.unpack_from(body, end)[0])


def decode_frame(encoded: bytes) -> Frame | None:
    """The frame between two zeros, or None when it is none: damaged, cut off, or no frame at all."""
    frame = unsigned(encoded)
    if frame is None or frame.checksum != zlib.crc32(frame.content):
        return None
    content = frame.content
    message_type, flags, connection, seq, ack, credit = HEADER.unpack_from(content)
    return Frame(message_type, flags, connection, seq, ack, credit, content[HEADER.size :])


class Splitter:
    """Cuts a byte stream at its zeros. Memory is bounded: what grows longer than any frame is noise."""

    def __init__(self) -> None:
        self._rest = b""
        self._noise = False  # the rest is the end of something too long

    @property
    def waiting(self) -> int:
        """Bytes held back because they may be the beginning of a frame."""
        return len(self._rest)

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Return (what stands between zeros, bytes at the end that can be no part of a frame)."""
        pieces = (self._rest + data).split(b"\0")
        self._rest = pieces.pop()
        if pieces:
            self._noise = False
        if self._noise or len(self._rest) > LONGEST_ENCODED:
            self._noise = True
            return [piece for piece in pieces if piece], self.flush()
        return [piece for piece in pieces if piece], b""

    def flush(self) -> bytes:
        """Give up what is held back: no more of it will come."""
        rest, self._rest = self._rest, b""
        return rest
