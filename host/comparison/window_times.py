"""What a device says of its times, gathered so that contradictions show."""

import itertools
from collections import Counter

from ..link import messages as m
from .faults import Faults
from .total_parts import WindowFigures

LEAST_US = 20  # of a total, for it to be told in microseconds by no chance
CLOCKS_MHZ = (1000, 240, 160, 80, 40, 1)  # a computer's, which counts nanoseconds, and those of an ESP32
SAME_CLOCK = 1e-4
LEAST_PART_NS = 20_000  # of a part, for what is told of it to be no chance
ROUNDING_TICKS_NS = 3  # of a clock that counts nanoseconds
# What a time is told in, or is, by how many nanoseconds of it are one.
UNITS = {
    "told in microseconds": 1000,
    "told in units of 10 ns": 10,
    "told in units of 100 ns": 100,
    "half of it": 2,
}
TIMES = {"twice what it takes": 2, "10 times what it takes": 10, "1,000 times what it takes": 1000}
MOST_FORGOTTEN = 5
CUT = (16, 24)  # bits that a time may be told in
ROUNDING_NS = 2000  # each figure is rounded by itself
SATURATED_NS = 2**32 - 1  # 4.29 s: the true figure is larger
CLAIM = "stage-times"
MOST_FIGURES = 128  # windows of a file whose totals are looked at together


