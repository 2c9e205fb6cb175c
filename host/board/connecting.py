"""From a board to a device that answers: open, connect, speed up."""

from collections.abc import Callable
from pathlib import Path

from ..errors import HilError
from ..line.connection import LinkError
from ..link import messages as m
from ..link.rates import FAST_BAUD
from .choice import BoardChoice
from .device import Device
from .interface import BOARD_PATIENCE_S, Board, BoardFacts, Booting, Known, Switchable
from .kinds.registry import kind_of
from .options import make_board

LOOK_S = 5.0  # between looks at a board that can tell whether it still boots


class WrongKindError(HilError):
    """What answers is not the kind of board that was asked for."""


def check_kind(choice: BoardChoice, info: m.Info, where: str) -> None:
    """Refuse a board that is another than the user said: its claims, latencies and crashes would be read wrongly.

    Raises:
        WrongKindError: it is.
    """
    firmwares = kind_of(choice).firmwares
    if firmwares and info.board not in firmwares:
        raise WrongKindError(
            f"{choice.said_by} says {choice.kind}, and what answers at {where} is {info.board!r} ({info.chip})",
            "leave --board out, or name another port"
            if choice.said_by == "--board"
            else "correct the kind there, or the address",
        )


def connect(
    board: Board, choice: BoardChoice, on_log: Callable[[int, str], None] | None = None
) -> tuple[Device, m.Info]:
    """Open the board and take it over, at the fastest rate that carries data.

    A board that does not answer is switched off and on where that can be done, and asked once more.

    Raises:
        HilError: it cannot be opened, does not answer, or crashed.
    """
    try:
        return _take_over(board, choice, on_log)
    except LinkError:
        if not (isinstance(board, Switchable) and board.power_cycle()):
            raise
    return _take_over(board, choice, on_log)


def _take_over(
    board: Board, choice: BoardChoice, on_log: Callable[[int, str], None] | None
) -> tuple[Device, m.Info]:
    device = Device(board.open(), on_log, board.patience_s, board.elf, board.emulated)
    try:
        info = _answer(device, board)
        check_kind(choice, info, board.description)
        if info.capabilities & m.Capability.BAUD and board.negotiates_rate and choice.baud != 0:
            device.negotiate_baud([choice.baud or FAST_BAUD])
    except BaseException:
        device.close()
        raise
    return device, info


def _answer(device: Device, board: Board) -> m.Info:
    """The first answer. How long it may take says the board, where it knows; else the usual time."""
    if not isinstance(board, Booting):
        return device.connect()
    while True:
        try:
            return device.connect(LOOK_S)
        except LinkError:
            if not board.still_boots():
                return device.connect()


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

    @property
    def facts(self) -> BoardFacts:
        """What is known of it beforehand, once it is made."""
        return self._board.facts if isinstance(self._board, Known) else BoardFacts()

    def prepare(self) -> None:
        """Build what must be built, so that many boards of a kind do not wait for each other.

        Raises:
            HilError: it cannot be built.
        """
        if not kind_of(self._choice).needs_port:
            make_board(self._choice, self._bundle_dir).close()

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
