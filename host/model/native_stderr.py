"""What native code prints on standard error: kept from the user's terminal, and there to be read when it says why."""

import contextlib
import os
import sys
import tempfile
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
