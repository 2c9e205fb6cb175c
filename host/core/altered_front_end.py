"""The front end with one small change of its code, tried in a process of its own."""

import os
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..build.alteration import BOUND, SELECTOR
from ..build.altered_core import altered_core
from ..frontend.kinds import kind_of
from .c_frontend import FrontEnd
from .changed_process import NONE, Change, ChangedProcess, allow, answer, forked, write_all

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

FOUND = struct.Struct("<II")  # place among the changes, cells that are the device's
STUCK_S, STUCK_TIMES = 0.01, 4  # of processor time for one change, or as often as the right front end needs
WHOLE_S = 20.0  # of processor time for all columns of a piece
DEAD = -1  # of a change with which nothing came


@dataclass(frozen=True)
class Heard:
    """What a front end has heard before the samples that it is tried on.

    Attributes:
        streams: int16, of other streams before, with the change as well, the first one first.
        right: int16, the beginning of the same stream, without the change; None: the samples are the beginning.
        stage: of whose bytes, for the last column, a row is made in the place of all columns' cells; empty: of none.
    """

    streams: tuple[Int16, ...] = ()
    right: Int16 | None = None
    stage: str = ""


ALONE = Heard()


class AlteredFrontEnd(ChangedProcess):
    """Runs altered front ends. Close it.

    Args:
        settings, input_scale, zero_point: as for `FrontEnd`.

    Raises:
        HilError: there is no C compiler, or this system cannot fork processes.
    """

    def __init__(self, settings: Any, input_scale: float, zero_point: int) -> None:
        library, alterations = altered_core(kind_of(settings).linked(settings))
        super().__init__("altered_front_end", alterations, (library, settings, input_scale, zero_point))

    def __enter__(self) -> "AlteredFrontEnd":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def alike(
        self, changes: Sequence[Change], samples: Int16, device: Int8, heard: Heard = ALONE, least: int = 0
    ) -> list[int]:
        """For each change, how many cells are the device's; DEAD where it crashes or hangs.

        Args:
            changes: to be tried.
            samples: int16, from the first sample of the first column on.
            device: int8 [n, bands], the last columns of these samples: one more before them brings what is kept
                between columns to where the device has it.
            heard: what was heard before.
            least: cells that matter: where there cannot be as many, fewer may be told than there are.
        """
        found: list[int] = self._ask(("alike", list(changes), samples, device, heard, least))
        return found

    def columns(self, change: Change, samples: Int16, heard: Heard = ALONE) -> Int8 | None:
        """The columns that become complete with `samples`, int8 [n, bands]; None where it crashes or hangs."""
        found: Int8 | None = self._ask(("columns", [change], samples, None, heard, 0))
        return found


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
        self._listen: Callable[[Int16], Int8] = self._front_end.features

    def asked(
        self, what: str, changes: list[Change], samples: Int16, device: Int8, heard: Heard, least: int
    ) -> object:
        """The answer to a request."""
        front_end = self._front_end
        self._listen = front_end.features
        if heard.right is not None:
            self._listen = front_end.begun(heard.right).features
        elif heard.streams:
            self._listen = lambda samples: front_end.features_behind(heard.streams, samples)
        elif heard.stage:
            self._listen = lambda samples: _of_stage(front_end, samples, heard.stage)
        if what == "columns":
            return self.columns(changes[0], samples)
        return self.likely(changes, samples, device, least)

    def _features(self, change: Change, samples: Int16) -> Int8:
        setattr(self._globals, SELECTOR, change[0] + 1)
        setattr(self._globals, BOUND, change[1])
        return self._listen(samples)

    def likely(self, changes: list[Change], samples: Int16, device: Int8, least: int) -> list[int]:
        """As `alike`; of changes that cannot give as many cells as that, no more than few columns are computed."""
        rows = self._rows_that_tell(samples, device, least)
        rest = len(device) - rows
        few = samples[: len(samples) - rest * self._front_end.settings.hop]
        found = self.alike(changes, few, device[:rows])
        left = [place for place, equal in enumerate(found) if equal + device[rows:].size >= least]
        if rest and left:
            again = self.alike([changes[place] for place in left], samples, device)
            for place, equal in zip(left, again, strict=True):
                found[place] = equal
        return found

    def _rows_that_tell(self, samples: Int16, device: Int8, least: int) -> int:
        """Columns until which the right front end cannot give as many cells any more; all, where they are most."""
        sane = self._features(NONE, samples)[-len(device) :]
        if sane.shape != device.shape:
            return len(device)
        wrong = np.cumsum(np.count_nonzero(sane != device, axis=1))
        rows = int(np.searchsorted(wrong, device.size - least, side="right")) + 1
        # of few bands the right one is told late, and many changes that spoil all of them are told at once
        return rows if 2 * rows <= len(device) else -(-len(device) // 4) if least else len(device)

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
        begun = time.process_time()
        sane = self._features(NONE, samples)
        ahead = max(0, len(sane) - len(device))
        allowed = STUCK_S + STUCK_TIMES * (time.process_time() - begun)

        def work(out: int) -> None:
            for place in range(begin, len(changes)):
                allow(allowed)
                given = self._features(changes[place], samples)
                columns = given[ahead : ahead + len(device)]
                equal = int(np.count_nonzero(columns == device[: len(columns)]))
                os.write(out, FOUND.pack(place, equal))
                changed = not np.array_equal(given, sane)
                if changed and not np.array_equal(self._features(NONE, samples), sane):
                    return  # it wrote over tables: whatever came next would be wrong through no fault of its own

        done = begin
        data = b""
        for piece in forked(work):
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
            allow(WHOLE_S)
            write_all(out, self._features(change, samples).tobytes())

        data = b"".join(forked(work))
        # more than there should be come of a stream that still has what was before
        return np.frombuffer(data, np.int8).reshape(-1, bands) if data and len(data) % bands == 0 else None


def _of_stage(front_end: FrontEnd, samples: Int16, stage: str) -> Int8:
    """What a stage gives for the last column, int8 [1, bytes]; empty where it gives nothing."""
    found = front_end.capture(samples, front_end.settings.columns(len(samples)) - 1).get(stage, b"")
    return np.frombuffer(found, np.int8)[np.newaxis, :]


def _tries(*first: Any) -> Callable[..., object]:
    return _Tries(*first).asked


if __name__ == "__main__":
    answer(_tries)
