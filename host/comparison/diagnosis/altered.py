"""The hypothesis that one step of the front end's code is another one: every small change of the code is tried."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from ...build.alteration import Alteration
from ...build.compared_expressions import of_width
from ...build.other_values import LAST
from ...core.altered_front_end import ALONE, DEAD, AlteredFrontEnd, Heard
from ...core.c_frontend import FrontEnd
from ...core.changed_process import NONE, Change
from ...core.known_bytes import departed
from ...errors import HilError
from ...frontend.settings import FrontEndSettings
from ...trace.stages import ColumnTrace
from .evidence import Int16
from .finding import IN_PLACE
from .search import CODE, Candidate, Int8, View, largest
from .traced_stages import as_traced

PROBED = 10  # columns from the first wrong ones on, on which every change is tried
ALIKE = 0.97  # of their cells; the rest is room for a second cause
LEAST_ROWS, LEAST_CELLS = 6, 16  # that differ, so that no change gives them by chance
BOUNDS = range(1, 32)  # of values that count bits
MOST_PROBED = 60
COLUMNS_HEARD = 400  # columns, until those on which a change is tried that keeps one value of all so far
ALWAYS, BEHIND, FROM_THERE = "always", "behind", "from there"  # when a change is made: see `Altered.columns`
LONG, AROUND = 80, 24  # letters of an expression that is shown in part, and beside what differs in it
RESET = "reset"  # in the names of functions that set a stream's state back
_CALL = re.compile(r"^(?!mem|str)([a-z]\w*)\(")  # of a function of the firmware's own
_ELSE = "at what else"  # in IN_PLACE
MOST, MOST_TIED = 4, 16  # changes that are looked at in full; where more give as many cells
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
# What one stage keeps for the next columns, and another one uses first
KEPT_BEFORE = {"pcan": "noise"}


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
        traces: of columns that depart.
        dead: changes with which nothing comes of samples whose columns the device sent.
    """

    def __init__(self, settings: FrontEndSettings, input_scale: float, zero_point: int) -> None:
        self.settings = settings
        self.departs = ""
        self.traces: Sequence[ColumnTrace] = ()
        self.dead: set[Change] = set()
        self._arguments = (settings, input_scale, zero_point)
        self._made: AlteredFrontEnd | None = None
        self._known: dict[tuple[Change, int, str, int], Int8 | None] = {}

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

    def as_traced(self, changes: list[Change]) -> list[Change]:
        """Changes without those that spoil a stage which a trace saw right; of what is kept nothing is known."""
        if not self.traces or not changes:
            return changes
        right = FrontEnd(*self._arguments)
        left = as_traced(
            self.front_end, right, [each for each in changes if not self.keeps(each)], self.traces
        )
        return [change for change in changes if change in left or self.keeps(change)]

    def keeps(self, change: Change) -> bool:
        """Whether something is kept with a change, from stream to stream as well."""
        return bool(self.front_end.alteration(change).keeps)

    def columns(self, change: Change, view: View, when: str = ALWAYS) -> Int8 | None:
        """A view's columns by a changed front end; None when these are not as many.

        Args:
            change: it.
            view: of a file.
            when: BEHIND: the end of the file before, where it is known, is heard first. FROM_THERE: the change is made
                from the first wrong column on.
        """
        first = _begins(view) if when == FROM_THERE else 0
        key = change, id(view.file.piece), when, first
        if key not in self._known:
            samples = view.file.piece.samples
            heard, at = ALONE, 0
            if first:
                at = self.settings.samples_for(first)
                heard = Heard(right=samples[:at])
            elif when == BEHIND:
                heard = Heard(streams=before_of(view))
            found = self.front_end.columns(change, samples[at:], heard)
            if found is not None and len(found) and when == BEHIND and not view.first and not heard.streams:
                found[0] = view.device[0]  # what was heard before is not known
            count = len(view.expected) - first
            self._known[key] = (
                None
                if found is None or len(found) < count
                else np.concatenate([view.expected[:first], found[:count]])
            )
        return self._known[key]


def _begins(view: View) -> int:
    """The row from which on a change may be made that is not made before; 0: from the beginning."""
    rows = view.wrong_rows
    return int(rows[0]) if len(rows) and rows[0] >= PROBED else 0


def before_of(view: View) -> tuple[Int16, ...]:
    """The ends of the files before, where a view begins with its file; else none."""
    return () if view.first or view.file.before is None else view.file.before.streams