class WindowTimes:
    """The times of one stream's windows.

    Attributes:
        windows: how many were looked at.
        total_ns: sum of what the windows took.
        most_ns: the most that was told of a window, its front end or its inference.
        first_column_ns: front-end time a column, in the stream's first window, which covers the most columns.
        first_columns: how many columns that was.
        least_column_ns: the least front-end time a column of the other windows, or None.
        later_columns: columns of each of them.
        least_frontend_ns: the least time a column of any window, or None.
        least_inference_ns: the least inference of any window, or None.
        saturated: windows with a figure that did not fit its field.
        rising: whether the front end took longer in each window than in the one before it, from the second one on.
        fell: whether an inference took less time than the one before it.
        rises: how often one took more.
        understated: windows whose columns take longer together than the slowest of them allows.
        slowest_fell: whether a slowest column took less time than that of the window before.
        slowest_rises: how often one took more.
        of_one_column: windows of several columns whose front end takes no longer than the slowest of them.
        of_several: windows of several columns.
        of_mean: those of them whose slowest column takes exactly the mean of all.
        least_slowest_ns: the least that a slowest column of those takes.
        below_slowest: windows whose front end takes less than its slowest column.
        longer: windows whose total is more than front end and inference.
        shorter: windows whose total is less.
        apart: how many windows have another total than front end and inference, by what explains it; "": nothing plain.
        unlike: figures of windows whose total is another, which nothing plain explains.
        figures: those of the first windows, right or wrong; of no columns where their number is not known.
        beyond: those of the first windows with a figure that did not fit its field.
        most_frontend_ns, most_inference_ns: the most that was told of each.
        most_share: the most that a window's slowest column took, times its columns, of the front end's time.
    """

    def __init__(self) -> None:
        self.windows = 0
        self.total_ns = self.most_ns = 0
        self.first_column_ns: float | None = None
        self.first_columns = 0
        self.least_column_ns: float | None = None
        self.later_columns = 0
        self.least_frontend_ns: float | None = None
        self.least_inference_ns: int | None = None
        self.saturated = 0
        self.rising = True
        self.fell = False
        self.rises = self.understated = self.of_one_column = self.of_several = self.of_mean = 0
        self.least_slowest_ns = SATURATED_NS
        self.below_slowest = self.longer = self.shorter = 0
        self.apart: Counter[str] = Counter()
        self.most_share = 0.0
        self._last_frontend_ns = 0
        self._last_inference_ns: int | None = None
        self._last_slowest_ns: int | None = None
        self._last: m.WindowResult | None = None
        self.unlike: list[WindowFigures] = []
        self.figures: list[WindowFigures] = []
        self.beyond: list[WindowFigures] = []
        self.most_frontend_ns = self.most_inference_ns = 0
        self.slowest_fell, self.slowest_rises = False, 0

    def add(self, window: m.WindowResult, faults: Faults, counted: bool = True) -> None:
        """The stream's next window; what cannot be true goes into `faults`.

        Args:
            window: as told.
            faults: takes what contradicts itself.
            counted: whether it tells how many columns it has; else nothing follows from their number.
        """
        self.windows += 1
        if SATURATED_NS in (window.frontend_ns, window.frontend_max_ns, window.inference_ns, window.total_ns):
            self.saturated += 1
            if len(self.beyond) < MOST_FIGURES:
                self.beyond.append(_figures(window, None))
            return
        self.total_ns += window.total_ns
        self.most_ns = max(self.most_ns, window.total_ns, window.frontend_ns, window.inference_ns)
        self.most_frontend_ns = max(self.most_frontend_ns, window.frontend_ns)
        self.most_inference_ns = max(self.most_inference_ns, window.inference_ns)
        self._see_rise(window.frontend_ns)
        before_ns = self._last_inference_ns
        if before_ns is not None:
            self.fell = self.fell or window.inference_ns < before_ns
            self.rises += window.inference_ns > before_ns
        self._last_inference_ns = window.inference_ns
        beyond_ns = window.total_ns - window.frontend_ns - window.inference_ns
        self.longer += beyond_ns > ROUNDING_NS
        self.shorter += beyond_ns < -ROUNDING_NS
        if len(self.figures) < MOST_FIGURES:
            own = _figures(window, self._last)
            self.figures.append(own if counted else own._replace(columns=0))
        self._see_parts(window, before_ns, faults)
        if counted and window.columns:
            self._see_slowest(window, faults)
            self._add_columns(window.frontend_ns / window.columns, window.columns)
        self._last = window
        least = self.least_inference_ns
        self.least_inference_ns = window.inference_ns if least is None else min(least, window.inference_ns)

    def _see_parts(self, window: m.WindowResult, before_ns: int | None, faults: Faults) -> None:
        """Front end and inference are the total, and no column takes longer than all."""
        parts = window.frontend_ns + window.inference_ns
        if abs(window.total_ns - parts) > ROUNDING_NS:
            which = _which_total(window, before_ns)
            self.apart[which] += 1
            if not which and len(self.unlike) < MOST_FIGURES:
                self.unlike.append(_figures(window, self._last))
            faults.add(
                CLAIM,
                f"window {window.index}: front end and inference take {parts:,} ns, together {window.total_ns:,} ns"
                + (f": {which}" if which else ""),
            )
        if window.frontend_max_ns > window.frontend_ns + ROUNDING_NS:
            faults.add(
                CLAIM,
                f"window {window.index}: the slowest column takes {window.frontend_max_ns:,} ns, all of them "
                f"{window.frontend_ns:,} ns",
            )

    def _see_slowest(self, window: m.WindowResult, faults: Faults) -> None:
        """No column takes longer than the slowest."""
        most_ns = window.frontend_max_ns * window.columns
        if window.columns > 1:
            self.of_several += 1
            self.of_mean += abs(most_ns - window.frontend_ns) <= window.columns + ROUNDING_TICKS_NS
            self.least_slowest_ns = min(self.least_slowest_ns, window.frontend_max_ns)
        last_ns = self._last_slowest_ns
        if last_ns is not None:
            self.slowest_fell = self.slowest_fell or window.frontend_max_ns < last_ns
            self.slowest_rises += window.frontend_max_ns > last_ns
        self._last_slowest_ns = window.frontend_max_ns
        self.below_slowest += window.frontend_ns < window.frontend_max_ns
        self.of_one_column += window.columns > 1 and window.frontend_ns <= window.frontend_max_ns
        self.most_share = max(self.most_share, most_ns / max(1, window.frontend_ns))
        if most_ns + ROUNDING_NS < window.frontend_ns:
            self.understated += 1
            faults.add(
                CLAIM,
                f"window {window.index}: {window.columns} columns of at most {window.frontend_max_ns:,} ns take "
                f"{window.frontend_ns:,} ns",
            )

    def _see_rise(self, frontend_ns: int) -> None:
        if self.windows > 1:  # the first one has other columns
            self.rising = self.rising and frontend_ns > self._last_frontend_ns
            self._last_frontend_ns = frontend_ns

    def _add_columns(self, column_ns: float, columns: int) -> None:
        if self.windows == 1:
            self.first_column_ns, self.first_columns = column_ns, columns
        else:
            self.later_columns = columns
            self.least_column_ns = _least(self.least_column_ns, column_ns)
        self.least_frontend_ns = _least(self.least_frontend_ns, column_ns)


