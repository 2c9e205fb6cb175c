"""What a board answers a request for a connection with, where its answers come whole and fit no request."""

from collections import Counter
from collections.abc import Iterable

from ..link.framing import Frame
from ..link.messages import SyncAck

LEAST = 3  # answers that tell the same, so that they are none of another host's
HEAD = (
    "frame_pack_header and end in firmware/core/link/frame.c, take_sync in firmware/core/link/receive.c, "
    "begin_sync_ack in firmware/core/link/send.c"
)
LOW = 0xFFFF


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
    return ": " + ", ".join(found) if all(found) else ""


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
