"""What is told as the time of a window's slowest column, where no column takes that long or that little."""

import statistics

from ..record import RunRecord
from ..total_parts import WindowFigures
from ..window_times import ROUNDING_TICKS_NS

LEAST = 8  # windows of several columns, so that none of this is chance
LEAST_TICKS = 100  # of a time, so that equal ones are no chance
LEAST_PARTED = 8  # columns of a window: what is told of one of them is far from an eighth of the mean
MOST_SLOWEST = 3.0  # times the mean: the slowest column of most windows is no slower
FAR = 0.35  # of the mean: no column of most windows is faster
ALIKE = 1.6  # times that a column takes as long in one kind of windows as in another
MUCH_MORE = 16.0  # times what all columns take: no column's time, whatever else is wrong
UNITS = {1000: "microseconds", 100: "units of 100 ns", 10: "units of 10 ns"}
WHERE = "(stream_push in firmware/core/detect/stream.c, send_window in firmware/core/session/results.c)"


def slowest_told(run: RunRecord) -> list[str]:
    """Sentences that say what is told as the slowest column's time; empty: it may be that one's."""
    rows = _rows(run)
    if len(rows) < LEAST:
        return []
    return _is_nothing(rows) or _is_sum(rows, run.info.clock_hz) or _is_part(rows) or _is_beyond(run, rows)


def far_below(run: RunRecord) -> bool:
    """Whether what is told as the slowest column's time is far below the mean, as no column's is."""
    rows = _rows(run)
    return len(rows) >= LEAST and statistics.median(map(_share, rows)) < FAR


def far_above(run: RunRecord) -> bool:
    """Whether what is told as the slowest column's time is far more than all columns take, as no part of them does."""
    rows = _rows(run)
    return len(rows) >= LEAST and statistics.median(row.slowest / row.frontend for row in rows) > MUCH_MORE


def _rows(run: RunRecord) -> list[WindowFigures]:
    return [row for file in run.files for row in file.times.figures if row.columns > 1 and row.frontend > 0]


def _share(row: WindowFigures) -> float:
    """How long the slowest column takes, by the mean."""
    return row.slowest * row.columns / row.frontend


def _is_nothing(rows: list[WindowFigures]) -> list[str]:
    if any(row.slowest for row in rows):
        return []
    return [
        f"the slowest column is said to take 0 ns in each of {len(rows):,} windows, and all together some time: it is "
        "not set, or what it is compared with is set back before that (frontend_max_ticks and column_ticks; "
        "stream_push in firmware/core/detect/stream.c, send_window in firmware/core/session/results.c)"
    ]


def _is_beyond(run: RunRecord, rows: list[WindowFigures]) -> list[str]:
    """More than all columns take, in every window: which factor brings it between the mean and all."""
    if not far_above(run) or any(row.slowest <= row.frontend for row in rows):
        return []
    least = max(row.slowest / (row.frontend + ROUNDING_TICKS_NS) for row in rows)
    most = min(row.slowest * row.columns / row.frontend for row in rows)
    hz, rate = run.info.clock_hz, run.info.sample_rate
    times = min(row.slowest / row.frontend for row in rows)
    seen = (
        f"the slowest column is said to take at least {times:,.0f} times what all columns of its window take, in "
        f"{len(rows):,} windows"
    )
    if rate and least <= hz / rate <= most:
        return [
            f"{seen}: as if it were made of ticks with the sample rate ({rate:,} Hz) in the place of the clock's "
            f"{hz:,} (what stream_ns is given) {WHERE}"
        ]
    return [f"{seen}: one of both is in another unit, or made with another clock {WHERE}"]


def _is_sum(rows: list[WindowFigures], clock_hz: int) -> list[str]:
    """Of several columns, that take some time each, the slowest takes less than all of them."""
    if any(row.slowest != row.frontend for row in rows):
        return []
    if min(row.slowest for row in rows) * clock_hz < LEAST_TICKS * 1e9:
        return []
    seen = (
        "the slowest column is said to take exactly as long as all columns of its window in each of "
        f"{len(rows):,} windows of several"
    )
    grows = _grows(rows)
    if grows is None:
        return [f"{seen}: one of both times is told for the other {WHERE}"]
    if grows:
        return [f"{seen}: the time of all columns is told as the slowest one's {WHERE}"]
    return [f"{seen}, however many these are: the slowest one's time is told as that of all {WHERE}"]


def _grows(rows: list[WindowFigures]) -> bool | None:
    """Whether more columns take longer; None: there are no windows with far more columns than others."""
    few, many = (choose(row.columns for row in rows) for choose in (min, max))
    if many < 2 * few:
        return None
    short, long = (_typical(rows, count) for count in (few, many))
    return bool(long * long * few > short * short * many)  # more than the root of how many times as many


def _alike(rows: list[WindowFigures]) -> bool:
    """Whether a column takes about as long in windows of many columns as in those of far fewer."""
    few, many = (choose(row.columns for row in rows) for choose in (min, max))
    each, other = (_typical(rows, count) / count for count in (few, many))
    return many >= 2 * few and each < ALIKE * other and other < ALIKE * each


def _typical(rows: list[WindowFigures], columns: int) -> float:
    """What the front end takes for so many columns."""
    return statistics.median(row.frontend for row in rows if row.columns == columns)


def _is_part(rows: list[WindowFigures]) -> list[str]:
    """The slowest column's time divided by something: between the mean and all, in every window, once multiplied."""
    large = [row for row in rows if row.columns >= LEAST_PARTED]
    if len(large) < LEAST or statistics.median(map(_share, large)) >= FAR or not _alike(rows):
        return []
    found = [
        f"the slowest one's divided by how many columns its window has {WHERE}"
        for _ in range(_fits(large, [row.columns for row in large]))
    ]
    found += [
        f"the slowest one's in {words}, or the time of all {by:,} times what it is"
        for by, words in UNITS.items()
        if _fits(large, [by] * len(large))
    ]
    seen = (
        f"what is told as the slowest column is {min(map(_share, large)):.2g} to {max(map(_share, large)):.2g} times "
        f"the mean of all columns, in {len(large):,} windows"
    )
    if len(found) != 1:
        return [
            f"{seen}: no column is so much faster than all together; it is no column's time, or in another unit"
        ]
    return [f"{seen}: as if it were {found[0]}"]


def _fits(rows: list[WindowFigures], factors: list[int]) -> bool:
    """Whether these times, multiplied, may be the slowest columns', and are not far from the mean in most windows."""
    right = [row.slowest * by for row, by in zip(rows, factors, strict=True)]
    within = all(
        row.frontend / row.columns <= slowest + by + ROUNDING_TICKS_NS
        and slowest <= row.frontend + ROUNDING_TICKS_NS
        for row, slowest, by in zip(rows, right, factors, strict=True)
    )
    shares: dict[int, list[float]] = {}
    for row, slowest in zip(rows, right, strict=True):
        shares.setdefault(row.columns, []).append(slowest * row.columns / row.frontend)
    return within and all(statistics.median(each) <= MOST_SLOWEST for each in shares.values())
