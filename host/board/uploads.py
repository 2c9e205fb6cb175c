"""A memory of which image went to which board."""

import json
from pathlib import Path

from ..files import atomic_write
from ..strict_json import read_remembered
from .discovery import FoundPort


class Uploads:
    """Which image went to which board last, so that a change of the firmware's sources is noticed as well.

    The bundle's hashes, which the board reports, say nothing of those. Kept in a file; losing it loses no more than
    this.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def _key(port: FoundPort) -> str:
        return f"{port.usb} {port.serial_number}" if port.serial_number else port.device

    def _all(self) -> dict[str, dict[str, str]]:
        found = read_remembered(self._path)
        return {name: each for name, each in found.items() if isinstance(each, dict)}

    def last(self, port: FoundPort, env: str) -> str | None:
        """SHA-256 of the image of `env` last uploaded to the board at `port`; "" when it was another or unfinished."""
        entry = self._all().get(self._key(port))
        if entry is None:
            return None
        return entry.get("sha256", "") if entry.get("env") == env else ""

    def keep(self, port: FoundPort, env: str, sha256: str) -> None:
        """Note a finished upload."""
        self._write(port, {"env": env, "sha256": sha256})

    def forget(self, port: FoundPort) -> None:
        """Note that an upload begins: what the board holds until it ends is not known."""
        self._write(port, {})

    def _write(self, port: FoundPort, entry: dict[str, str]) -> None:
        atomic_write(self._path, json.dumps({**self._all(), self._key(port): entry}, indent=1))
