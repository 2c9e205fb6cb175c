"""Times that no window takes: 0, the most that a field holds, or as much more each time as has passed meanwhile."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..record import RunRecord
from ..total_parts import WindowFigures
from ..window_times import SATURATED_NS

LEAST = 8  # windows, so that none of this is chance
LEAST_STEPS = 5  # from one window to the next, in a file
BEYOND = 2.0  # times what passed since the first file began: no time of a window, and no sum of such
LEAST_FILES = 2  # in which a time is the clock's reading; it goes round in others
# Of what passed in a file: what its windows take with all that lies between them, and clocks.
PASSED = (0.25, 1.1)
NS = 1_000_000_000
SENT = "send_window in firmware/core/session/results.c"
COMPLETE = "complete_window in firmware/core/detect/stream.c"
PUSH = "stream_push in firmware/core/detect/stream.c"


class Part(NamedTuple):
    """A time of a window: what it is called, where it stands, and where the firmware sets it."""

    name: str
    field: str
    where: str


FRONT_END = Part("the front end's time", "frontend", f"frontend_ticks: {PUSH}, {COMPLETE}, {SENT}")
INFERENCE = Part("the inference's time", "inference", f"inference_ticks: {COMPLETE}, {SENT}")
TOTAL = Part("the total", "total", f"total_ticks: {COMPLETE}, {SENT}")
PARTS = (FRONT_END, INFERENCE, TOTAL)


def impossible_times(run: RunRecord) -> list[str]:
    """Sentences that say which time is impossible, and what it is instead; empty: none is, or not in each window."""
    return _all_nothing(run) or _nothing(run) + _too_much(run) + _readings(run)


def _rows(run: RunRecord) -> list[WindowFigures]:
    return [row for file in run.files for row in file.times.figures]


def _right(row: WindowFigures, part: Part) -> int:
    """What a time must be by the two others."""
    if part is TOTAL:
        return row.frontend + row.inference
    return row.total - (row.inference if part is FRONT_END else row.frontend)


def _all_nothing(run: RunRecord) -> list[str]:
    rows = _rows(run)
    if len(rows) < LEAST or any(any(row[:4]) for row in rows) or any(p.reported_ns for p in run.probes):
        return []
    if any(file.times.saturated for file in run.files):
        return []
    return [
        f"all times of {len(rows):,} windows are 0: ticks are divided by the clock's rate before they are multiplied, "
        "so that whole seconds are told (stream_ns in firmware/core/detect/stream.c), or the clock stands still (ticks)"
    ]


def _nothing(run: RunRecord) -> list[str]:
    """A time that is 0 in each window, where the two others leave some for it."""
    rows, found = _rows(run), []
    for part in PARTS:
        right = [_right(row, part) for row in rows]
        if len(rows) < LEAST or any(getattr(row, part.field) for row in rows) or min(right) <= 0:
            continue
        found.append(
            f"{part.name} is told as 0 in each of {len(rows):,} windows, and the two others leave {min(right):,} to "
            f"{max(right):,} ns for it: it is not set, or set back before it is told ({part.where})"
        )
    return found


def _too_much(run: RunRecord) -> list[str]:
    """A time that is the most that a field holds in each window, where others of the same window are not."""
    rows = [row for file in run.files for row in file.times.beyond]
    if len(rows) < LEAST or len(rows) < sum(min(file.times.windows, LEAST) for file in run.files):
        return []
    full = {part for part in PARTS if all(getattr(row, part.field) == SATURATED_NS for row in rows)}
    some = {part for part in PARTS if any(getattr(row, part.field) == SATURATED_NS for row in rows)}
    if full != some:
        return []
    seen = f"is told as 4.29 s, the most that 32 bits of nanoseconds hold, in each of {len(rows):,} windows"
    if full == {FRONT_END, TOTAL}:
        return [
            f"{FRONT_END.name} {seen}, and so its total, but no inference's is: what a column takes comes out far too "
            f"long, as where the clock's reading at its end is taken off that at its beginning, one of both is cut "
            f"or of another clock, or column_ticks begins with what it is not given ({PUSH})"
        ]
    if len(full) != 1:
        return []
    part = full.pop()
    right = [_right(row, part) for row in rows]
    return [
        f"{part.name} {seen}, and by the two others it is {min(right):,} to {max(right):,} ns: it alone is made into "
        f"nanoseconds otherwise, as of ticks and the clock's rate exchanged, or with another rate than the clock's "
        f"(what stream_ns is given; {SENT})"
    ]


def _readings(run: RunRecord) -> list[str]:
    """An inference's time that is a reading of a clock: from window to window it changes by as much as has passed."""
    for sign, goes, words in (
        (
            1,
            "grows",
            "it is what the clock reads at its end, and what it read at its beginning is not taken off, or "
            "only some bits of it",
        ),
        (
            -1,
            "falls",
            "what the clock read at its beginning is taken off what another clock reads at its end, or off "
            "nothing",
        ),
    ):
        shares: list[float] = []
        passed_s = 0.0
        for file in run.files:
            passed_s += file.wall_s
            shares += _went(file.times.figures, file.wall_s, passed_s, sign)
        if len(shares) >= LEAST_FILES:
            return [
                f"the inference's time is told as far more than has passed, and {goes} from window to window by "
                f"{min(shares):.2f} to {max(shares):.2f} of what passes, in {len(shares)} files: {words} (start in "
                f"{COMPLETE})"
            ]
    return []


