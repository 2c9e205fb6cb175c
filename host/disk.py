"""What to tell when a disk refuses."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from .errors import HilError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


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
