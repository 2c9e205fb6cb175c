"""What a board counted is kept when another host connects: only a request, or a restart, lets counters begin anew."""

from collections.abc import Callable
from typing import Protocol

from ...link import messages as m
from ...link.codec import Payload
from .answers import Request

HIGH_WATER = ("rx_high_water", "tx_high_water")
# In the order in which they lie in memory (link_counters)
COUNTERS = (
    *(
        "rx_frames",
        "rx_bytes",
        "crc_errors",
        "framing_errors",
        "noise_bytes",
        "gaps",
        "duplicates",
        "overruns",
    ),
    *("tx_frames", "tx_bytes", "retransmitted", "timeouts"),
)
OF_WORK = ("inferences", "log_dropped")
U32 = 1 << 32


class Counting(Protocol):
    """A device that tells its counters, takes requests and gives bytes back."""

    @property
    def max_payload(self) -> int:
        """Bytes that a message to it may carry."""
        ...

    def status(self, clear: bool = ...) -> m.Status:
        """The firmware's counters."""
        ...

    def echo(self, data: bytes) -> bytes:
        """Send bytes there and back."""
        ...

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """Send requests as they are, and return all that they bring."""
        ...


def lost_counts(device: Counting, connect: Callable[[], m.Info], whole: bool) -> tuple[m.Info, str, str]:
    """Connect anew between two STATUS, the first of them behind what fills both buffers, one more than the other.

    Args:
        device: idle.
        connect: begins a new connection.
        whole: whether the line loses nothing.

    Returns:
        What `connect` gives; what of the counters is less than before, in words, and what is to blame for that, behind
        a colon. Both are empty where nothing is less.

    Raises:
        HilError: the board failed.
    """
    device.status(clear=True)  # so that the marks are those of what follows
    device.echo(bytes(device.max_payload // 2))
    device.exchange([(m.Audio.TYPE, bytes(device.max_payload & ~1))])  # refused, in fewer bytes
    first = device.status()
    before = device.status()
    info = connect()
    after = device.status()
    if before.rx_frames < first.rx_frames:  # they fell without another connection
        return info, "", ""
    exchanged, why = marks_exchanged(before, after)
    return info, *((exchanged, why) if exchanged else lost_told(before, after, whole))


def lost_told(before: m.Status, after: m.Status, whole: bool) -> tuple[str, str]:
    """What of the counters is less than it was before another connection, in words, and what is to blame for that.

    Args:
        before, after: the new connection.
        whole: see `lost_counts`; then nothing is sent again, either.
    """
    less = [name for name in HIGH_WATER if getattr(after, name) < getattr(before, name)]
    for name in (*COUNTERS, *OF_WORK):
        if (getattr(after, name) - getattr(before, name)) % U32 >= U32 // 2:
            less.append(name)
    if not less:
        return _sent_again(before, after) if whole else ("", "")
    figures = ", ".join(
        f"{name} {getattr(after, name):,} ({getattr(before, name):,} before)" for name in less
    )
    of_session = not set(less) - set(OF_WORK)
    where = (
        "forget_old_host in firmware/core/session/session.c"
        if of_session
        else "link_begin_connection in firmware/core/link/link.c"
    )
    return (
        f"behind a new connection STATUS tells less: {figures}",
        f": only a STATUS_REQUEST that says so, or a restart, sets them back; look at what a connection begins with "
        f"({where})",
    )


def marks_exchanged(before: m.Status, after: m.Status) -> tuple[str, str]:
    """That each buffer has the other's mark behind a new connection, as `lost_told`; empty: it has its own."""
    rx, tx = before.rx_high_water, before.tx_high_water
    if rx == tx or (after.tx_high_water, after.rx_high_water) != (rx, tx):
        return "", ""
    return (
        f"behind a new connection STATUS tells that the receive buffer held {tx:,} bytes and the send buffer {rx:,}, "
        f"and before it {rx:,} and {tx:,}",
        ": each mark is the other's (link_begin_connection in firmware/core/link/link.c)",
    )


def _sent_again(before: m.Status, after: m.Status) -> tuple[str, str]:
    """Nothing is lost, and the board counts frames as sent again."""
    more = (after.retransmitted - before.retransmitted) % U32
    if not more:
        return "", ""
    return (
        f"behind a new connection STATUS counts {more:,} retransmitted more, and the line loses nothing",
        ": its first frames have been sent before, it takes it: the number below which that is so is not set back with "
        "the others (sent_before, link_begin_connection in firmware/core/link/link.c)",
    )
