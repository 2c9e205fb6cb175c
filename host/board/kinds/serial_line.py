"""A board at the other end of a port: USB adapter, native USB, TCP or a serial server."""

from pathlib import Path

from ...checkout import ROOT
from ...errors import HilError
from ...line.port import SerialPort, TcpPort, open_port
from ...line.port_lock import PortLock
from ..choice import BoardChoice
from ..interface import BOARD_PATIENCE_S, EMULATOR_PATIENCE_S, BoardKind


class SerialBoard:
    """The board at `url`. Its attributes are those of `interface.Board`.

    Args:
        url: device name or pyserial URL.
        kind: what the user called it, for reports.
        emulated: whether an emulator is known to be there.
        environment: of platformio.ini that its firmware was built in, if that is known.
    """

    negotiates_rate = True

    def __init__(self, url: str, kind: str = "serial", emulated: bool = False, environment: str = "") -> None:
        self.kind = kind
        self.description = url
        self.emulated = emulated
        # An emulator's UART is a TCP port, and an emulator can be slow.
        patient = emulated or url.startswith("socket:")
        self.patience_s = EMULATOR_PATIENCE_S if patient else BOARD_PATIENCE_S
        self.elf: Path | None = (
            ROOT / ".pio" / "build" / environment / "firmware.elf" if environment else None
        )
        self._url = url
        self._port: SerialPort | TcpPort | None = None
        self._claim: PortLock | None = None

    def open(self) -> SerialPort | TcpPort:
        """See `Board.open`."""
        self.close()
        self._claim = PortLock(self._url)
        try:
            self._port = open_port(self._url)
        except BaseException:
            self.close()
            raise
        return self._port

    def press_reset(self) -> None:
        """Reset through RTS, the enable pin of development kits."""
        if not isinstance(self._port, SerialPort):
            raise HilError(
                f"the board at {self._url} has no reset line over this kind of port",
                "reset it by hand, or over the link",
            )
        self._port.press_reset()

    def close(self) -> None:
        """See `Board.close`."""
        if self._port is not None:
            self._port.close()
            self._port = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None


def chip_board(choice: BoardChoice, environment: str = "", emulated: bool = False) -> SerialBoard:
    """The board at the port of `choice`."""
    assert choice.port is not None, "a kind that needs a port gets one"
    return SerialBoard(choice.port, choice.kind, emulated, environment)


def _make(choice: BoardChoice, _bundle_dir: Path) -> SerialBoard:
    return chip_board(choice)


KIND = BoardKind("serial", _make)
