"""When a step has to be done: what it worked on and what it made, remembered as hashes in `state.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...files import atomic_write
from ...strict_json import read_remembered


def digest(*parts: Any) -> str:
    """SHA-256 of JSON-like values, hex."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def files_digest(paths: Sequence[Path]) -> str:
    """SHA-256 over names and contents of files, "missing" for what is not there."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.name.encode())
        if not path.is_file():
            return "missing"
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()


class Memory:
    """`state.json` of a workspace.

    Args:
        path: the file; one that is missing or damaged means that nothing is done.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = read_remembered(path)

    def is_done(self, step: str, inputs: str, outputs: str) -> bool:
        """Whether a step was done with these inputs and what it made is still there, unchanged."""
        return outputs != "missing" and self._known.get(step) == {"inputs": inputs, "outputs": outputs}

    def remember(self, step: str, inputs: str, outputs: str) -> None:
        """Note a step as done."""
        self._known[step] = {"inputs": inputs, "outputs": outputs}
        atomic_write(self.path, json.dumps(self._known, indent=2) + "\n")


def do_step(
    memory: Memory,
    name: str,
    inputs: str,
    outputs: Callable[[], str],
    work: Callable[[], object],
    say: Callable[[str], None],
) -> bool:
    """Do a step unless it is done; returns whether it was done now."""
    if memory.is_done(name, inputs, outputs()):
        say(f"{name}: nothing has changed")
        return False
    say(f"{name}:")
    work()
    memory.remember(name, inputs, outputs())
    return True
