"""What `labgrid-client show` says of a place: who has it, and which resources it has. Foreign text, read with care."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .labgrid_client import PlaceError

SERIAL_CLASS = "NetworkSerialPort"  # what exporters make of every serial port
# What `labgrid-client power` drives without a configuration.
POWER_CLASSES = (
    *("NetworkPowerPort", "PDUDaemonPort", "NetworkUSBPowerPort", "NetworkSiSPMPowerPort"),
    *("TasmotaPowerPort", "NetworkYKUSHPowerPort", "NetworkSysfsGPIO"),
)
_HEAD = re.compile(r"(Acquired|Orphaned) resource '(.*)' \((.*)\):?")
_HOLDER = re.compile(r"  acquired: (.*)")
NOBODY = "None"


@dataclass(frozen=True)
class Resource:
    """A resource of an acquired place.

    Attributes:
        name: its name in the place.
        path: exporter, group, class and name.
        orphaned: whether its exporter is gone.
        available: whether the exporter says that the device is there.
        params: how it is reached.
    """

    name: str
    path: tuple[str, ...]
    orphaned: bool = False
    available: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exporter(self) -> str:
        """Name of its exporter."""
        return self.path[0]

    @property
    def kind(self) -> str:
        """labgrid's class of it."""
        return self.path[2]

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the exporter says beside its parameters."""
        extra = self.params.get("extra")
        return extra if isinstance(extra, dict) else {}


@dataclass(frozen=True)
class PlaceState:
    """A place as `show` tells it.

    Attributes:
        holder: host and user that have acquired it; None: nobody.
        resources: those that were acquired with it.
    """

    holder: str | None
    resources: tuple[Resource, ...]

    @property
    def orphans(self) -> tuple[Resource, ...]:
        """Resources whose exporter is gone."""
        return tuple(resource for resource in self.resources if resource.orphaned)

    @property
    def has_power(self) -> bool:
        """Whether labgrid can switch its power."""
        return any(resource.kind in POWER_CLASSES for resource in self.resources)


def read_state(text: str) -> PlaceState:
    """Read what `labgrid-client show` prints.

    Raises:
        PlaceError: it is none of that.
    """
    holder: str | None = None
    resources: list[Resource] = []
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if _HEAD.fullmatch(line)]
    for line in lines[: heads[0] if heads else None]:
        if found := _HOLDER.fullmatch(line):  # the last: a comment, which may hold any line, stands before
            holder = None if found[1] == NOBODY else found[1]
    if not any(_HOLDER.fullmatch(line) for line in lines):
        raise _unreadable(f"no line says who has the place: {text[:80]!r}")
    for number, end in zip(heads, [*heads, len(lines)][1:], strict=True):
        resources.append(_resource(lines[number], "\n".join(lines[number + 1 : end])))
    return PlaceState(holder, tuple(resources))


def _resource(head: str, body: str) -> Resource:
    found = _HEAD.fullmatch(head)
    assert found is not None
    path = tuple(found[3].split("/"))
    if len(path) != 4:
        raise _unreadable(f"a resource's path has {len(path)} parts: {found[3]!r}")
    if found[1] == "Orphaned":
        return Resource(found[2], path, orphaned=True)
    try:
        values = ast.literal_eval(body.strip())
        params = values["params"]
        if not isinstance(params, dict):
            raise TypeError("params is no dict")
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise _unreadable(f"resource {found[2]!r}: {error}") from error
    return Resource(found[2], path, available=values.get("avail") is True, params=params)


def _unreadable(what: str) -> PlaceError:
    return PlaceError(
        f"what labgrid says of the place cannot be read: {what}",
        "this program knows labgrid 26: see which `labgrid-client version` is in use",
    )
