"""What a board takes for the credit that it is told: tried with connections whose numbers are unlike."""

import time

from ..line.connection import Connection, LinkError
from ..link import messages as m

LITTLE, MUCH = 0x60, 0xE000  # a number that an answer of `BYTES` goes beyond, and one that it does not
BYTES = 0x200
PLACES = ("connection", "seq", "ack")  # of the three numbers in a request for a connection, 16 bits each
TAKES_CREDIT = (
    "look at what reads the credit out of a frame's head (end in firmware/core/link/frame.c), and at what takes it "
    "(take_sync in firmware/core/link/receive.c, link_take_acknowledgement in firmware/core/link/acknowledge.c)"
)
NEWEST = (
    "on a new connection it does so behind a single answer, too: it does not take the acknowledgement of its newest "
    "frame; look at the number that one may reach (sent_before, which begin_data in firmware/core/link/send.c sets, "
    "and link_take_acknowledgement in firmware/core/link/acknowledge.c)"
)
FEW = bytes(8)  # of an answer
BELOW = (
    f"on a new connection, behind an answer of {len(FEW)} bytes, it sends one of none, and not another one of "
    f"{len(FEW)}, as if fewer bytes than none were under way, counted in 16 bits (in_flight): what is sent is not "
    "added (begin_data in firmware/core/link/send.c), or is taken off twice (acknowledge in "
    "firmware/core/link/acknowledge.c)"
)
ASKED_S = 2.0  # for several questions, each of which waits longer


def why_it_asks(connection: Connection, wait_s: float) -> str:
    """Why a board asks again and again for what it was told, in words; empty: unclear, or it is gone.

    Args:
        connection: over which nothing comes any more; it is begun anew.
        wait_s: for an answer that a board sends.
    """
    try:
        if not _answers(connection, 0, wait_s):
            return ""
        if _asks_on(connection):
            return NEWEST
        if _goes_below(connection, wait_s):
            return BELOW
        little = [name for place, name in enumerate(PLACES) if not _answers(connection, 1 << place, wait_s)]
    except LinkError:
        return ""
    if len(little) != 1:
        return ""
    return (
        f"on other connections it sends no more than our SYNC has for its {little[0]}, as if that were the credit: "
        f"{TAKES_CREDIT}"
    )


def _goes_below(connection: Connection, wait_s: float) -> bool:
    """Whether an answer is the last one that takes as much, and a shorter one comes behind it."""
    for second, right in ((FEW, False), (b"", True)):
        connection.connect(wait_s)
        if not _brings(connection, FEW, wait_s) or _brings(connection, second, wait_s) != right:
            return False
    return True


def _asks_on(connection: Connection) -> bool:
    """Whether it asks so behind a single answer, too."""
    deadline = time.monotonic() + ASKED_S
    while time.monotonic() < deadline and not connection.is_asked:
        connection.receive(ASKED_S / 20)
    return connection.is_asked


def _answers(connection: Connection, little: int, wait_s: float) -> bool:
    """Whether a long answer comes over a connection of which some numbers are little, by their places' bits."""
    number = sum((LITTLE if little >> place & 1 else MUCH) << 16 * place for place in range(len(PLACES)))
    connection.connect(wait_s, nonce=number)
    return _brings(connection, bytes(BYTES), wait_s)


def _brings(connection: Connection, data: bytes, wait_s: float) -> bool:
    """Whether an echo comes."""
    connection.send(m.EchoRequest.TYPE, data)
    deadline = time.monotonic() + wait_s
    while (left := deadline - time.monotonic()) > 0:
        message = connection.receive(left)
        if message is not None and message.type == m.Echo.TYPE:
            return True
    return False
