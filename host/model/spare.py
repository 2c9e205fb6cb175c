"""Model processes started before anybody needs them, so that they load libraries while this program loads its modules.

Standard library only, so that whoever starts one waits for nothing. A spare holds no model and knows no board: whoever
takes it finds what a process of its own would be.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import PACKAGE

SERVER = ("-m", f"{PACKAGE}.model.inference_server")
FOLDER = Path(__file__).resolve().parents[2]  # in which Python finds the package

AHEAD = "ahead"  # the argument of a process that loads the kernels before it is asked for anything
BOARD = "board"  # of a virtual board's; behind it the bytes of its arena (0: as it needs), then faults

_spares: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}


def board_server(arena: int = 0, faults: Sequence[str] = ()) -> tuple[str, ...]:
    """The arguments of a virtual board's process."""
    return (*SERVER, BOARD, str(arena), *faults)


def start_server(arguments: tuple[str, ...], heard: bool = False) -> subprocess.Popen[bytes]:
    """Return a new process with these arguments for Python, a spare one when there is.

    Args:
        arguments: `SERVER` and what follows it.
        heard: whether somebody reads what it says on standard error; a spare is started with the same.

    Raises:
        OSError: it does not start.
    """
    spare = _spares.pop(arguments, None)
    if spare is not None and spare.poll() is None:
        return spare
    return _start(arguments, heard)


def start_ahead(arguments: tuple[str, ...], heard: bool = False) -> None:
    """Start a spare that `start_server` will give out; where it cannot be started, that one will tell."""
    if arguments in _spares:
        return
    try:
        _spares[arguments] = _start(arguments, heard)
    except OSError:
        return


def _start(arguments: tuple[str, ...], heard: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if heard else subprocess.DEVNULL,
        cwd=FOLDER,
    )


@atexit.register
def end_spares() -> None:
    """End those that nobody took."""
    while _spares:
        _, process = _spares.popitem()
        process.kill()
        process.communicate()
