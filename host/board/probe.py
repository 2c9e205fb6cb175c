"""Asking quickly what runs behind a port, without disturbing more than a look does."""

import contextlib

from ..line.connection import DeviceResetError, LinkError
from ..line.port import open_port
from ..line.port_lock import PortLock
from ..link import messages as m
from ..link.codec import MessageError
from .client import DeviceError, RequestRefusedError
from .device import Device

PATIENCE_S = 3.0  # a board that resets when its port is opened boots meanwhile


def probe(url: str, patience_s: float = PATIENCE_S) -> m.Info | None:
    """What the firmware at `url` says of itself; None when nothing there speaks the link.

    Raises:
        PortError: the port cannot be opened.
        FirmwareCrashedError, NotBootingError: a board is there, and says why its firmware does not come up.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(PortLock(url).release)
        device = stack.enter_context(contextlib.closing(Device(open_port(url))))
        try:
            return device.connect(patience_s)
        except (DeviceError, DeviceResetError, LinkError, MessageError, RequestRefusedError):
            return None
