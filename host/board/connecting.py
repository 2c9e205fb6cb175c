"""From a board to a device that answers: open, connect, speed up."""

from collections.abc import Callable
from pathlib import Path

from ..link import messages as m
from ..link.rates import FAST_BAUD
from .choice import BoardChoice
from .device import Device
from .interface import BOARD_PATIENCE_S, Board
from .options import make_board


def connect(
    board: Board, choice: BoardChoice, on_log: Callable[[int, str], None] | None = None
) -> tuple[Device, m.Info]:
    """Open the board and take it over, at the fastest rate that carries data.

    Raises:
        HilError: it cannot be opened, does not answer, or crashed.
    """
    device = Device(board.open(), on_log, board.patience_s, board.elf, board.emulated)
    try:
        info = device.connect()
        if info.capabilities & m.Capability.BAUD and board.negotiates_rate and choice.baud != 0:
            device.negotiate_baud([choice.baud or FAST_BAUD])
    except BaseException:
        device.close()
        raise
    return device, info


class ChosenBoard:
    """The board that a user chose, built and opened when it is connected.

    Args:
        choice: which.
        bundle_dir: the bundle that a virtual or emulated board is built for.

    Attributes:
        kind: as `Board.kind`.
        description: how it is reached; empty before `connect`.
    """

    def __init__(self, choice: BoardChoice, bundle_dir: Path) -> None:
        self.kind = choice.kind
        self.description = ""
        self._choice = choice
        self._bundle_dir = bundle_dir
        self._board: Board | None = None

    @property
    def patience_s(self) -> float:
        """How long it may be silent."""
        return BOARD_PATIENCE_S if self._board is None else self._board.patience_s

    def connect(self, on_log: Callable[[int, str], None] | None = None) -> tuple[Device, m.Info]:
        """As `connect`, after building what must be built.

        Raises:
            HilError: it cannot be built, opened or reached.
        """
        self.close()
        self._board = make_board(self._choice, self._bundle_dir)
        self.description = self._board.description
        device, info = connect(self._board, self._choice, on_log)
        self.description = self._board.description
        return device, info

    def close(self) -> None:
        """Stop the board when it is one that was started."""
        if self._board is not None:
            self._board.close()
            self._board = None
