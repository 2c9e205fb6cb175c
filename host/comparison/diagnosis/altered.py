"""The hypothesis that one step of the front end's code is another one: every small change of the code is tried."""

import contextlib
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from ...build.alterations import MOVED, NOTHING, Alteration
from ...core.altered_front_end import AlteredFrontEnd
from ...core.changed_process import Change
from ...errors import HilError
from ...frontend.settings import FrontEndSettings
from .evidence import Int16
from .search import CODE, Candidate, Int8, View, largest

PROBED = 10  # columns from the first wrong ones on, on which every change is tried
ALIKE = 0.97  # of their cells; the rest is room for a second cause
LEAST_ROWS, LEAST_CELLS = 6, 16  # that differ, so that no change gives them by chance
BOUNDS = range(1, 32)  # of values that count bits
MOST_PROBED = 60
RESET = "reset"  # in the names of functions that set a stream's state back
MOST = 4  # changes that are looked at in full
# Files that compute one stage alone, by the ends of their names
STAGE_FILES = (
    ("hann.c", "window"),
    ("mixed_window.c", "window"),
    ("rfft_steps.h", "spectrum"),
    ("rfft_words.h", "spectrum"),
    ("rfft.c", "spectrum"),
    ("microfrontend/fft.c", "power"),
    ("log_mel/mel.c", "mel"),
    ("filter_bank.h", "mel"),
    ("noise.c", "noise"),
    ("pcan.c", "pcan"),
    ("/log.c", "log"),
    ("log_options.c", "log"),
    ("quantise.c", "cells"),
    ("dct.c", "cells"),
    ("fixed_point/cells.h", "cells"),
)


@lru_cache(maxsize=2)
def _running(settings: FrontEndSettings, input_scale: float, zero_point: int) -> AlteredFrontEnd:
    """One process for all diagnoses of a program: it remembers which changes never come to an end."""
    return AlteredFrontEnd(settings, input_scale, zero_point)


class Altered:
    """Front ends with one change, made when they are first needed.

    Args:
        settings, input_scale, zero_point: as for `FrontEnd`.

    Attributes:
        settings: see there.
        departs: the stage in which the device's columns depart first; empty where that is not known.
    """

    def __init__(self, settings: FrontEndSettings, input_scale: float, zero_point: int) -> None:
        self.settings = settings
        self.departs = ""
        self._arguments = (settings, input_scale, zero_point)
        self._made: AlteredFrontEnd | None = None
        self._known: dict[tuple[Change, int, bool], Int8 | None] = {}

    @property
    def front_end(self) -> AlteredFrontEnd:
        """The process that runs them.

        Raises:
            HilError: it cannot run here.
        """
        if self._made is None or not self._made.runs:
            self._made = _running(*self._arguments)
            if not self._made.runs:
                _running.cache_clear()
                self._made = _running(*self._arguments)
        return self._made

    def columns(self, change: Change, view: View, behind: bool = False) -> Int8 | None:
        """A view's columns by a changed front end; None when these are not as many.

        Args:
            change: it.
            view: of a file.
            behind: whether the end of the file before, where it is known, is heard first.
        """
        key = change, id(view.file.piece), behind
        if key not in self._known:
            before = before_of(view) if behind else None
            found = self.front_end.columns(change, view.file.piece.samples, before)
            count = len(view.expected)
            self._known[key] = None if found is None or len(found) < count else found[:count]
        return self._known[key]


def before_of(view: View) -> Int16 | None:
    """The end of the file before, where a view begins with its file; else None."""
    return None if view.first or view.file.before is None else view.file.before.piece.samples


