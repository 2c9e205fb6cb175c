"""Whether a board restarted that was asked to, and of which no restart was heard."""

import time
from collections.abc import Callable

from ..link import messages as m
from .client import Client, DeviceError

CLOCKS, SPARE_S = 1.05, 0.1  # by which the clocks of host and board go apart
CURE = (
    "press its reset button, and look at what the firmware does when it is asked to restart (session/restart.c, and "
    "the target's restart)"
)


def asked_again(
    client: Client,
    connect: Callable[[], m.Info],
    status: Callable[[], m.Status],
    boot_id: int | None,
    asked_s: float,
) -> m.Info:
    """What the board is, where another boot id or a clock that began anew tells that it restarted.

    Args:
        client: of the board.
        connect: takes the board over anew.
        status: asks for its clock.
        boot_id: that it had before.
        asked_s: when it was asked to restart, by the host's clock.

    Raises:
        DeviceError: it did not restart.
        HilError: it does not come back.
    """
    try:
        info = connect()
        up_s = status().uptime_ms / 1000
    except DeviceError as error:
        if client.connection.boot_id != boot_id:
            raise
        raise DeviceError(
            f"{client.name} did not restart on request, and answers no request since: its boot id is the same, and "
            "frames are acknowledged",
            CURE,
        ) from error
    since_s = time.monotonic() - asked_s
    if client.connection.boot_id != boot_id or up_s <= CLOCKS * since_s + SPARE_S:
        return info
    raise DeviceError(
        f"{client.name} did not restart on request: its boot id is the same, and its clock tells {up_s:,.0f} s, though "
        f"it was asked {since_s:,.0f} s ago",
        CURE,
    )
