"""What the link tells its owner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connected:
    """The device answered: a connection stands."""

    boot_id: int
    protocol: int
    max_payload: int
    rx_bytes: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message, each once and in order."""

    type: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class DeviceReset:
    """The device booted since the connection began; nothing of it is left."""

    boot_id: int


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that belong to no valid frame: boot text, line noise, damaged frames."""

    data: bytes


@dataclass(frozen=True, slots=True)
class LinkDead:
    """The device stopped acknowledging."""

    reason: str


Event = Connected | Message | DeviceReset | Noise | LinkDead