def goes_round(told_ns: int, most_s: float, clock_hz: int) -> str:
    """After how many ticks a clock begins anew, in words behind a colon; empty: that is not why, or it is not known.

    Args:
        told_ns: a time that is longer than what passed.
        most_s: what it took at most.
        clock_hz: ticks a second.
    """
    # a clock that begins anew in between comes out longer by 2 ** 32 ticks, and shorter by as many as it has
    least = (1 << 32) - told_ns * clock_hz / NS
    rounds = {10**power for power in range(3, 10)} | {1 << bits for bits in range(8, 32)} | {clock_hz}
    found = [ticks for ticks in rounds if least <= ticks <= least + most_s * clock_hz]
    if told_ns == SATURATED_NS or len(found) != 1:
        return ""
    return (
        f": as if the clock began anew after {found[0]:,} ticks, which are {found[0] / clock_hz:.3g} s, and not after "
        "2 ** 32 as differences of 32 bits need it (ticks of the board's core_hal)"
    )


def goes_round_in_windows(run: RunRecord) -> str:
    """The same of a window that takes longer than its file, held against what most windows take."""
    for file in run.files:
        for field in ("inference", "frontend"):
            times = sorted(getattr(row, field) for row in file.times.figures)
            if times and times[-1] > file.wall_s * NS:
                return goes_round(times[-1], BEYOND * times[len(times) // 2] / NS, run.info.clock_hz)
    return ""


def _went(rows: Sequence[WindowFigures], wall_s: float, passed_s: float, sign: int) -> Iterator[float]:
    """By what part of the time that passed an inference's went on (or back), if it did from each window to the next."""
    # a sum goes on, too, but never beyond what has passed; and it does not go back
    least = BEYOND * passed_s if sign == 1 else wall_s
    steps: list[int] = []
    longest: list[int] = []
    for row in rows[1:]:
        step = sign * (row.inference - row.inference_before)
        # now and then the clock goes round, and what is told begins anew
        steps = [*steps, step] if step > 0 and row.inference > least * NS else []
        longest = max(steps, longest, key=len)
    if len(longest) < LEAST_STEPS or not wall_s:
        return
    share = sum(longest) * (len(rows) - 1) / (wall_s * len(longest) * NS)
    if PASSED[0] <= share <= PASSED[1]:
        yield share
