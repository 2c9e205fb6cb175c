"""What a run tells while it goes: progress bar, terminal, log and reports listen to the same events."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..link import messages as m
from .file import FileComparison
from .result import RunComparison


@dataclass(frozen=True)
class RunStarted:
    """The first event. `result` is not finished yet."""

    result: RunComparison


@dataclass(frozen=True)
class StepStarted:
    """A part of the run begins.

    Attributes:
        name: "connect", "load reference", "stream", "changes", "trace", "make stimuli", "stimuli", "examine" or
            "explain".
    """

    name: str


@dataclass(frozen=True)
class StepEnded:
    """A part of the run is over, whether it succeeded or not. `seconds` is what it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class BoardFound:
    """The board answered and runs the bundle. `reached` is how, and `tools` what it was built with, in words.

    `name` is that of one of several boards, else empty.
    """

    info: m.Info
    reached: str
    tools: str = ""
    name: str = ""


@dataclass(frozen=True)
class FilesCounted:
    """How much there is to stream. `samples` is at the bundle's rate, and may be off by some a file."""

    files: int
    samples: int


@dataclass(frozen=True)
class FileStarted:
    """A file's first sample comes next."""

    name: str


@dataclass(frozen=True)
class SamplesSent:
    """The board was given `count` more samples of the file."""

    count: int


@dataclass(frozen=True)
class Traced:
    """What is looked at step by step: `done` of `of` of `what`."""

    what: str
    done: int
    of: int


@dataclass(frozen=True)
class FileAgain:
    """The board restarted: the file is streamed from its beginning once more. `cause` says what happened."""

    name: str
    cause: str


@dataclass(frozen=True)
class FileLeftOut:
    """A file could not be read to its end; nothing of it counts. `cause` says why."""

    name: str
    cause: str


@dataclass(frozen=True)
class BoardLost:
    """One of several boards cannot go on; `file`, when it had one, is given to another. `cause` says why."""

    name: str
    cause: str
    file: str


@dataclass(frozen=True)
class FileDone:
    """A file is compared; `result` holds what the run has up to now."""

    file: FileComparison
    result: RunComparison


@dataclass(frozen=True)
class DeviceLog:
    """A line of the firmware's log. level: messages.LogLevel."""

    level: int
    text: str


@dataclass(frozen=True)
class RunEnded:
    """The verdict is known; the last event, also of a run that broke off."""

    result: RunComparison


Event = (
    RunStarted
    | StepStarted
    | StepEnded
    | BoardFound
    | FilesCounted
    | FileStarted
    | SamplesSent
    | Traced
    | FileAgain
    | FileLeftOut
    | BoardLost
    | FileDone
    | DeviceLog
    | RunEnded
)
Listener = Callable[[Event], None]


@contextlib.contextmanager
def step(name: str, tell: Listener, seconds: dict[str, float]) -> Iterator[None]:
    """A part of the run: told when it begins and ends, and what it took put into `seconds`."""
    tell(StepStarted(name))
    start = time.monotonic()
    try:
        yield
    finally:
        seconds[name] = time.monotonic() - start
        tell(StepEnded(name, seconds[name]))
