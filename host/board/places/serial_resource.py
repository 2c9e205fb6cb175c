"""The serial port of a place, as what a port is opened with: a device of this computer, or a URL."""

import contextlib
import re
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...line.port import trouble_with_url
from .labgrid_client import PlaceError
from .place_state import SERIAL_CLASS, PlaceState, Resource

SCHEMES = {"raw": "socket", "rfc2217": "rfc2217"}
DEFAULT_PROTOCOL = "rfc2217"  # labgrid's, which exporters leave out
AS_LABGRID = (
    "?ign_set_control"  # its own driver opens the port so: not every server confirms the control lines
)
_HOST = re.compile(r"[\w.:%-]+")


def the_serial_port(state: PlaceState, place: str) -> Resource:
    """The one serial port of a place.

    Raises:
        PlaceError: it has none, or several; or its exporter is gone.
    """
    found = [resource for resource in state.resources if resource.kind == SERIAL_CLASS]
    if not found:
        others = ", ".join(sorted(resource.kind for resource in state.resources))
        raise PlaceError(
            f"the place {place!r} has no serial port; it has {others or 'no resources'}",
            f"export one and match it: `labgrid-client -p {place} add-match EXPORTER/GROUP/{SERIAL_CLASS}`",
        )
    if len(found) > 1:
        names = ", ".join(repr("/".join(resource.path)) for resource in found)
        raise PlaceError(
            f"the place {place!r} has {len(found)} serial ports: {names}",
            f"give each board a place of its own: `labgrid-client -p {place} del-match …` and `add-match …`",
        )
    return found[0]


def address_of(resource: Resource, place: str, here: Callable[[str], bool] | None = None) -> str | None:
    """What the port is opened with; None while its exporter still starts the server.

    Args:
        resource: a serial port.
        place: its place, for messages.
        here: tells whether a host is this computer; by its addresses when None.

    Raises:
        PlaceError: it is broken, unplugged, or cannot be reached from here.
    """
    params, extra = resource.params, resource.extra
    if extra.get("broken"):
        raise _unusable(
            place, f"its exporter says that it is broken: {extra['broken']}", "look at the exporter's log"
        )
    if not resource.available:
        raise _unusable(
            place, "its exporter says that it is not there", "plug the board in at the exporter's computer"
        )
    host, port = _host_and_port(params.get("host"), params.get("port"), place)
    device = extra.get("path")
    if isinstance(device, str) and _is_device(device) and (here or is_this_computer)(host):
        return device
    if extra.get("proxy_required"):
        raise _unusable(
            place,
            f"{resource.exporter} gives it through SSH alone",
            f"forward it, `ssh -L 4000:{host}:{port} {extra.get('proxy')}`, and give --port with that address",
        )
    if port is None:
        return None
    protocol = params.get("protocol", DEFAULT_PROTOCOL)
    if protocol not in SCHEMES:
        raise _unusable(place, f"its protocol is {protocol!r}", f"export it as one of {', '.join(SCHEMES)}")
    shown = f"[{host}]" if ":" in host else host
    url = f"{SCHEMES[protocol]}://{shown}:{port}"
    if trouble := trouble_with_url(url):
        raise _unusable(place, f"{url!r} is no address: {trouble}", "correct the exporter's configuration")
    return url + AS_LABGRID * (protocol == "rfc2217")


def _host_and_port(host: Any, port: Any, place: str) -> tuple[str, int | None]:
    """As labgrid reads them: the host may be a URL, and its port then holds."""
    try:
        parts = urlsplit(host if "//" in host else f"//{host}")
        name, port = parts.hostname or "", parts.port or port
        if not _HOST.fullmatch(name) or not (port is None or (type(port) is int and 0 < port < 1 << 16)):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise _unusable(
            place, f"host {host!r} and port {port!r} are no address", "correct the exporter's configuration"
        ) from error
    return name, port


def _unusable(place: str, why: str, cure: str) -> PlaceError:
    return PlaceError(f"the serial port of the place {place!r} cannot be used: {why}", cure)


def _is_device(path: str) -> bool:
    try:
        return stat.S_ISCHR(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def is_this_computer(host: str) -> bool:
    """Whether a name is one of this computer's: only to an address of its own a socket can be bound."""
    if host == socket.gethostname():
        return True
    with contextlib.suppress(OSError, UnicodeError):
        for family, kind, _, _, address in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM):
            with contextlib.suppress(OSError), socket.socket(family, kind) as one:
                one.bind(address)
                return True
    return False
