"""The board of a place: acquired when it is opened, released when it is closed, given up when the place is lost."""

from collections.abc import Callable
from pathlib import Path

from ...errors import HilError
from ...line.port import BytePort
from ...printable import note
from ..interface import BOARD_PATIENCE_S
from ..kinds.serial_line import KIND, SerialBoard
from .held_place import BACK_S, HeldPlace
from .labgrid_client import LabgridClient, find_client

Say = Callable[[str], None]


class WatchedPort:
    """A port that ends when its place is lost: the line itself may go on, to a board that is somebody else's by then.

    Its attributes are those of `line.port.BytePort`.
    """

    def __init__(self, port: BytePort, held: HeldPlace) -> None:
        self.name = port.name
        self.has_rate = port.has_rate
        self.advice = port.advice
        self._port = port
        self._held = held

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        self._held.still_ours()
        return self._port.read(timeout_s)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        self._held.still_ours()
        self._port.write(data)

    def set_baud(self, rate: int) -> None:
        """See `BytePort.set_baud`."""
        self._port.set_baud(rate)

    def close(self) -> None:
        """See `BytePort.close`."""
        self._port.close()


class PlaceBoard:
    """The board of a place. Its attributes are those of `interface.Board`.

    Args:
        place: name, alias or pattern.
        coordinator: labgrid's address.
        say: told what is done with the place.
        find: finds labgrid's client.
    """

    kind = KIND.name
    emulated = False
    negotiates_rate = True
    elf: Path | None = None

    def __init__(
        self,
        place: str,
        coordinator: str,
        say: Say = note,
        find: Callable[[str, Say], LabgridClient] = find_client,
    ) -> None:
        self.description = f"place {place}"
        self.patience_s = BOARD_PATIENCE_S
        self._place = place
        self._coordinator = coordinator
        self._say = say
        self._find = find
        self._held: HeldPlace | None = None
        self._line: SerialBoard | None = None
        self._after_power = ""  # where the port is then
        self._switched = False

    def open(self) -> WatchedPort:
        """See `Board.open`."""
        held = self._held
        if held is None:
            held = HeldPlace(self._find(self._coordinator, self._say), self._place)
            held.acquire()
            self._held = held
            self._say(f"Place {held.name}: acquired")
        if self._line is not None:
            self._line.close()
        address, self._after_power = self._after_power or held.address(), ""
        self._line = SerialBoard(address)
        self.description = f"place {held.name} ({address})"
        self.patience_s = self._line.patience_s
        return WatchedPort(self._line.open(), held)

    def press_reset(self) -> None:
        """See `Board.press_reset`."""
        if self._line is None:
            raise HilError(f"the board of {self.description} is not open", "open it first")
        self._line.press_reset()

    def power_cycle(self) -> bool:
        """See `Switchable.power_cycle`."""
        held = self._held
        if held is None or self._switched or not held.has_power:
            return False
        self._switched = True
        self._say(f"Place {held.name}: the board does not answer; its power is switched off and on …")
        if self._line is not None:
            self._line.close()
        held.power_cycle()
        self._after_power = held.address(
            BACK_S, must_be_there=False
        )  # a server that was started anew has another port
        return True

    def close(self) -> None:
        """See `Board.close`."""
        if self._line is not None:
            self._line.close()
            self._line = None
        held, self._held = self._held, None
        if held is None:
            return
        trouble = held.release()
        if trouble is not None:
            self._say(f"warning: place {held.name} was not released: {trouble}")
        elif not held.forgotten:
            self._say(f"Place {held.name}: released")
