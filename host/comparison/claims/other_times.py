"""What a time is instead of the one that it is said to be, where that shows in all windows or in many."""

import statistics
from collections import Counter
from collections.abc import Iterable

from ..record import RunRecord
from ..total_parts import WindowFigures, made_of
from ..window_times import CUT, LEAST_PART_NS, ROUNDING_NS, ROUNDING_TICKS_NS
from .never_back import inference_never_back, slowest_never_back
from .slowest_column import far_above, slowest_told

LEAST_RISING = 12  # windows, so that chance is out of the question
LEAST_RISING_FILES = 2
LEAST_RISES = 2  # beyond each file's first: after that one a clock of few ticks may tell no fall by chance
FRONT_END = "the front end's time"  # begins what explains it
ONE_OF_BOTH = "one of both times is what"
LEAST_EXACT = 3  # windows of which whole multiples of what bits hold are missing
LEAST = 8  # windows, so that none of this is chance
LEAST_TICKS = 100  # of a column, so that equal times are no chance
A_COLUMN = (0.3, 3.0)  # times the mean of a window's columns: what one of them takes in most windows
LEAST_MIXED, MOST_MIXED = 4, 0.75  # streams; the first inference of each, by the least of all others
FEW = 4  # as many times more windows in which a column is among those of its window
MEAN = 1.001  # of the slowest column's share: figures are rounded


def exactly_told(run: RunRecord) -> list[str]:
    """Sentences that say what a time is instead, and so explain what single windows show; empty: none does."""
    # where columns are not set back, the slowest of them rises, too
    front_end = _rise(run) or slowest_never_back(run) or _kept(run)
    slowest = [] if _explanation(run).startswith(FRONT_END) or front_end else slowest_told(run)
    return [
        *(_unlike_total(run) or _lacks_column(run)),
        *_longer(run),
        *_of_one_column(run),
        *_of_mean(run),
        *slowest,
        *front_end,
        *(_climb(run) or inference_never_back(run) or _mixed(run)),
        *([] if front_end or slowest else _outside(run)),
    ]


def front_end_explained(run: RunRecord) -> bool:
    """Whether it is known what is told instead of the front end's time."""
    explained = _which_is_cut(run, _explanation(run))
    return bool(_rise(run) or _of_one_column(run)) or explained.startswith(FRONT_END)


def other_times(run: RunRecord) -> list[str]:
    """What the slowest column's time may be instead; empty: nothing."""
    times, windows = [file.times for file in run.files], _looked_at(run)
    understated = sum(each.understated for each in times)
    if windows < LEAST or not 0 < understated < windows or max(each.most_share for each in times) <= MEAN:
        return []
    told = (
        f"in {understated:,} of {windows:,} windows the columns take longer than the slowest of them allows: "
    )
    if _goes_on(run):
        return [
            f"{told}the front end's time goes on there from the window before, and does elsewhere begin anew: it "
            "is set back only sometimes (frontend_ticks; stream_window_done in firmware/core/detect/stream.c, or what "
            "calls it)"
        ]
    if not run.slowest_told:
        return [f"{told}its time is another one's, the last one's or the first one's, say"]
    return [
        f"{told}the {run.slowest_told} one's time is told in its place (of columns that were made to take long, only "
        f"those show that come {run.slowest_told} in their window); look at what compares it (stream_push in "
        "firmware/core/detect/stream.c)"
    ]


def _goes_on(run: RunRecord) -> bool:
    """Whether what is too long is that of the window before and this one's columns, wherever it is so."""
    long = [row for row in _rows(run) if row.slowest * row.columns + ROUNDING_NS < row.frontend]
    own = [(row, row.frontend - row.frontend_before) for row in long]
    return len(own) >= LEAST_EXACT and all(
        row.slowest <= more <= row.slowest * row.columns + ROUNDING_TICKS_NS for row, more in own
    )


def _looked_at(run: RunRecord) -> int:
    return sum(file.times.windows - file.times.saturated for file in run.files)


def _explanation(run: RunRecord) -> str:
    """What explains a total that is not the sum of its parts in most windows; empty where many have nothing."""
    apart: Counter[str] = sum((file.times.apart for file in run.files), Counter())
    unexplained = apart[""]
    del apart[""]
    words = max(apart, key=apart.__getitem__, default="")
    least = LEAST_EXACT if words.startswith(ONE_OF_BOTH) else LEAST
    if words and apart[words] >= least and unexplained < LEAST:
        return words
    return f"it is {found}" if (found := _made_of(run)) else _left_over(run)


def _made_of(run: RunRecord) -> str:
    """Of which parts all totals are made that nothing plain explains, where these are nearly all that are wrong."""
    unlike = [figures for file in run.files for figures in file.times.unlike]
    plain = sum(count for file in run.files for words, count in file.times.apart.items() if words)
    return made_of(unlike) if unlike and plain * LEAST <= len(unlike) else ""


