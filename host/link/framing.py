"""Frames on the line: COBS(header, payload, CRC-32), then a zero. The C side is `firmware/core/link.h`."""

import struct
import zlib
from dataclasses import dataclass

from cobs import cobs

HEADER = struct.Struct("<BBHHHH")
CRC = struct.Struct("<I")
MAX_PAYLOAD = 1024
LONGEST_ENCODED = HEADER.size + MAX_PAYLOAD + CRC.size + 8  # with what COBS adds

GAP = 0x01
ASK = 0x02
PASS_SHIFT = 2
ECHO_SHIFT = 5
PASS_MASK = 0x07


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        type: of the message; below 0x10 the link's own.
        flags: GAP, ASK, pass and echoed pass.
        session: the host's number for this connection; 0 from a device without one.
        seq: number of this frame, or of the next one where it has none of its own.
        ack: number of the next frame expected from the other end.
        credit: bytes that may be under way beyond `ack`.
        payload: up to 1024 bytes.
    """

    type: int
    flags: int
    session: int
    seq: int
    ack: int
    credit: int
    payload: bytes


def encode_frame(frame: Frame) -> bytes:
    """The frame's bytes on the line, its closing zero included."""
    body = (
        HEADER.pack(frame.type, frame.flags, frame.session, frame.seq, frame.ack, frame.credit) + frame.payload
    )
    return cobs.encode(body + CRC.pack(zlib.crc32(body))) + b"\0"


def decode_frame(encoded: bytes) -> Frame | None:
    """The frame between two zeros, or None when it is none: damaged, cut off, or no frame at all."""
    if not HEADER.size + CRC.size < len(encoded) <= LONGEST_ENCODED:
        return None
    try:
        body = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    end = len(body) - CRC.size
    if not HEADER.size <= end <= HEADER.size + MAX_PAYLOAD or CRC.unpack_from(body, end)[0] != zlib.crc32(body[:end]):
        return None
    return Frame(*HEADER.unpack_from(body), body[HEADER.size : end])


class Splitter:
    """Cuts a byte stream at its zeros. Memory is bounded: what grows longer than any frame is noise."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Return (what stands between zeros, bytes that can be no part of a frame)."""
        pieces = (self._rest + data).split(b"\0")
        self._rest = pieces.pop()
        noise = b""
        if len(self._rest) > LONGEST_ENCODED:
            noise, self._rest = self._rest[:-1], self._rest[-1:]
        return [piece for piece in pieces if piece], noise
