"""A run's end of the way to the process of one of its boards."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import IO, cast

from ... import PACKAGE
from ...bundle.load import Bundle
from ...checkout import ROOT
from ...invocation import PROGRAM_VARIABLE, program
from ...model.worker import how_it_ended
from . import process_messages as s

ENDS_S = 15.0  # for a process that was told to end: it stops its board
_START = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    f"from {PACKAGE}.comparison.several.board_process import main; sys.exit(main())"
)
Inbox = queue.SimpleQueue["tuple[str, object | None]"]


class BoardLink:
    """The process of one board, started at once. A thread puts what it says into `inbox`; None is its end.

    Args:
        name: of the board.
        bundle: the bundle in use.
        job: what it is to do.
        inbox: takes (name, message).

    Attributes:
        free: whether it waits for a file.
        began: whether it ever did: its board answered, and runs the bundle.
    """

    def __init__(self, name: str, bundle: Bundle, job: s.Job, inbox: Inbox) -> None:
        self.name = name
        self.free = self.began = False
        self._bundle, self._inbox = bundle, inbox
        # A session of its own: Ctrl-C is for the run, which tells its boards; and all that it started can be ended.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, PROGRAM_VARIABLE: program()},
            start_new_session=True,
        )
        # Both are pipes, so both are there.
        self._to, self._from = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        threading.Thread(target=self._talk, args=(job,), name=f"board {name}", daemon=True).start()

    def _talk(self, job: s.Job) -> None:
        with contextlib.suppress(EOFError, OSError, ValueError):
            s.send_bundle(self._to, self._bundle)  # it reads after a second of loading
            s.send(self._to, job, self._bundle)
            while True:
                self._inbox.put((self.name, s.receive(self._from, self._bundle)))
        self._inbox.put((self.name, None))

    def give(self, turn: s.Turn) -> None:
        """Answer a `Free`."""
        self.free = False
        with contextlib.suppress(OSError):  # the thread will say that it ended
            s.send(self._to, turn, self._bundle)

    def how_it_ended(self) -> str:
        """Of a process that said nothing any more, in words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDS_S)
        return f"its process ended ({how_it_ended(self._process.poll())})"

    def ask_to_stop(self) -> None:
        """Let it stop its board and end, whatever it is doing; does not wait."""
        if self._process.poll() is None:
            self._process.terminate()

    def close(self) -> None:
        """Wait until it has ended, or end it and all that it started."""
        try:
            self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()
