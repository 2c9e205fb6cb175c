"""The connection that all tests share."""

import pytest

from ..board.choice import BoardChoice
from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_identity
from ..board.interface import Board
from ..bundle.load import Bundle
from ..errors import HilError
from ..link.messages import Capability


class Connected:
    """The connection that all tests share; opened again after a test that broke it.

    Attributes:
        board: the board.
        name: what it is called: in a farm file, or its port or kind.
        emulated: whether it is an emulator, once it has answered.
        lost: why it cannot be used any more; empty while it can.
    """

    def __init__(self, board: Board, choice: BoardChoice, bundle: Bundle, name: str = "") -> None:
        self.board = board
        self.name = name or choice.port or choice.kind
        self.emulated = False
        self.lost = ""
        self._choice = choice
        self._bundle = bundle
        self._device: Device | None = None

    def device(self) -> Device:
        """A device that answers and runs the bundle."""
        if self.lost:
            pytest.skip(self.lost)
        device = self.reach()
        check_identity(device.info(), self._bundle)
        return device

    def reach(self) -> Device:
        """A device that answers, whatever it runs."""
        if self._device is not None:
            try:
                self._device.connect()
            except HilError:
                self.drop()
        if self._device is None:
            self._device, _ = connect(self.board, self._choice)
        self.emulated = bool(self._device.info().capabilities & Capability.EMULATED)
        return self._device

    def drop(self) -> None:
        """Close the port."""
        if self._device is not None:
            self._device.close()
            self._device = None
