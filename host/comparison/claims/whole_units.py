"""Times that are all whole multiples of far more than a tick of the clock that they are measured with."""

import math
import sys

from ..record import RunRecord

LEAST = 24  # times, so that this is no chance
LEAST_TICKS = 10  # of the clock in such a unit
NS = 1_000_000_000
FINE = "linux"  # where a process is told nanoseconds; elsewhere its clock may have microseconds alone
UNITS = {1000: "microseconds", 1_000_000: "milliseconds"}
MOST_WALL = 2  # times what passed: beyond that each is more than it is by such a factor, not cut
WHERE = "stream_ns in firmware/core/detect/stream.c"


def whole_units(run: RunRecord) -> list[str]:
    """That times are told in whole units, in a sentence; empty: they are not, or these are the clock's ticks."""
    times = [
        time
        for file in run.files
        for row in file.times.figures
        for time in (row.total, row.frontend, row.slowest, row.inference)
        if time
    ]
    unit, hz = math.gcd(*times), run.info.clock_hz
    if run.board == "virtual" and not sys.platform.startswith(FINE):
        return []
    if sum(file.times.total_ns for file in run.files) > MOST_WALL * NS * sum(
        file.wall_s for file in run.files
    ):
        return []
    if len(times) < LEAST or not hz or unit * hz < LEAST_TICKS * NS:
        return []
    words = next((words for by, words in sorted(UNITS.items(), reverse=True) if unit % by == 0), "")
    if not words:
        return []
    return [
        f"all {len(times):,} times of windows are whole {words}, and the clock ticks {hz:,} times a second: what is "
        f"less is cut off, as where ticks are divided before they are multiplied ({WHERE})"
    ]
