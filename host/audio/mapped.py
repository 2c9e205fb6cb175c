"""The bytes of a file without reading them into memory."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from pathlib import Path

Mapped = bytes | mmap.mmap


@contextlib.contextmanager
def mapped(path: Path) -> Iterator[Mapped]:
    """The file's bytes, read as they are asked for. For looks at headers: it must not become shorter meanwhile.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # empty
            yield b""
            return
        with view:
            yield view
