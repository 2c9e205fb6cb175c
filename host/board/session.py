"""From a board to a device that answers: open, connect, speed up."""

import contextlib
from collections.abc import Callable

from host.board.board import Board
from host.board.device import BOOT_BAUD, Device
from host.board.options import FAST_BAUD, BoardChoice
from host.link import messages as m
from host.link.connection import LinkError

OTHER_RATES = (FAST_BAUD, 2_000_000)


def connect(
    board: Board, choice: BoardChoice, on_log: Callable[[int, str], None] | None = None
) -> tuple[Device, m.Info]:
    """Open the board and take it over, at the fastest rate that carries data.

    Raises:
        HilError: it cannot be opened, does not answer, or crashed.
    """
    device = Device(board.open(), on_log, choice.dead_after_s, getattr(board, "elf", None))
    try:
        info = _first_answer(device, choice)
        if info.capabilities & m.Capability.BAUD and choice.baud != 0 and choice.kind != "virtual":
            device.negotiate_baud([choice.baud or FAST_BAUD])
    except BaseException:
        device.close()
        raise
    return device, info


def _first_answer(device: Device, choice: BoardChoice) -> m.Info:
    """The board may still be at the rate that a run which was broken off had negotiated."""
    patience = max(5.0, choice.dead_after_s / 2)
    try:
        return device.connect(patience)
    except LinkError:
        if choice.kind in ("virtual", "qemu") or "://" in device.connection.port.name:
            raise
        for rate in OTHER_RATES:
            device.connection.port.set_baud(rate)
            with contextlib.suppress(LinkError):
                return device.connect(1.5)
        device.connection.port.set_baud(BOOT_BAUD)
        raise