def altered(front_ends: Altered) -> Callable[[list[View]], Iterator[Candidate]]:
    """One expression of the front end's code is not the right one (a number, an operator, a shift, a term left out)."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        if len(view.wrong_rows) < LEAST_ROWS or view.wrong.sum() < LEAST_CELLS:
            return
        if departed(front_ends.settings):  # a change of what is not right itself would say nothing
            return
        with contextlib.suppress(HilError):  # no compiler here: then nothing is said of the code
            yield from _tried(front_ends, views)
            yield from (_candidate(front_ends, change, BEHIND) for change in _kept(front_ends, views))

    return hypothesis


def _tried(front_ends: Altered, views: list[View]) -> Iterator[Candidate]:
    """Changes that are always made; where none is likely behind the file before, or from some column on."""
    for when, ways in ((ALWAYS, _likely), (BEHIND, _left), (FROM_THERE, _from_there)):
        if likely := ways(front_ends, views):
            yield from (
                _candidate(front_ends, change, BEHIND if front_ends.keeps(change) else when)
                for change in likely
            )
            # in one file, and in all after it, from somewhere on
            if when == ALWAYS and any(map(_begins, views)):
                yield from (_candidate(front_ends, change, FROM_THERE) for change in likely)
            return


def _likely(front_ends: Altered, views: list[View]) -> list[Change]:
    """Changes that give the device's columns where it departs first, the plainest first."""
    settings, view = front_ends.settings, largest(views)
    rows = view.wrong_rows
    # from the beginning where that is near: there what is kept between columns begins as well
    first = 0 if rows[0] < PROBED else int(rows[0]) - 2
    end = _end(view, first)
    samples = view.file.piece.samples[first * settings.hop :][: settings.samples_for(end - first)]
    if first and end <= COLUMNS_HEARD and not view.first and _remembers(front_ends, samples, view, first):
        samples = view.file.piece.samples[: settings.samples_for(end)]
    # what is left of the stream before shows in its first column
    begin = first + 1 if first == 0 else first
    return _best(front_ends, view, samples, (begin, end))


def _remembers(front_ends: Altered, samples: Int16, view: View, first: int) -> bool:
    """Whether right columns are others when a stream begins with their samples, but for the first one."""
    found = front_ends.front_end.columns(NONE, samples)
    return found is not None and not np.array_equal(found[1:], view.expected[first + 1 : first + len(found)])


def _from_there(front_ends: Altered, views: list[View]) -> list[Change]:
    """Changes that give the device's columns if they are made from the first wrong one on."""
    settings = front_ends.settings
    late = [view for view in views if _begins(view)]
    if not late:
        return []
    view = largest(late)
    first = _begins(view)
    end, at = _end(view, first), settings.samples_for(first)
    samples = view.file.piece.samples
    heard = Heard(right=samples[:at])
    return _best(front_ends, view, samples[at : settings.samples_for(end)], (first, end), heard)


def _left(front_ends: Altered, views: list[View]) -> list[Change]:
    """Changes of what sets a stream's state back that give the first columns of a file behind another."""
    view = next((view for view in views if before_of(view) and view.wrong[:PROBED].any()), None)
    if view is None:
        return []
    end = min(PROBED, len(view.expected))
    samples = view.file.piece.samples[: front_ends.settings.samples_for(end)]
    heard = Heard(streams=before_of(view))
    return _best(front_ends, view, samples, (0, end), heard, _resets)


def _kept(front_ends: Altered, views: list[View]) -> list[Change]:
    """Changes that keep one value of all so far, where all is known that was heard."""
    settings = front_ends.settings
    view = min((view for view in views if view.wrong.any()), key=lambda view: view.file.columns_before)
    rows = view.wrong_rows
    if view.first:
        return []
    begin = max(0, int(rows[0]) - 2)
    end = _end(view, begin)
    heard = Heard(streams=before_of(view))
    if end + sum(settings.columns(len(stream)) for stream in heard.streams) > COLUMNS_HEARD:
        return []
    samples = view.file.piece.samples[: settings.samples_for(end)]
    return _best(front_ends, view, samples, (begin, end), heard, _of_all_so_far)


def _of_all_so_far(what: Alteration) -> bool:
    return what.keeps not in ("", LAST)


def _plain(what: Alteration) -> bool:
    return not _of_all_so_far(what)


def _resets(what: Alteration) -> bool:
    return RESET in what.function and _plain(what)


def _end(view: View, first: int) -> int:
    """Where columns end that show enough: as many wrong cells that little shows of no change by chance."""
    rows = view.wrong_rows
    enough = np.searchsorted(np.cumsum(np.count_nonzero(view.wrong[rows], axis=1)), LEAST_CELLS)
    end = max(first + PROBED, int(rows[min(max(LEAST_ROWS - 1, int(enough)), len(rows) - 1)]) + 1)
    return min(len(view.expected), end, first + MOST_PROBED)


