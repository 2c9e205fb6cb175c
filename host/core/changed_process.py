"""A process of its own in which changed programs are tried, in children that are replaced when they die or hang.

A changed program may do anything. As a program this answers requests on its standard input.
"""

import contextlib
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import IO, Any

from .. import PACKAGE
from ..build.alteration import Alteration
from ..checkout import ROOT
from ..errors import HilError

Change = tuple[int, int]  # the number of an alteration, from 0, and the bound of its value
LENGTH = struct.Struct("<Q")
SILENT_S = 120.0  # of a child that takes no processor time either
NONE: Change = (-1, 0)  # the program as it is


class ChangedProcess:
    """The process, and what can be changed there. Close it.

    Args:
        module: in this package, whose `main` answers: see `answer`.
        alterations: what can be changed.
        first: what it is told first; it answers with None.

    Raises:
        HilError: this system cannot fork processes, or the process ends.
    """

    def __init__(self, module: str, alterations: tuple[Alteration, ...], first: object) -> None:
        if not hasattr(os, "fork"):
            raise HilError("changed programs cannot be tried on this system", "use Linux or macOS")
        self.alterations = alterations
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.core.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        weakref.finalize(self, _end, self._process)  # whoever forgets to close it
        self._ask(first)

    def close(self) -> None:
        """End the process."""
        _end(self._process)

    @property
    def runs(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def alteration(self, change: Change) -> Alteration:
        """What a change is."""
        return self.alterations[change[0]]

    def _ask(self, request: object) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            _write(self._process.stdin, request)
            return _read(self._process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            self.close()
            raise HilError(f"changed programs could not be tried: {error}", "run it again") from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _write(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value)
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError("the process ended")
    return pickle.loads(stream.read(LENGTH.unpack(head)[0]))


# ---- in the process


def answer(start: Callable[..., Callable[..., object]]) -> None:
    """Answer until the input ends.

    Args:
        start: takes what was told first, and gives what answers each further request.
    """
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    asked = start(*_read(requests))
    _write(answers, None)
    while True:
        try:
            request = _read(requests)
        except EOFError:
            return
        _write(answers, asked(*request))


def allow(seconds: float) -> None:
    """Let this process take so much processor time from now on; then it dies."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def forked(work: Callable[[int], None], ended: list[int] | None = None) -> Iterator[bytes]:
    """Do work in a child, and yield what it writes until it ends or hangs.

    Args:
        work: takes the file descriptor that is written to.
        ended: takes the signal that the child ended by, 0 for none, once all is yielded.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            work(write)
        finally:
            os._exit(0)
    os.close(write)
    try:
        while select.select([read], [], [], SILENT_S)[0]:
            data = os.read(read, 1 << 16)
            if not data:
                break
            yield data
    finally:
        os.close(read)
        os.kill(child, 9)
        _, status = os.waitpid(child, 0)
        if ended is not None:
            ended.append(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def write_all(out: int, data: bytes) -> None:
    """Write all of it, which a pipe takes in pieces."""
    while data:
        data = data[os.write(out, data) :]
