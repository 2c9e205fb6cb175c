"""One run at a port at a time: a second one is told who is there, also where the system lets both in (TCP)."""

import contextlib
import getpass
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from ..invocation import joined
from ..lock import try_lock
from .port import PortError

SHOWN = 120


class PortLock:
    """A claim on one port, held until `release` or the end of this process.

    Args:
        url: device name or pyserial URL; names of the same device count as one.

    Raises:
        PortError: another run of this program holds it; says which.
    """

    def __init__(self, url: str) -> None:
        self._file = None
        try:
            key = url if "://" in url else os.path.realpath(url)
        except ValueError:  # no name that a file can have: opening it will say so
            return
        path = _folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.lock"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError:
            return  # nowhere to say so: the system's own lock has to do
        if not try_lock(file):
            file.close()
            raise PortError(f"{url} is in use by {_holder(path)}", "wait until that run is done, or stop it")
        with contextlib.suppress(OSError):
            path.with_suffix(".txt").write_text(
                f"process {os.getpid()} (`{joined(sys.argv)[:SHOWN]}`)", encoding="utf-8", errors="replace"
            )
        self._file = file

    def release(self) -> None:
        """Let others in; a second call does nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _folder() -> Path:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        user = "unknown"
    return Path(tempfile.gettempdir()) / f"hil-ports-{hashlib.sha256(user.encode()).hexdigest()[:8]}"


def _holder(path: Path) -> str:
    try:
        return path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace") or "another run"
    except OSError:
        return "another run"
