"""What a board counted is kept when another host connects: only a request, or a restart, lets counters begin anew."""

from collections.abc import Callable
from typing import Protocol

from ...link import messages as m

HIGH_WATER = ("rx_high_water", "tx_high_water")
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
    """A device that tells its counters and gives bytes back."""

    @property
    def max_payload(self) -> int:
        """Bytes that a message to it may carry."""
        ...

    def status(self, clear: bool = False) -> m.Status:
        """The firmware's counters."""
        ...

    def echo(self, data: bytes) -> bytes:
        """Send bytes there and back."""
        ...


def lost_counts(device: Counting, connect: Callable[[], m.Info]) -> tuple[m.Info, str, str]:
    """Connect anew between two STATUS, the first of them behind an echo that fills much of both buffers.

    Args:
        device: idle.
        connect: begins a new connection.

    Returns:
        What `connect` gives; what of the counters is less than before, in words, and what is to blame for that, behind
        a colon. Both are empty where nothing is less.

    Raises:
        HilError: the board failed.
    """
    device.echo(bytes(device.max_payload))
    before = device.status()
    info = connect()
    after = device.status()
    return info, *lost_told(before, after)


def lost_told(before: m.Status, after: m.Status) -> tuple[str, str]:
    """What of the counters is less than it was before another connection, in words, and what is to blame for that."""
    less = [name for name in HIGH_WATER if getattr(after, name) < getattr(before, name)]
    for name in (*COUNTERS, *OF_WORK):
        if (getattr(after, name) - getattr(before, name)) % U32 >= U32 // 2:
            less.append(name)
    if not less:
        return "", ""
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
