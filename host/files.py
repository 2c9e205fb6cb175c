"""Writing files so that a reader sees the old content or the new, never half of it."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` through a temporary file in the same folder and a rename.

    Text is written as UTF-8 with `\\n` line ends. Missing parent folders are made.

    Raises:
        OSError: the folder cannot be written; `path` is then unchanged.
    """
    content = (
        data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    )  # names may hold no UTF-8
    with atomic_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to that becomes `path` when the block ends, and nothing when it fails.

    Raises:
        OSError: the folder cannot be written; `path` is then unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # a name of its own, because one made of the file's may be too long; "x" leaves the rights to the user's umask
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    file = temporary.open("xb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, data: bytes | str) -> bool:
    """Like `atomic_write`, but leaves an equal file alone so that builds do not run for nothing.

    Returns:
        True when the file was written.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    atomic_write(path, content)
    return True