def altered(front_ends: Altered) -> Callable[[list[View]], Iterator[Candidate]]:
    """One expression of the front end's code is not the right one (a number, an operator, a shift, a term left out)."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        if len(view.wrong_rows) < LEAST_ROWS or view.wrong.sum() < LEAST_CELLS:
            return
        with contextlib.suppress(HilError):  # no compiler here: then nothing is said of the code
            likely = _likely(front_ends, view)
            for change in likely:
                yield _candidate(front_ends, change)
            if not likely:
                yield from (_candidate(front_ends, change, True) for change in _kept(front_ends, views))

    return hypothesis


def _likely(front_ends: Altered, view: View) -> list[Change]:
    """Changes that give the device's columns where it departs first, the plainest first."""
    front_end, settings = front_ends.front_end, front_ends.settings
    rows = view.wrong_rows
    # from the beginning where that is near: there what is kept between columns begins as well
    first = 0 if rows[0] < PROBED else int(rows[0]) - 2
    # as many that little shows of no change by chance
    enough = np.searchsorted(np.cumsum(np.count_nonzero(view.wrong[rows], axis=1)), LEAST_CELLS)
    end = max(first + PROBED, int(rows[max(LEAST_ROWS - 1, int(enough))]) + 1)
    end = min(len(view.expected), end, first + MOST_PROBED)
    samples = view.file.piece.samples[first * settings.hop :][: settings.samples_for(end - first)]
    # what is left of the stream before shows in its first column
    begin = first + 1 if first == 0 else first
    device, right = view.device[begin:end], view.expected[begin:end]

    def best(changes: list[Change]) -> list[Change]:
        alike = front_end.alike(changes, samples, device)
        least = max(ALIKE * device.size, np.count_nonzero(device == right) + LEAST_CELLS // 2)
        if changes and max(alike) < least:  # one may have suffered from what another left in memory before it
            again = front_end.alike(changes[::-1], samples, device)
            alike = [max(pair) for pair in zip(alike, again[::-1], strict=True)]
        order = sorted(range(len(changes)), key=lambda place: (-alike[place], place))
        return [changes[place] for place in order[:MOST] if alike[place] >= least]

    numbers = [
        number
        for number, what in enumerate(front_end.alterations)
        if _may_depart(what.file, front_ends.departs)
    ]
    below = {number: front_end.alterations[number].below for number in numbers}
    return best([(n, 0) for n in numbers if not below[n]]) or best(
        [(n, bound) for n in numbers if below[n] for bound in BOUNDS]
    )


def _kept(front_ends: Altered, views: list[View]) -> list[Change]:
    """Changes of what sets a stream's state back that give the first columns of a file behind another."""
    front_end = front_ends.front_end
    view = next((view for view in views if before_of(view) is not None and view.wrong[:PROBED].any()), None)
    if view is None:
        return []
    device, right = view.device[:PROBED], view.expected[:PROBED]
    samples = view.file.piece.samples[: front_ends.settings.samples_for(len(device))]
    changes: list[Change] = [
        (number, 0)
        for number, what in enumerate(front_end.alterations)
        if RESET in what.function and not what.below
    ]
    alike = front_end.alike(changes, samples, device, before_of(view))
    least = max(ALIKE * device.size, np.count_nonzero(device == right) + LEAST_CELLS // 2)
    order = sorted(range(len(changes)), key=lambda place: (-alike[place], place))
    return [changes[place] for place in order[:MOST] if alike[place] >= least]


def _may_depart(file: str, stage: str) -> bool:
    """Whether what is changed in a file can show in a stage first."""
    own = next((name for end, name in STAGE_FILES if file.endswith(end)), "")
    return not stage or not own or own == stage


def _candidate(front_ends: Altered, change: Change, behind: bool = False) -> Candidate:
    what = front_ends.front_end.alteration(change)
    cause, told = change_told(what, change, "the front end")
    return Candidate(
        cause,
        told,
        f"Look at firmware/core/frontend/{what.file}, line {what.line}, at what the compiler made of it, and at the "
        "memory that it lies in",
        lambda view: front_ends.columns(change, view, behind),
        family=CODE,
    )


def change_told(what: Alteration, change: Change, who: str) -> tuple[str, str]:
    """A change of the code: its short name, and what the device does, in words."""
    where = f" where {what.below} is less than {change[1]}" if what.below else ""
    instead = f"with `{what.after}` instead of `{what.before}`"
    if what.after == NOTHING:
        instead = f"without `{what.before}`"
    elif what.after.startswith(MOVED):
        instead = f"with `{what.before}` {what.after.removeprefix(MOVED)}"
    return (
        f"{what.file} line {what.line}",
        f"{who} does what it would {instead}{where} ({what.file}, line {what.line})",
    )
