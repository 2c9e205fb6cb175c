"""What native code prints on standard error: kept from the user's terminal, and there to be read when it says why."""

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def captured_stderr() -> Iterator[Callable[[], str]]:
    """Catch what is written to file descriptor 2 while the block runs, by whatever language.

    Yields:
        A function that returns the text so far; still usable after the block.
    """
    said = ""

    def text() -> str:
        if not catcher.closed:
            catcher.seek(0)
            return catcher.read().decode("utf-8", "replace")
        return said

    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as catcher:
        os.dup2(catcher.fileno(), 2)
        try:
            yield text
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            said = text()


class _Quiet:
    """File descriptor 2 leads nowhere while at least one thread is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = -1

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                if sys.stderr is not None:
                    sys.stderr.flush()
                try:
                    self._kept = os.dup(2)
                except OSError:  # closed by whoever started this program: nothing to keep quiet
                    self._kept = -1
                else:
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, 2)
                    os.close(nowhere)
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._kept >= 0:
                os.dup2(self._kept, 2)
                os.close(self._kept)
                self._kept = -1


_QUIET = _Quiet()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what is written to file descriptor 2 while the block runs; any number of threads may be inside at once.

    Keep the block to the one native call that chatters: what other threads write meanwhile is dropped too.
    """
    _QUIET.enter()
    try:
        yield
    finally:
        _QUIET.leave()
