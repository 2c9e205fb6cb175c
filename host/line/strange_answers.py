"""What a board answers a request for a connection with, where its answers come whole and fit no request."""

import time
from collections import Counter
from collections.abc import Iterable

from ..link.framing import Frame, Splitter, decode_frame, encode_frame
from ..link.link import CREDIT
from ..link.messages import FIRST_SEQUENCED_TYPE, PROTOCOL_VERSION, Echo, EchoRequest, Sync, SyncAck
from .port import BytePort

LEAST = 3  # answers that tell the same, so that they are none of another host's
HEAD = (
    "frame_pack_header and end in firmware/core/link/frame.c, take_sync in firmware/core/link/receive.c, "
    "begin_sync_ack in firmware/core/link/send.c"
)
_WRITTEN = (
    "look at what fills heads (frame_pack_header in firmware/core/link/frame.c): another frame of the board's has "
    "wrong numbers, too"
)
_READ = (
    "look at what reads heads (end in firmware/core/link/frame.c, take_sync in firmware/core/link/receive.c), and at "
    "what fills this answer's (begin_sync_ack in firmware/core/link/send.c): another frame of the board's has "
    "right ones"
)
LOW, OTHER = 0xFFFF, 0x5A5A
SYNC = Sync(protocol=PROTOCOL_VERSION).encode()
MARK = b"numbered"
ANSWER_S = 2.0


def strange_answer(frames: Iterable[Frame], number: int, nonce: int) -> str:
    """What is wrong with answers to SYNC that came whole, in a sentence; empty: none came, or too few.

    Args:
        frames: of no connection that was asked for.
        number: of the connection that was asked for.
        nonce: the 32 bits more that tell it from others.
    """
    told = Counter((frame.connection, frame.seq, frame.ack) for frame in frames if frame.type == SyncAck.TYPE)
    answer, times = max(told.items(), key=lambda item: item[1], default=((0, 0, 0), 0))
    if times < LEAST:
        return ""
    low, high = nonce & LOW, nonce >> 16
    asked, came = _told((number, low, high)), _told(answer)
    return f"its answers to SYNC ({times} alike) have {came}, and {asked} was asked{_why(answer, (number, low, high))}"


def where_wrong(port: BytePort, number: int) -> str:
    """What to look at, by an answer over a connection that begins however its three numbers are taken for each other.

    Args:
        port: of a board that answers SYNC.
        number: of the connection that was asked for; another one is, of which all three numbers are alike.

    Raises:
        PortError: the port broke.
    """
    number = number ^ OTHER or OTHER
    port.write(b"\0" + encode_frame(Frame(Sync.TYPE, 0, *(number,) * 3, CREDIT, SYNC)))
    port.write(encode_frame(Frame(EchoRequest.TYPE, 0, number, 0, 0, CREDIT, MARK)))
    before = 0  # numbered frames of this connection that came
    splitter, deadline = Splitter(), time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        pieces, _ = splitter.feed(port.read(ANSWER_S / 20))
        for frame in filter(None, map(decode_frame, pieces)):
            if frame.type == Echo.TYPE and frame.payload == MARK:
                return _READ if (frame.connection, frame.seq, frame.ack) == (number, before, 1) else _WRITTEN
            before += frame.connection == number and frame.type >= FIRST_SEQUENCED_TYPE
    return f"look at what reads and fills heads ({HEAD})"


def _told(numbers: tuple[int, int, int]) -> str:
    return "connection {:#06x}, seq {:#06x}, ack {:#06x}".format(*numbers)


def _why(came: tuple[int, int, int], asked: tuple[int, int, int]) -> str:
    """How the numbers of an answer come of those that were asked, in words behind a colon; empty: nothing plain."""
    names = ("connection", "seq", "ack")
    wrong = [at for at in range(3) if came[at] != asked[at]]
    if len(wrong) == 2 and came[wrong[0]] == asked[wrong[1]] and came[wrong[1]] == asked[wrong[0]]:
        first, second = (names[at] for at in wrong)
        return f": {first} and {second} of a frame's head are exchanged, as they are read or written"
    found = [_one(names, at, came, asked) for at in wrong]
    return ": " + ", ".join(found) if all(found) else _shifted(came, asked)


def _shifted(came: tuple[int, int, int], asked: tuple[int, int, int]) -> str:
    """That the 32 bits of seq and ack are put together, or taken apart, by another width than 16."""
    (connection, low, high), nonce = asked, asked[1] | asked[2] << 16
    if came[0] != connection:
        return ""
    for by in range(1, 32):
        if by != 16 and came[1] | came[2] << 16 == (low | high << by) & 0xFFFFFFFF:
            return f": ack is shifted by {by} bits instead of 16 to make one number of both (take_sync)"
        if by != 16 and came[1:] == (low, nonce >> by & LOW):
            return f": the number of both is shifted by {by} bits instead of 16 to make ack of it (begin_sync_ack)"
    return ""


def _one(names: tuple[str, ...], at: int, came: tuple[int, int, int], asked: tuple[int, int, int]) -> str:
    value, right = came[at], asked[at]
    if value == right >> 8 | (right & 0xFF) << 8:
        return f"{names[at]} has its two bytes exchanged"
    if value == 0:
        return f"{names[at]} is always 0"
    for other in range(3):
        if other != at and value == asked[other]:
            return f"{names[at]} is what {names[other]} is"
    if value == right & 0xFF:
        return f"{names[at]} has its low byte alone"
    return ""
