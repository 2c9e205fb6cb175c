"""What to tell when a disk refuses."""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import HilError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def may_read(place: Path) -> str:
    """What to do about a file or folder that cannot be read: whose it is and what its owner can change."""
    try:
        status = place.stat()
    except OSError:
        return f"See whether you may enter {place.parent}, and whether {place.name} is there."
    rights = "a+rX" if place.is_dir() else "a+r"
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    return (
        f"It belongs to user {status.st_uid} and has mode {mode}: its owner can run `chmod {rights} {place}`."
    )


@contextlib.contextmanager
def disk_errors(place: Path, error_type: type[HilError] = HilError) -> Iterator[None]:
    """Turn an OSError of the block into an `error_type` that names `place` and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise error_type(
                f"The disk of {place} is full.",
                "Free some space and run the same command again: what is whole already is kept.",
            ) from error
        raise error_type(
            f"{place} cannot be written or read: {error}.", "Choose a folder that you may write to."
        ) from error
