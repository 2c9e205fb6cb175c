"""A board at the other end of a port: USB adapter, native USB, TCP or a serial server."""

from ...errors import HilError
from ...line.port import SerialPort, TcpPort, open_port
from ...link.protocol import BOOT_BAUD


class SerialBoard:
    """The board at `url`.

    Args:
        url: device name or pyserial URL.
        kind: what the user called it, for reports.
        baud: speed at which the firmware boots.
    """

    def __init__(self, url: str, kind: str = "serial", baud: int = BOOT_BAUD) -> None:
        self.kind = kind
        self.description = url
        self._url = url
        self._baud = baud
        self._port: SerialPort | TcpPort | None = None

    def open(self) -> SerialPort | TcpPort:
        """See `Board.open`."""
        self.close()
        self._port = open_port(self._url, self._baud)
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