def _best(
    front_ends: Altered,
    view: View,
    samples: Int16,
    rows: tuple[int, int],
    heard: Heard = ALONE,
    among: Callable[[Alteration], bool] = _plain,
) -> list[Change]:
    """Changes that give a view's columns from one to another one, made of these samples, the best ones first."""
    front_end, settings = front_ends.front_end, front_ends.settings
    begin, end = rows
    first = max(begin, int(view.wrong_rows[0]))
    # All changes on few columns, and on all of them those that give some of the wrong cells there
    ends = sorted({min(end, first + PROBED), end})
    dead: list[set[Change]] = []

    def equal(changes: list[Change], to: int, more: int) -> dict[Change, int]:
        """How many cells up to a column are the device's, of changes with which enough are."""
        device, right = view.device[begin:to], view.expected[begin:to]
        heard_until = samples[: len(samples) - (end - to) * settings.hop]
        least = int(max(np.ceil(ALIKE * device.size), np.count_nonzero(device == right) + more))
        alike = front_end.alike(changes, heard_until, device, heard, least)
        if to == ends[0]:
            dead.append({change for change, count in zip(changes, alike, strict=True) if count == DEAD})
        return {change: count for change, count in zip(changes, alike, strict=True) if count >= least}

    def best(*orders: list[Change]) -> list[Change]:
        dead.clear()
        for order in orders:
            left: dict[Change, int] = dict.fromkeys(order, 0)
            for to in ends:
                left = equal(list(left), to, LEAST_CELLS // 2 if to == end else 1) if left else left
            if heard is ALONE and left:
                left = {change: left[change] for change in front_ends.as_traced(list(left))}
            if left:
                return _first(front_end, left, orders[0])
        front_ends.dead |= set.intersection(*dead) if dead else set()
        return []

    every = front_end.alterations
    numbers = [
        number
        for number, what in enumerate(every)
        if among(what) and may_depart(what.file, front_ends.departs)
    ]
    if not numbers:
        return []
    # in both orders: one may have suffered from what another left in memory before it
    plain = [change for n in numbers if not every[n].below and (change := (n, 0)) not in front_ends.dead]
    bounded = [
        change
        for number in numbers
        if every[number].below
        for bound in BOUNDS
        if (change := (number, bound)) not in front_ends.dead
    ]
    orders = [plain, plain[::-1]] if heard.right is None else [plain]
    return best(*orders) or (best(bounded) if heard is ALONE else [])


def _first(front_end: AlteredFrontEnd, left: dict[Change, int], order: list[Change]) -> list[Change]:
    """The changes that give the most cells, the plainest first; loud columns may leave many that give as many.

    A number of another width, which is lost as a whole, gives what a line does that does nothing, and is likelier.
    """

    def rank(change: Change) -> tuple[int, bool, int]:
        what = front_end.alteration(change)
        return -left[change], not of_width(what.before, what.after), order.index(change)

    found = sorted(left, key=rank)
    tied = [change for change in found[:MOST_TIED] if left[change] == left[found[0]]]
    return tied if len(tied) > MOST else found[:MOST]


def may_depart(file: str, stage: str) -> bool:
    """Whether what is changed in a file can show in a stage first."""
    own = next((name for end, name in STAGE_FILES if file.endswith(end)), "")
    return not stage or not own or own in (stage, KEPT_BEFORE.get(stage))


def _candidate(front_ends: Altered, change: Change, when: str) -> Candidate:
    what = front_ends.front_end.alteration(change)
    cause, told = change_told(what, change, "the front end")
    return Candidate(
        cause,
        told,
        look_at(what, "firmware/core/frontend"),
        lambda view: front_ends.columns(change, view, when),
        family=CODE,
        width=of_width(what.before, what.after),
    )


def look_at(what: Alteration, folder: str) -> str:
    """The cure of a change: its line; of a call with another argument also what is called and may take it otherwise."""
    call = _CALL.match(what.before)
    within = (
        f"within `{call[1]}`, which is called there, and " if call and what.after.startswith(call[0]) else ""
    )
    return f"Look at {folder}/{what.file}, line {what.line}; {IN_PLACE.replace(_ELSE, within + _ELSE)}"


def change_told(what: Alteration, change: Change, who: str) -> tuple[str, str]:
    """A change of the code: its short name, and what the device does, in words."""
    where = f" where {what.below} is less than {change[1]}" if what.below else ""
    if change[1] and not what.below:
        where = f" from column {change[1]:,} on"
    before, after = _around_change(what.before, what.after)
    instead = what.told or f"with `{after}` instead of `{before}`"
    return (
        f"{what.file} line {what.line}",
        f"{who} does what it would {instead}{where} ({what.file}, line {what.line})",
    )


def _around_change(before: str, after: str) -> tuple[str, str]:
    """Both expressions, of long ones what differs, with a little on either side."""
    if max(len(before), len(after)) <= LONG:
        return before, after
    shorter = min(len(before), len(after))
    begin = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), shorter)
    most = shorter - begin
    rests = zip(before[::-1][:most], after[::-1][:most], strict=True)
    end = next((at for at, (a, b) in enumerate(rests) if a != b), most)
    differs = begin
    begin, end = max(0, begin - AROUND), max(0, end - AROUND)
    begin = begin and (before.find(" ", begin, differs) + 1 or before.rfind(" ", 0, begin) + 1)  # whole words
    end = end and len(before) - before[: len(before) - end].rfind(" ")
    head, tail = "… " * bool(begin), " …" * bool(end)
    return tuple(f"{head}{text[begin : len(text) - end]}{tail}" for text in (before, after))  # type: ignore[return-value]