def _figures(window: m.WindowResult, last: m.WindowResult | None) -> WindowFigures:
    before = (0, 0, 0, 0)
    if last is not None:
        before = last.frontend_ns, last.frontend_max_ns, last.inference_ns, last.total_ns
    own = window.total_ns, window.frontend_ns, window.frontend_max_ns, window.inference_ns, window.columns
    return WindowFigures(*own, *before)


def _least(known: float | None, value: float) -> float:
    return value if known is None else min(known, value)


def _which_total(window: m.WindowResult, before_ns: int | None) -> str:
    """What a wrong total is instead, in words; empty: none of these.

    Args:
        window: as told.
        before_ns: the inference of the stream's window before; None: there is none.
    """
    parts = window.frontend_ns + window.inference_ns
    if parts >= 1000 * LEAST_US and abs(window.total_ns - parts // 1000) <= ROUNDING_TICKS_NS:
        return "it is told in microseconds"
    for words, parts in (
        ("the front end alone", window.frontend_ns),
        ("the inference alone", window.inference_ns),
        ("the slowest column and the inference", window.frontend_max_ns + window.inference_ns),
        ("the slowest column alone", window.frontend_max_ns),
        ("twice the front end", 2 * window.frontend_ns),
        ("twice the inference", 2 * window.inference_ns),
        (
            "the inference less the front end, or the inference and the total are told for each other",
            window.inference_ns - window.frontend_ns,
        ),
        (
            "the front end less the inference, or the front end and the total are told for each other",
            window.frontend_ns - window.inference_ns,
        ),
        (
            "the front end, its slowest column and the inference",
            window.frontend_ns + window.frontend_max_ns + window.inference_ns,
        ),
    ):
        if abs(window.total_ns - parts) <= ROUNDING_TICKS_NS:
            return f"it is {words}"
    if before_ns is not None and abs(window.total_ns - window.frontend_ns - before_ns) <= ROUNDING_TICKS_NS:
        return "it is the front end and the inference of the window before"
    if bits := _cut(window.total_ns, window.frontend_ns + window.inference_ns):
        return f"it is what {bits} bits hold of it"
    return _which_part(window)


def _cut(told: int, right: int) -> int:
    """How many bits of a time, or of a part of it, are told; 0: not that."""
    for bits in reversed(CUT):
        times = round((right - told) / (1 << bits))
        if times >= 1 and abs(right - told - (times << bits)) <= ROUNDING_TICKS_NS:
            return bits
    return 0


def _which_part(window: m.WindowResult) -> str:
    """What the front end's or the inference's time is instead, if the total and the other one are right."""
    front_end, inference = ("front end", window.frontend_ns), ("inference", window.inference_ns)
    for (name, told), (_, other_ns) in ((front_end, inference), (inference, front_end)):
        right = window.total_ns - other_ns
        if right < LEAST_PART_NS:
            continue
        if told == other_ns:
            return "both are told as the same time, so one of them is the other's"
        if name == "front end" and (of_columns := _of_columns(window, right)):
            return of_columns
        if scaled := _scaled(told, right):
            # either is wrong, by the same
            either = ", or it goes into the total otherwise" if _is_near(told, right) else ""
            return f"the {name}'s time is {scaled}{either}"
    if bits := _cut(window.frontend_ns + window.inference_ns, window.total_ns):
        return f"one of both times is what {bits} bits hold of it"
    return ""


def _is_near(told: int, right: int) -> bool:
    """Whether one of two times is a part of the other that may be forgotten, or counted again, by mistake."""
    return max(told, right) < MOST_FORGOTTEN * min(told, right)


def _of_columns(window: m.WindowResult, right: int) -> str:
    """What the front end's time is instead, of its columns'."""
    told, columns = window.frontend_ns, window.columns
    if abs(told * columns - right) <= columns + ROUNDING_TICKS_NS:
        return f"the front end's time is the mean of its {columns} columns"
    return "the front end's time is that of the slowest column" if told == window.frontend_max_ns else ""


def _scaled(told: int, right: int) -> str:
    """What a time is that is the right one in another unit, or by another clock."""
    for words, times in UNITS.items():
        if abs(told - right // times) <= ROUNDING_TICKS_NS:
            return words
    for words, times in TIMES.items():
        if abs(told - times * right) <= ROUNDING_TICKS_NS * times // 2:
            return words
    for one, other in itertools.permutations(CLOCKS_MHZ, 2):
        if abs(told * other / (right * one) - 1) < SAME_CLOCK:
            return f"{one} / {other} of it, as if a clock of {one} MHz had {other}"
    return ""
