"""What to tell when a disk refuses."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import HilError

_BLOCK = 4096
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
# What is the place's doing and not this program's, and what to do about it.
_REFUSALS = {
    errno.ENAMETOOLONG: "give a shorter name: most disks take 255 bytes a name",
    errno.EROFS: "choose a place that can be written",
    errno.EACCES: "choose a place that you may read and write, or ask its owner",
    errno.EPERM: "choose a place that you may read and write, or ask its owner",
    errno.ENOTDIR: "a part of that path is a file: correct it",
    errno.EISDIR: "that is a folder: name a file",
    errno.ELOOP: "its links lead in a circle: correct them",
    errno.EFBIG: "choose a disk, and a limit (`ulimit -f`), that allow larger files",
    errno.EIO: "the disk may be failing, or was unplugged: look at the system's log",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
    **dict.fromkeys(_FULL, "free some space and run the same command again"),
}


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


def check_writable(*places: Path) -> None:
    """Look before long work whether its results can be kept: a folder that is there or can be made takes a file.

    Raises:
        HilError: one of them cannot be written.
    """
    for place in places:
        try:
            nearest = next(each for each in (place, *place.absolute().parents) if each.exists())
            probe = nearest / f".{secrets.token_hex(8)}.part"
            try:
                with probe.open("xb") as file:
                    file.write(bytes(_BLOCK))
            finally:
                if nearest.is_dir():
                    probe.unlink(missing_ok=True)
        except OSError as error:
            raise HilError(
                f"{place} cannot be written: {error.strerror or error}",
                "choose a folder that you may write to, on a disk with free space",
            ) from error


def refusal(error: OSError) -> HilError | None:
    """The error to tell when a disk refuses a file at a place that nothing foresaw; None when it is something else."""
    cure = _REFUSALS.get(error.errno or 0)
    if cure is None or (error.filename is None and error.errno not in _FULL):
        return None
    place = (
        f"{os.fsdecode(error.filename)} cannot be read or written"
        if error.filename
        else "a file cannot be written"
    )
    return HilError(f"{place}: {error.strerror}", cure)