def _left_over(run: RunRecord) -> str:
    """That whole multiples of a number are missing of times that are less than it, in words; empty: they are not."""
    rows = _rows(run)
    missing = [row.frontend + row.inference - row.total for row in rows]
    apart = [each for each in missing if abs(each) > ROUNDING_NS]
    part = 0
    for each in apart:
        part = _part(part, abs(each))
    if len(apart) < LEAST or part < LEAST_PART_NS or min(apart) < 0 < max(apart):
        return ""
    which = [
        name
        for name, field in (("front end", "frontend"), ("inference", "inference"), ("total", "total"))
        if max(getattr(row, field) for row in rows) <= part + ROUNDING_TICKS_NS
        and (apart[0] > 0 or name != "total")
    ]
    if not which or (apart[0] > 0 and "total" not in which):
        return ""
    ticks = round(part * run.info.clock_hz / 1e9)
    return (
        f"whole multiples of {part:,} ns ({ticks:,} ticks) are missing, and no {' or '.join(which)} is longer: what is "
        "left of a division by that is told, or a clock that begins anew behind so many is read (stream_ns in "
        "firmware/core/detect/stream.c, ticks)"
    )


def _part(one: int, other: int) -> int:
    """The largest number of which two are whole multiples, where each is rounded."""
    while other > ROUNDING_NS // 2:
        one, other = other, min(one % other, -one % other)
    return one


def _which_is_cut(run: RunRecord, words: str) -> str:
    """Which of both times is told in few bits, where the other one has more."""
    for bits in CUT:
        if words != f"{ONE_OF_BOTH} {bits} bits hold of it":
            continue
        fits = [
            name
            for name, most in (
                (FRONT_END, max(file.times.most_frontend_ns for file in run.files)),
                ("the inference's time", max(file.times.most_inference_ns for file in run.files)),
            )
            if not most >> bits
        ]
        if len(fits) == 1:
            return f"{fits[0]} is what {bits} bits hold of it"
    return words


def _unlike_total(run: RunRecord) -> list[str]:
    words = _explanation(run)
    if not words:
        return []
    windows, count = _looked_at(run), sum(file.times.apart[words] for file in run.files)
    count = count or sum(len(file.times.unlike) for file in run.files)
    words = _larger_or_smaller(run) or _which_is_cut(run, words)
    which = f"all {windows:,}" if count == windows else f"{count:,} of {windows:,}"
    return [f"in {which} windows front end and inference together are not the total: {words}"]


def _rows(run: RunRecord) -> list[WindowFigures]:
    return [row for file in run.files for row in file.times.figures]


def _larger_or_smaller(run: RunRecord) -> str:
    """That all totals are the larger of both times, or all the smaller one, in words; empty: they are not."""
    rows = _rows(run)
    for which, choose in (("larger", max), ("smaller", min)):
        if len(rows) < LEAST or any(
            abs(row.total - choose(row[1], row[3])) > ROUNDING_TICKS_NS for row in rows
        ):
            continue
        always = {
            name
            for name, at in (("front end", 1), ("inference", 3))
            if all(choose(row[1], row[3]) == row[at] for row in rows)
        }
        alone = f"the {always.pop()} alone, or " if len(always) == 1 else ""
        return f"it is {alone}the {which} of both"
    return ""


def _lacks_column(run: RunRecord) -> list[str]:
    """A total that is less than its parts by what one column takes, of however many a window has."""
    rows = [row for row in _rows(run) if row.columns > 1]
    missing = [row.frontend + row.inference - row.total for row in rows]
    for what, other, sign in (
        ("the total", "front end and inference", 1),
        ("the front end's time", "what the total has of it", -1),
    ):
        lacks = [sign * each for each in missing]
        if len(rows) < LEAST or not all(
            ROUNDING_TICKS_NS < each <= row.slowest + ROUNDING_TICKS_NS
            for row, each in zip(rows, lacks, strict=True)
        ):
            continue
        of_mean = statistics.median(
            each * row.columns / row.frontend for row, each in zip(rows, lacks, strict=True) if row.frontend
        )
        if not A_COLUMN[0] < of_mean < A_COLUMN[1]:
            continue
        return [
            f"in all {len(rows):,} windows of several columns {what} is less than {other} by what one column takes "
            f"({min(lacks):,} to {max(lacks):,} ns, {of_mean:.2g} times the mean of them): one column's time is not in "
            "it, as where it is made before the newest one's is added (frontend_ticks, complete_window; stream_push in "
            "firmware/core/detect/stream.c)"
        ]
    return []


def _outside(run: RunRecord) -> list[str]:
    """A slowest column that takes longer than all, in windows whose total has the time of all, is none of these."""
    rows = [row for row in _rows(run) if row.columns > 1]
    beyond = [row for row in rows if row.slowest > row.frontend + ROUNDING_NS]
    if not 0 < len(beyond) * FEW < len(rows) or any(
        abs(row.frontend + row.inference - row.total) > ROUNDING_NS for row in rows
    ):
        return []
    return [
        f"in {len(beyond):,} of {len(rows):,} windows the slowest column takes longer than all together, and the "
        "totals agree with these: a column's time is left out of the sum (a window's first or last one's, say), or the "
        "slowest one is another window's (frontend_ticks, frontend_max_ticks; stream_push in "
        "firmware/core/detect/stream.c)"
    ]


