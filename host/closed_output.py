"""Output whose reader has gone, as in `… | head`: what is written is dropped, and the command ends as it would have."""

import errno
import io
import os
import sys

GONE = {errno.EPIPE, errno.EINVAL}  # the latter on Windows


class _Forgiving(io.RawIOBase):
    """A file descriptor that takes everything, also when nobody reads it any more."""

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
            if error.errno not in GONE:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._descriptor)
            return len(data)


def survive_closed_output() -> None:
    """Make standard output forgiving, when it is the process's own and not a test's."""
    own = sys.__stdout__
    if own is None or sys.stdout is not own or not isinstance(own, io.TextIOWrapper):
        return
    own.flush()
    forgiving = io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(own.fileno())),  # type: ignore[type-var]
        encoding=own.encoding,
        errors=own.errors,
        line_buffering=own.line_buffering,
    )
    sys.stdout = forgiving
