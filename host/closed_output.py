"""Output that nobody takes: a reader that has gone, as in `… | head`, is no error; a full disk is told at the end."""

import contextlib
import errno
import io
import os
import sys
from typing import Any

from .errors import HilError

GONE = {errno.EPIPE, errno.EINVAL}  # the latter on Windows


class _Forgiving(io.RawIOBase):
    """A file descriptor that takes everything, also when nobody reads it any more."""

    refused: OSError | None = None  # why some of it was lost, when its reader had not gone

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: "memoryview | bytes") -> int:  # type: ignore[override]
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            if error.errno not in GONE and self._descriptor == 1:  # nobody could be told of standard error's
                _Forgiving.refused = error
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._descriptor)
            return len(data)


def survive_closed_output() -> None:
    """Make standard output and error forgiving, when they are the process's own and not a test's."""
    for descriptor in range(3):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        os.open(os.devnull, os.O_RDWR)  # closed: or the next file opened would get what is printed
    _Forgiving.refused = None
    sys.stdout = _forgiving(sys.stdout, sys.__stdout__)
    sys.stderr = _forgiving(sys.stderr, sys.__stderr__)


def _forgiving(stream: Any, own: Any) -> Any:
    """`stream`, forgiving when it is the process's own."""
    if own is None or stream is not own or not isinstance(own, io.TextIOWrapper):
        return stream
    own.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(own.fileno())),
        encoding=own.encoding,
        errors=own.errors,
        line_buffering=own.line_buffering,
    )


def lost_output() -> HilError | None:
    """Why some of standard output is lost; None when it is not, or when its reader did not want it."""
    if sys.stdout is not None:
        sys.stdout.flush()
    error = _Forgiving.refused
    if error is None:
        return None
    return HilError(
        f"standard output cannot be written: {error.strerror or error}; what was printed is not whole",
        "make room where it goes, or send it elsewhere",
    )
