"""Finding boards among the serial ports by their USB identity, not by a name that changes with the socket."""

from dataclasses import dataclass
from typing import Protocol

from ..errors import HilError
from .interface import BoardKind, UsbId
from .kinds.registry import KINDS, flashable

# USB bridges, which any chip can be behind. Chips with a USB port of their own stand in `kinds/`.
BRIDGES: dict[UsbId, str] = {
    (0x10C4, 0xEA60): "Silicon Labs CP210x",
    (0x10C4, 0xEA70): "Silicon Labs CP2105",
    (0x10C4, 0xEA71): "Silicon Labs CP2108",
    (0x1A86, 0x7523): "WCH CH340",
    (0x1A86, 0x5523): "WCH CH341",
    (0x1A86, 0x55D3): "WCH CH343",
    (0x1A86, 0x55D4): "WCH CH9102",
    (0x0403, 0x6001): "FTDI FT232R",
    (0x0403, 0x6010): "FTDI FT2232",
    (0x0403, 0x6014): "FTDI FT232H",
    (0x0403, 0x6015): "FTDI FT-X",
}
KNOWN_ADAPTERS: dict[UsbId, str] = {
    **BRIDGES,
    **{identity: name for kind in KINDS for identity, name in kind.usb.items()},
}


class BoardNotFoundError(HilError):
    """No board, or more than one, and nothing says which."""


class SystemPort(Protocol):
    """What pyserial's `comports` tells of a port."""

    device: str
    description: str | None
    vid: int | None
    pid: int | None
    serial_number: str | None


@dataclass(frozen=True)
class FoundPort:
    """A serial port of this computer.

    Attributes:
        device: name to open, e.g. /dev/ttyUSB0 or COM3.
        adapter: what is known of it, empty for an unknown one.
        usb: "VID:PID" in hexadecimal, empty when it is not a USB port.
        serial_number: of the adapter, empty when it has none.
        description: the system's own words.
    """

    device: str
    adapter: str
    usb: str
    serial_number: str
    description: str


def describe_port(port: SystemPort) -> FoundPort:
    """What `port` is."""
    adapter = ""
    usb = ""
    if port.vid is not None and port.pid is not None:
        usb = f"{port.vid:04X}:{port.pid:04X}"
        adapter = KNOWN_ADAPTERS.get((port.vid, port.pid)) or KNOWN_ADAPTERS.get((port.vid, None)) or ""
    return FoundPort(port.device, adapter, usb, port.serial_number or "", port.description or "")


def list_ports() -> list[FoundPort]:
    """All serial ports of this computer, known adapters first."""
    from serial.tools.list_ports import comports

    return sorted(
        (describe_port(port) for port in comports()), key=lambda port: (not port.adapter, port.device)
    )


def choose_port(ports: list[FoundPort]) -> FoundPort:
    """The one port that a board is behind.

    Raises:
        BoardNotFoundError: none or several fit; says which there are and how to name one.
    """
    candidates = [port for port in ports if port.adapter]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        listing = "; ".join(
            f"{port.device} ({port.adapter} {port.serial_number})".replace(" )", ")") for port in candidates
        )
        raise BoardNotFoundError(
            f"several boards are attached: {listing}", f"name one: --port {candidates[0].device}"
        )
    kinds = ", ".join(sorted({name.split()[0] for name in KNOWN_ADAPTERS.values()}))
    others = [port for port in ports if port.usb] or ports
    if others:
        listing = "; ".join(f"{port.device} ({port.usb or port.description or 'no USB'})" for port in others)
        raise BoardNotFoundError(
            f"no board found: looked for the USB bridges of {kinds}; other ports are {listing}",
            f"if your board is one of these, name it: --port {others[0].device}",
        )
    raise BoardNotFoundError(
        f"no board found: there is no serial port at all (looked for the USB bridges of {kinds})",
        "plug the board in with a cable that carries data, not only power; on Linux look at `dmesg | tail`",
    )


def likely_kind(port: FoundPort) -> BoardKind:
    """The kind of chip behind a port, as far as its adapter tells: its own USB port, or a bridge."""
    kinds = list(flashable().values())
    return next((kind for kind in kinds if port.adapter and port.adapter in kind.usb.values()), kinds[0])
