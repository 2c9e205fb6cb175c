"""Why a board gives no answer: which lengths of requests and of answers come through, and which never do.

What a line damages comes through when it is sent again, and hardly depends on a byte more. So a length that always
comes beside one byte more that never does is the board's own doing.
"""

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from ..errors import HilError
from ..line.connection import Connection, LinkError
from ..link import messages as m
from ..link.damaged import always_damaged, how_sent, read_loosely
from ..link.events import Message
from ..printable import counted

PART = 5  # of the time for an answer, that one is waited for here
SHORT = 8  # bytes
SURE = 3  # times that the longest which comes must come, one behind the other
APART = (0, 8)  # bytes that are added to the one that never comes, and taken off the one that does
CONNECTING = 2  # times as long for a connection
REPEATED = 2  # times that a counter must have gone on, as a request is repeated
BOUND = "take_byte and end in firmware/core/link/frame.c"
COUNTERS = {
    "framing_errors": f"it counts them as no frames (framing_errors): look at the bounds of what it takes in ({BOUND})",
    "crc_errors": (
        "it counts them as frames with a wrong checksum (crc_errors): look at how it computes that as a frame comes "
        f"({BOUND})"
    ),
    "overruns": (
        "it counts them as beyond the credit that it told (overruns): look at the room of its buffer, and at what it "
        "tells of it (take_sequenced in firmware/core/link/receive.c, firmware/core/link/record_ring.c)"
    ),
}
Answer = TypeVar("Answer", bound=m.Payload)


class Content(NamedTuple):
    """What requests are filled with.

    Attributes:
        words: behind "bytes".
        data: as many as are wanted.
    """

    words: str
    data: Callable[[int], bytes]


def _mixed(size: int) -> bytes:
    return bytes(1 + at % 254 for at in range(size))


CONTENTS = (
    Content("", bytes),
    Content(" without a zero among them", _mixed),
    Content(" of 0xff", lambda size: b"\xff" * size),
)


class Why(NamedTuple):
    """What is wrong, and where to look."""

    told: str
    look_at: str


def why_no_answer(connection: Connection, answer_s: float) -> Why | None:
    """What of a board's link is wrong, tried on connections of their own; None: nothing is found, or it is gone.

    Args:
        connection: over which no answer comes; what was under way is forgotten.
        answer_s: how long an answer may take.
    """
    damaged = connection.always_damaged  # before it is connected anew
    with contextlib.suppress(HilError):
        tried = _Tried(connection, answer_s / PART)
        if (found := tried.lengths(answer_s)) is not None:
            return found
    if not damaged:
        return None
    return Why(
        damaged, "look at what makes frames of messages (begin_frame in firmware/core/link/send.c, cobs.c)"
    )


class _Tried:
    """Echoes of many lengths.

    Args:
        connection: anew for each that does not come.
        patience_s: for one.

    Raises:
        HilError: the board does not answer any more.
    """

    def __init__(self, connection: Connection, patience_s: float) -> None:
        self._connection, self._patience_s = connection, patience_s
        self._unread: list[bytes] = []  # of all connections so far
        self._anew()

    def _anew(self) -> None:
        self._unread += self._connection.unread
        self._connection.connect(CONNECTING * self._patience_s)

    def lengths(self, answer_s: float) -> Why | None:
        """The first kind of content of which not all lengths come, and which."""
        if not self._comes(_mixed(SHORT)):
            return None
        if not self._comes(b""):
            return self._told(b"", _mixed(1), "without a payload", "of one byte", answer_s)
        most = self._connection.max_payload
        for content in CONTENTS:
            if self._comes(content.data(most)):
                continue
            good, bad = 0, most
            while bad - good > 1:
                middle = (good + bad) // 2
                good, bad = (middle, bad) if self._comes(content.data(middle)) else (good, middle)
            for apart in APART:  # what a frame's head has may make a byte or two of difference
                less, more = max(0, good - apart), min(most, bad + apart)
                which = f"of {counted(more, 'byte')}{content.words}{', the longest,' * (more == most)}"
                found = self._told(content.data(more), content.data(less), which, f"of {less:,}", answer_s)
                if found is not None:
                    return found
        return None

    def _told(self, bad: bytes, good: bytes, which: str, other: str, answer_s: float) -> Why | None:
        """What becomes of a request that is never answered, beside one that always is."""
        if not all(self._comes(good) for _ in range(SURE)):
            return None
        before = self._status()
        if self._comes(bad, answer_s, keep=True):
            return None
        number, unread = self._connection.number, self._connection.unread
        damaged, sent = always_damaged(unread, number, self._unread), self._connection.idle
        self._anew()
        after = self._status()
        if sent and unread and not damaged:
            damaged = f"{counted(len(unread), 'piece')} came that are no whole frames, and the request is acknowledged"
        if damaged:
            how = how_sent(read_loosely(unread, number), bad)
            return Why(
                f"an answer {which} never comes whole, one {other} always does: {damaged}{'; ' * bool(how)}{how}",
                "look at what makes frames of messages (begin_frame in firmware/core/link/send.c, "
                "firmware/core/link/cobs.c, firmware/core/link/crc32.c)",
            )
        if sent:
            return Why(
                f"a request {which} is acknowledged and never answered, one {other} always is: what answers waits for "
                "more room than there ever is, or the answer is dropped",
                "look at what asks for room before it answers (link_send_space and link_send in "
                "firmware/core/link/send.c, record_ring_space and record_ring_append in "
                "firmware/core/link/record_ring.c, session_echo in firmware/core/session/echo.c)",
            )
        return self._not_taken(
            before,
            after,
            f"a request {which} is never taken in, however often it is sent, and one {other} always is",
        )

    def _not_taken(self, before: m.Status | None, after: m.Status | None, told: str) -> Why | None:
        if before is not None and after is not None:
            more = {name: (getattr(after, name) - getattr(before, name)) % (1 << 32) for name in COUNTERS}
            name = max(more, key=lambda name: more[name])
            if more[name] >= REPEATED:
                told_as, _, look_at = COUNTERS[name].partition(": ")
                return Why(f"{told}; {told_as}, {more[name]} more", look_at)
        return Why(
            told,
            f"look at the bounds of what it takes in ({BOUND}, link_input in firmware/core/link/receive.c)",
        )

    def _comes(self, data: bytes, wait_s: float = 0.0, keep: bool = False) -> bool:
        """Whether an echo comes back; else the next one is on a connection of its own, unless this one is kept."""
        try:
            came = self._ask(m.EchoRequest(data=data), m.Echo, wait_s) == m.Echo(data=data)
        except LinkError:
            came = False
        if not came and not keep:
            self._anew()
        return came

    def _status(self) -> m.Status | None:
        status = self._ask(m.StatusRequest(clear=0), m.Status)
        if status is None:
            self._anew()
        return status

    def _ask(self, request: m.Payload, kind: type[Answer], wait_s: float = 0.0) -> Answer | None:
        connection = self._connection
        connection.send(request.TYPE, request.encode())
        deadline = time.monotonic() + max(wait_s, self._patience_s)
        while (left := deadline - time.monotonic()) > 0:
            message: Message | None = connection.receive(left)
            if message is not None and message.type == kind.TYPE:
                return kind.decode(message.payload)
        return None
