"""Asking quickly what runs behind a port, without disturbing more than a look does."""

import contextlib

from host.board.device import Device
from host.link import messages as m
from host.link.connection import DeviceResetError, LinkError
from host.link.port import open_port

PATIENCE_S = 3.0  # a board that resets when its port is opened boots meanwhile


def probe(url: str, patience_s: float = PATIENCE_S) -> m.Info | None:
    """What the firmware at `url` says of itself; None when nothing there speaks the link.

    Raises:
        PortError: the port cannot be opened.
    """
    with contextlib.closing(Device(open_port(url))) as device:
        try:
            return device.connect(patience_s)
        except (LinkError, DeviceResetError, m.MessageError):
            return None
