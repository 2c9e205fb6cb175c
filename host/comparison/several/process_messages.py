"""What is said between a run and the process of one of its boards: pickles, each behind its length.

Both ends are this program. The bundle, which every file names, is never sent again: a reference stands for it.
"""

import io
import pickle
import struct
from dataclasses import dataclass
from typing import IO, Any

from ...audio.source import AudioSource
from ...bundle.load import Bundle
from .. import events as e
from ..device import BoardUnderTest
from ..file import FileComparison
from ..interpreters import Interpreters
from ..result import RunComparison
from ..wishes import Wishes

_LENGTH = struct.Struct("<Q")
_BUNDLE = "bundle"


@dataclass(frozen=True)
class Job:
    """Run → board: the first message; `name` is what the run calls the board."""

    name: str
    board: BoardUnderTest
    wishes: Wishes
    interpreters: Interpreters


@dataclass(frozen=True)
class Turn:
    """Run → board: the next file; None: there is none any more."""

    file: tuple[str, AudioSource] | None


@dataclass(frozen=True)
class Free:
    """Board → run: it is free for a file."""


@dataclass(frozen=True)
class Told:
    """Board → run: something happened on it."""

    event: e.Event


@dataclass(frozen=True)
class Done:
    """Board → run: a file is finished."""

    file: FileComparison


@dataclass(frozen=True)
class Over:
    """Board → run: the last message.

    Attributes:
        record: all that was found, without its files, which were sent before.
        cause, cure: why it broke off; empty when it did not.
        wrong: whether that is a mistake of who chose the board, and no loss of one.
        fault: the trace of a fault of this program; empty when there is none.
    """

    record: RunComparison
    cause: str = ""
    cure: str = ""
    wrong: bool = False
    fault: str = ""


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], bundle: Bundle) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._bundle = bundle

    def persistent_id(self, obj: Any) -> str | None:  # the name is pickle's
        return _BUNDLE if obj is self._bundle else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], bundle: Bundle) -> None:
        super().__init__(file)
        self._bundle = bundle

    def persistent_load(self, pid: Any) -> Bundle:
        if pid != _BUNDLE:
            raise pickle.UnpicklingError(f"nothing is called {pid!r}")
        return self._bundle


def send(stream: IO[bytes], message: object, bundle: Bundle) -> None:
    """Write a message.

    Raises:
        OSError: nobody is there any more.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, bundle).dump(message)
    content = buffer.getbuffer()
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes], bundle: Bundle) -> Any:
    """Read a message.

    Raises:
        EOFError: nobody is there any more.
    """
    return _Unpickler(io.BytesIO(_exactly(stream)), bundle).load()


def send_bundle(stream: IO[bytes], bundle: Bundle) -> None:
    """Write the bundle itself, before everything else; the first message takes it along."""
    content = pickle.dumps(bundle, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)) + content)


def receive_bundle(stream: IO[bytes]) -> Bundle:
    """Read the bundle.

    Raises:
        EOFError: nobody is there any more.
    """
    bundle: Bundle = pickle.loads(_exactly(stream))
    return bundle


def _exactly(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_bytes(stream, _LENGTH.size))
    return _bytes(stream, length)


def _bytes(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError("the other end is gone")
    return content