def _mixed(run: RunRecord) -> list[str]:
    """The first inference of a stream takes no less than all others: one that does is mixed with one that was not."""
    files = [
        rows for file in run.files if len(rows := [row.inference for row in file.times.figures]) >= LEAST
    ]
    first = [rows[0] / min(rows[1:]) for rows in files if min(rows[1:]) >= LEAST_PART_NS]
    if (
        len(first) < LEAST_MIXED
        or len(first) < len(files)
        or max(first) > MOST_MIXED
        or any(rows[0] >= rows[1] for rows in files)
    ):
        return []
    return [
        f"the first inference of each of {len(files)} streams is said to take {min(first):.2g} to {max(first):.2g} "
        "times what the least of all others takes: as if each were mixed with the one before it, which is 0 when a "
        "stream begins (the mean of both, say; inference_ticks, complete_window in firmware/core/detect/stream.c)"
    ]


def _longer(run: RunRecord) -> list[str]:
    """A total with more in it; a part that is told in another unit leaves as much, and is no such thing."""
    windows = _looked_at(run)
    if windows < LEAST or _explanation(run) or sum(file.times.longer for file in run.files) != windows:
        return []
    return [
        f"the total is more than front end and inference in all {windows:,} windows: it counts other time, too"
    ]


def _of_one_column(run: RunRecord) -> list[str]:
    times = [file.times for file in run.files]
    of_one, several = (sum(getattr(each, name) for each in times) for name in ("of_one_column", "of_several"))
    if (
        not of_one == several >= LEAST
        or not any(each.below_slowest for each in times)
        or far_above(run)
        or _explanation(run).startswith(FRONT_END)
    ):
        return []
    return [
        f"the front end takes no longer than its slowest column in all {several:,} windows of several columns: its "
        "time is that of one column (frontend_ticks, to which stream_push in firmware/core/detect/stream.c adds each "
        "column's)"
    ]


def _of_mean(run: RunRecord) -> list[str]:
    """Columns do not all take the same, down to a tick of a clock that has many in a column."""
    times = [file.times for file in run.files if file.times.of_several]
    several, hz = sum(each.of_several for each in times), run.info.clock_hz
    if (
        several < LEAST
        or sum(each.of_mean for each in times) != several
        or min(each.least_slowest_ns for each in times) * hz < LEAST_TICKS * 1e9
    ):
        return []
    return [
        f"the slowest column takes exactly the mean of all in each of {several:,} windows: the mean is told"
    ]


def _rise(run: RunRecord) -> list[str]:
    """No front end takes longer from window to window throughout: one that does is not set back."""
    rising = [f for f in run.files if f.times.rising and f.times.windows - f.times.saturated > LEAST_RISING]
    if len(rising) < LEAST_RISING_FILES:
        return []
    seen = f"the front end is said to take longer in each window than in the one before it, in {len(rising)} files"
    if all(
        f.times.slowest_rises == f.times.windows - f.times.saturated - 1 and not f.times.slowest_fell
        for f in rising
    ):
        return [
            f"{seen}, and so is its slowest column: the time of a single column is not set back (column_ticks, which "
            "stream_push in firmware/core/detect/stream.c sets to 0 behind each column)"
        ]
    return [f"{seen}: its time is not set back (stream_window_done in firmware/core/detect/stream.c)"]


def _climb(run: RunRecord) -> list[str]:
    """Inferences take now more, now less time: one that is never shorter than the one before is another figure."""
    climbing = [
        f.times
        for f in run.files
        if f.times.rises and not f.times.fell and f.times.windows - f.times.saturated > LEAST_RISING
    ]
    if len(climbing) < LEAST_RISING_FILES or _beyond_first(times.rises for times in climbing) < LEAST_RISES:
        return []
    of_all = all(
        f.times.rises == f.times.windows - f.times.saturated - 1 for f in run.files if f.times in climbing
    )
    return [
        f"no inference is said to take less time than the one before it, in {len(climbing)} files: it is "
        # the largest of so many is not the last one each time
        + ("a sum, which is not set back" if of_all else "the largest so far")
    ]


def _kept(run: RunRecord) -> list[str]:
    """The slowest column of a window takes now more, now less time: one that never takes less is that of all so far."""
    kept = [
        f.times
        for f in run.files
        if not f.times.slowest_fell and f.times.windows - f.times.saturated > LEAST_RISING
    ]
    if len(kept) < LEAST_RISING_FILES or _beyond_first(times.slowest_rises for times in kept) < LEAST_RISES:
        return []
    return [
        f"no window's slowest column is said to take less time than that of the window before, in {len(kept)} files: "
        "it is the slowest so far, and is not set back"
    ]


def _beyond_first(rises: Iterable[int]) -> int:
    """How often times rose, without the first rise of each file."""
    return sum(max(0, each - 1) for each in rises)
