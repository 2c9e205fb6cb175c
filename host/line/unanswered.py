"""Why a board that speaks this link answers no SYNC: which frames it takes, and what it takes for a SYNC."""

import time
from typing import NamedTuple

from ..link.framing import Frame, Splitter, decode_frame, encode_frame
from ..link.link import CREDIT
from ..link.messages import FIRST_SEQUENCED_TYPE, PROTOCOL_VERSION, Ack, Hello, Sync, SyncAck
from .port import BytePort

HELLO_S = 0.5  # twice as long as a board waits before it says HELLO again
ANSWER_S = 1.0
FRAME = "firmware/core/link/frame.c"
TAKES = "frame_receive, take_byte and end in " + FRAME
DECODES = "cobs_decode in firmware/core/link/cobs.h"
FILLED = 0x0101  # a number of which no byte is 0


class Why(NamedTuple):
    """What was seen, behind "answers no SYNC, which begins a connection", and where to look."""

    told: str
    look_at: str


class Other(NamedTuple):
    """Something else than a right SYNC.

    Attributes:
        words: behind "it answers".
        look_at: where that is taken for one.
        frame: its nonce is its place.
    """

    words: str
    look_at: str
    frame: Frame


def why_unanswered(port: BytePort, number: int) -> Why:
    """Look which frames a board takes that is asked for a connection again and again.

    Args:
        port: of a board that has no connection.
        number: of the connection that was asked for.

    Raises:
        PortError: the port broke.
    """
    others = _others(number)
    for other in others:
        port.write(b"\0" + encode_frame(other.frame))
    answered = _answered(port, len(others))
    if answered is not None:
        return Why(f"; it answers {others[answered].words}", f"look at {others[answered].look_at}")
    plain = Frame(Ack.TYPE, 0, number, 0, 0, 0, b"")
    if _brings_hello(port, plain):
        return Why(
            "; a right frame of no connection brings HELLO, as it must, so frames are taken, and a SYNC is not",
            "look at what takes it (take_frame and take_sync in firmware/core/link/receive.c), and at what answers it "
            "(begin_next and begin_sync_ack in firmware/core/link/send.c)",
        )
    filled = Frame(Ack.TYPE, 1, FILLED, FILLED, FILLED, FILLED, b"")
    for credit in range(FILLED, FILLED + 256):  # of which the checksum has no zero, either
        filled = filled._replace(credit=credit)
        if len(encode_frame(filled)) == encode_frame(filled)[0] + 1:
            break
    if _brings_hello(port, filled):
        return Why(
            "; a right frame of no connection without a byte of 0 in it brings HELLO, and one with zeros does not: "
            "the zeros that the codes of its blocks stand for are not put back",
            f"look at what decodes frames ({DECODES})",
        )
    return Why(
        "; nor does a right frame of no connection bring HELLO: it takes no frame, whatever is in it",
        f"look at what takes frames in ({TAKES}; {DECODES}; link_input in firmware/core/link/receive.c)",
    )


def _others(number: int) -> list[Other]:
    right = Sync(protocol=PROTOCOL_VERSION).encode()
    length = f"what makes a payload's length (payload_length, end in {FRAME})"
    found = [
        Other(f"one whose payload has {words}, so it counts {counts}", length, _sync(number, payload))
        for words, counts, payload in (
            ("a byte less", "a byte too many", right[:-1]),
            ("two bytes less", "two bytes too many", right[:-2]),
            ("a byte more", "a byte too few", right + b"\0"),
            ("two bytes more", "two bytes too few", right + b"\0\0"),
            ("four bytes more", "four bytes too few", right + bytes(4)),
        )
    ]
    found.append(
        Other(
            "one with number 0, which is none, and no other",
            "what compares the connection's number with 0 (take_sync in firmware/core/link/receive.c)",
            _sync(0, right),
        )
    )
    found += [
        Other(
            f"a frame of type {kind:#04x} that has what a SYNC has, which is {Sync.TYPE:#04x}",
            f"where a frame's type is read and compared (end in {FRAME}, take_frame in firmware/core/link/receive.c)",
            _sync(number, right)._replace(type=kind),
        )
        for kind in range(FIRST_SEQUENCED_TYPE)
        if kind != Sync.TYPE
    ]
    return [other._replace(frame=other.frame._replace(seq=place)) for place, other in enumerate(found)]


def _sync(number: int, payload: bytes) -> Frame:
    return Frame(Sync.TYPE, 0, number, 0, 0, CREDIT, payload)


def _answered(port: BytePort, count: int) -> int | None:
    """The place of the first one that was answered."""
    splitter, deadline = Splitter(), time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        pieces, _ = splitter.feed(port.read(ANSWER_S / 20))
        for frame in filter(None, map(decode_frame, pieces)):
            if frame.type == SyncAck.TYPE and frame.ack == 0 and frame.seq < count:
                return frame.seq
    return None


def _brings_hello(port: BytePort, frame: Frame) -> bool:
    """Whether a frame of no connection does so; the board may have said it just now."""
    splitter, deadline, again = Splitter(), time.monotonic() + 2 * HELLO_S, 0.0
    while time.monotonic() < deadline:
        if time.monotonic() > again:
            port.write(b"\0" + encode_frame(frame))
            again = time.monotonic() + HELLO_S / 2
        pieces, _ = splitter.feed(port.read(HELLO_S / 20))
        if any(came is not None and came.type == Hello.TYPE for came in map(decode_frame, pieces)):
            return True
    return False
