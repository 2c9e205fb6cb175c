"""From a board to a device that answers: open, connect, speed up."""

from collections.abc import Callable

from ..link import messages as m
from .device import Device
from .interface import Board
from .options import FAST_BAUD, BoardChoice


def connect(
    board: Board, choice: BoardChoice, on_log: Callable[[int, str], None] | None = None
) -> tuple[Device, m.Info]:
    """Open the board and take it over, at the fastest rate that carries data.

    Raises:
        HilError: it cannot be opened, does not answer, or crashed.
    """
    device = Device(board.open(), on_log, choice.dead_after_s, getattr(board, "elf", None))
    try:
        info = device.connect(max(10.0, choice.dead_after_s))
        if info.capabilities & m.Capability.BAUD and choice.baud != 0 and choice.kind != "virtual":
            device.negotiate_baud([choice.baud or FAST_BAUD])
    except BaseException:
        device.close()
        raise
    return device, info
