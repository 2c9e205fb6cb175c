"""The process of one of several boards: it does there what a run on one board does here.

A process a board, because Python computes on one core at a time. Standard input and output carry messages; whatever
else wants to print goes to standard error.
"""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import IO, NoReturn

from ...audio.source import AudioSource
from ...board.connecting import WrongKindError
from ...board.identity import StaleFirmwareError
from ...bundle.load import Bundle
from ...errors import HilError
from .. import events as e
from ..board_share import BoardShare
from ..file import FileComparison
from ..result import RunComparison
from ..run import new_result
from . import process_messages as s

PROGRESS_S = 0.2  # between two messages about samples that were sent
TOLD = (e.BoardFound, e.FileStarted, e.FileAgain, e.FileLeftOut, e.DeviceLog)


class BoardProcess:
    """Takes turns, and tells what comes of them.

    Args:
        requests, answers: the way from the run, and the way back.
        bundle: the bundle in use.
        job: what to do.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes], bundle: Bundle, job: s.Job) -> None:
        self._requests, self._answers, self._bundle, self._job = requests, answers, bundle, job
        self._result: RunComparison = new_result(job.board.kind, bundle, job.wishes)
        self._samples = 0
        self._told_s = 0.0

    def run(self) -> None:
        """All of the board's part, then the last message."""
        job = self._job
        share = BoardShare(
            job.board,
            self._bundle,
            job.wishes,
            job.interpreters,
            self._result,
            self._tell,
            self._take,
            name=job.name,
        )
        over = s.Over(self._result)
        try:
            share.start()
            share.execute(self._turns())
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise  # nobody is there to be told
            over = s.Over(self._result, fault=traceback.format_exc())
        except HilError as error:
            wrong = isinstance(error, WrongKindError | StaleFirmwareError)
            over = s.Over(self._result, error.cause, error.cure, wrong)
        except Exception:  # a fault of this program: who reads it is at the other end
            over = s.Over(self._result, fault=traceback.format_exc())
        self._result.files, self._result.pictured = [], []
        self._result.recorded.interpreter = None
        self._send(over)

    def _send(self, message: object) -> None:
        s.send(self._answers, message, self._bundle)

    def _turns(self) -> Iterator[tuple[str, AudioSource]]:
        while True:
            self._send(s.Free())
            turn: s.Turn = s.receive(self._requests, self._bundle)
            if turn.file is None:
                return
            yield turn.file

    def _take(self, file: FileComparison) -> None:
        self._result.add(file)
        self._tell_samples()
        self._send(s.Done(file))

    def _tell(self, event: e.Event) -> None:
        if isinstance(event, e.SamplesSent):
            self._samples += event.count
            if time.monotonic() - self._told_s >= PROGRESS_S:
                self._tell_samples()
        elif isinstance(event, TOLD):
            self._send(s.Told(event))

    def _tell_samples(self) -> None:
        if self._samples:
            self._send(s.Told(e.SamplesSent(self._samples)))
        self._samples, self._told_s = 0, time.monotonic()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """Serve the run at standard input; 0."""
    signal.signal(signal.SIGTERM, _stop)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        bundle = s.receive_bundle(requests)
        BoardProcess(requests, answers, bundle, s.receive(requests, bundle)).run()
    except (KeyboardInterrupt, EOFError, BrokenPipeError):
        return 1  # the run is over, or gone
    finally:
        with contextlib.suppress(OSError):
            answers.close()
    return 0
