"""Times of windows that are the most of all so far: they are not set back with their window."""

from itertools import pairwise

from ..record import RunRecord
from ..total_parts import WindowFigures

LEAST_WINDOWS = 10  # of a file; shorter ones are left out
LEAST_TICKS = 100  # of a time, so that equal ones are rare
LEAST_STEPS = 2  # up within files, or to another figure from file to file
# Of two windows in a row either may have the longer time, so the second one's is less by a chance of (1 - q) / 2, where
# q is how often both are equal. q is held by another time of the same windows, which must be equal in at most a tenth
# of them and less in a quarter (so that nothing drifts). Of n pairs that share no window none is less, then, by
# ((1 + 0.1) / 2) ** n: 8e-10 where n is 35.
LEAST_PAIRS = 35
MOST_EQUAL, LEAST_LESS = 10, 4  # one in so many
COLUMN = (
    "frontend_max_ticks, which stream_window_done in firmware/core/detect/stream.c sets to 0 behind each window, and "
    "stream_start before the first"
)
INFERENCE = "inference_ticks, complete_window in firmware/core/detect/stream.c"


def slowest_never_back(run: RunRecord) -> list[str]:
    """That a window's slowest column is the slowest so far, in a sentence; empty: it may be its own."""
    files = _long_enough(run)
    if any(file.times.slowest_fell for file in run.files):
        return []
    slowest = [[row.slowest for row in rows] for rows in files]
    if not _never_less(run, slowest, [[row.frontend for row in rows] for rows in files]):
        return []
    seen = _seen("no window's slowest column", slowest)
    return [f"{seen}: it is the slowest so far, and is not set back with its window ({COLUMN})"]


def inference_never_back(run: RunRecord) -> list[str]:
    """The same of inferences, of a computer's: those of a board may all be equal."""
    if run.board != "virtual" or any(file.times.fell for file in run.files):
        return []
    files = _long_enough(run)
    inferences = [[row.inference for row in rows] for rows in files]
    if not _never_less(run, inferences, [[row.frontend for row in rows] for rows in files]):
        return []
    return [f"{_seen('no inference', inferences)}: it is the longest so far ({INFERENCE})"]


def _long_enough(run: RunRecord) -> list[list[WindowFigures]]:
    """Windows of the files that have many."""
    return [file.times.figures for file in run.files if len(file.times.figures) >= LEAST_WINDOWS]


def _never_less(run: RunRecord, told: list[list[int]], beside: list[list[int]]) -> bool:
    """Whether times never fall, by no chance, where others of the same windows do.

    Args:
        run: for its clock.
        told: times of one kind, by file.
        beside: those of another kind.
    """
    pairs = [pair for times in told for pair in pairwise(times)]
    if sum(len(times) // 2 for times in told) < LEAST_PAIRS or any(second < first for first, second in pairs):
        return False
    if min(map(min, told)) * run.info.clock_hz < LEAST_TICKS * 1e9:
        return False
    steps = sum(second > first for first, second in pairs)
    steps += sum(one[-1] != other[0] for one, other in pairwise(told))
    others = [pair for times in beside for pair in pairwise(times)]
    equal, less = sum(a == b for a, b in others), sum(b < a for a, b in others)
    return steps >= LEAST_STEPS and equal * MOST_EQUAL <= len(others) <= less * LEAST_LESS


def _seen(what: str, told: list[list[int]]) -> str:
    pairs = [pair for times in told for pair in pairwise(times)]
    equal = sum(a == b for a, b in pairs)
    return (
        f"{what} is said to take less time than that of the window before, in {len(told)} files, and {equal:,} of "
        f"{len(pairs):,} take exactly as long"
    )
