"""The front end with one small change of its code, run in a process of its own: a changed program may do anything.

As a program it answers requests on its standard input. Changes are tried in a child, which is replaced when it dies or
hangs.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .. import PACKAGE
from ..build.alterations import BOUND, SELECTOR, Alteration
from ..build.altered_core import altered_core
from ..checkout import ROOT
from ..errors import HilError
from ..frontend.kinds import kind_of
from .c_frontend import FrontEnd

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

Change = tuple[int, int]  # the number of an alteration, from 0, and the bound of its value
LENGTH = struct.Struct("<Q")
FOUND = struct.Struct("<II")  # place among the changes, cells that are the device's
STUCK_S = 0.2  # of processor time for one change, which takes milliseconds: a busy computer makes no change hopeless
WHOLE_S = 20.0  # of processor time for all columns of a piece
SILENT_S = 120.0  # of a child that takes no processor time either
DEAD = -1  # of a change with which nothing came
NONE: Change = (-1, 0)  # the front end as it is
SANE = 2  # columns by which a child tells whether a change left its memory as it was


class AlteredFrontEnd:
    """Runs altered front ends. Close it.

    Args:
        settings, input_scale, zero_point: as for `FrontEnd`.

    Raises:
        HilError: there is no C compiler, or this system cannot fork processes.
    """

    def __init__(self, settings: Any, input_scale: float, zero_point: int) -> None:
        if not hasattr(os, "fork"):
            raise HilError("changed front ends cannot be tried on this system", "use Linux or macOS")
        library, self.alterations = altered_core(kind_of(settings).linked(settings))
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.core.altered_front_end"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        weakref.finalize(self, _end, self._process)  # whoever forgets to close it
        self._ask((library, settings, input_scale, zero_point))

    def __enter__(self) -> "AlteredFrontEnd":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def alike(self, changes: Sequence[Change], samples: Int16, device: Int8) -> list[int]:
        """For each change, how many cells are the device's; DEAD where it crashes or hangs.

        Args:
            changes: to be tried.
            samples: int16, from the first sample of the first column on.
            device: int8 [n, bands], the last columns of these samples: one more before them brings what is kept
                between columns to where the device has it.
        """
        found: list[int] = self._ask(("alike", list(changes), samples, device))
        return found

    def columns(self, change: Change, samples: Int16) -> Int8 | None:
        """The columns, int8 [n, bands]; None where it crashes or hangs."""
        found: Int8 | None = self._ask(("columns", [change], samples, None))
        return found

    def _ask(self, request: object) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            _write(self._process.stdin, request)
            return _read(self._process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
            self.close()
            raise HilError(f"changed front ends could not be tried: {error}", "run it again") from error


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


# ---- the process


class _Tries:
    """Tries changes in children of this process."""

    def __init__(self, library: Path, settings: Any, input_scale: float, zero_point: int) -> None:
        from cffi import FFI

        ffi = FFI()
        ffi.cdef(f"extern int {SELECTOR}, {BOUND};")
        self._globals = ffi.dlopen(str(library))
        self._front_end = FrontEnd(settings, input_scale, zero_point, path=library)
        # Changes with which nothing came of some samples: each would cost time again. Of others something may come.
        self._hopeless: set[tuple[Change, bytes]] = set()

    def _features(self, change: Change, samples: Int16) -> Int8:
        setattr(self._globals, SELECTOR, change[0] + 1)
        setattr(self._globals, BOUND, change[1])
        return self._front_end.features(samples)

    def alike(self, changes: list[Change], samples: Int16, device: Int8) -> list[int]:
        sound = samples.tobytes()
        places = [place for place, change in enumerate(changes) if (change, sound) not in self._hopeless]
        tried = [changes[place] for place in places]
        equal = [DEAD] * len(tried)
        begin = 0
        while begin < len(tried):
            begin = self._child(tried, begin, samples, device, equal)
        found = [DEAD] * len(changes)
        for place, count in zip(places, equal, strict=True):
            found[place] = count
        return found

    def _child(
        self, changes: list[Change], begin: int, samples: Int16, device: Int8, found: list[int]
    ) -> int:
        """Try changes from `begin` on; returns where another child goes on: beyond a first one that brought nothing."""
        ahead = max(0, self._front_end.settings.columns(len(samples)) - len(device))
        few = samples[: self._front_end.settings.samples_for(min(SANE, len(device)))]
        sane = self._features(NONE, few)

        def work(out: int) -> None:
            for place in range(begin, len(changes)):
                _allow(STUCK_S)
                columns = self._features(changes[place], samples)[ahead : ahead + len(device)]
                equal = int(np.count_nonzero(columns == device[: len(columns)]))
                os.write(out, FOUND.pack(place, equal))
                if not np.array_equal(self._features(NONE, few), sane):
                    return  # it wrote over tables: whatever came next would be wrong through no fault of its own

        done = begin
        data = b""
        for piece in _forked(work):
            data += piece
            whole = len(data) // FOUND.size * FOUND.size
            for place, equal in FOUND.iter_unpack(data[:whole]):
                found[place], done = equal, place + 1
            data = data[whole:]
            if done == len(changes):
                break
        if done > begin:  # the next one may have found what those before it left: it has a child of its own
            return done
        self._hopeless.add((changes[done], samples.tobytes()))
        return done + 1

    def columns(self, change: Change, samples: Int16) -> Int8 | None:
        bands = self._front_end.settings.bands

        def work(out: int) -> None:
            _allow(WHOLE_S)
            left = self._features(change, samples).tobytes()
            while left:
                left = left[os.write(out, left) :]

        data = b"".join(_forked(work))
        count = self._front_end.settings.columns(len(samples))
        return np.frombuffer(data, np.int8).reshape(count, bands) if len(data) == count * bands else None


def _allow(seconds: float) -> None:
    """Let this process take so much processor time from now on; then it dies."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _forked(work: Callable[[int], None]) -> Iterator[bytes]:
    """Do work in a child, and yield what it writes until it ends or hangs."""
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
        os.waitpid(child, 0)


def main() -> None:
    """Answer until the input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    tries = _Tries(*_read(requests))
    _write(answers, None)
    while True:
        try:
            what, changes, samples, device = _read(requests)
        except EOFError:
            return
        if what == "columns":
            _write(answers, tries.columns(changes[0], samples))
        else:
            _write(answers, tries.alike(changes, samples, device))


if __name__ == "__main__":
    main()
