"""For tests of what cannot be read: root may read everything, so they run as a user who may not."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NOBODY = 65534


@contextlib.contextmanager
def readable_by_others() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for place, names, _ in os.walk(folder):
            for name in names:
                Path(place, name).chmod(0o755)
        shutil.rmtree(folder)


@contextlib.contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Run the block as a user without rights who owns `folder`'s content; nothing changes for who is not root."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
