"""Maxima that are not set back with their window, and clean times of the same kind."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
import pytest

from ...link import messages as m
from ..faults import Faults
from ..record import RunRecord
from .conftest import Make, with_info
from .never_back import _never_less, inference_never_back, slowest_never_back
from .other_times import exactly_told

COLUMNS = 16
Change = Callable[[Sequence[int]], Sequence[int]]


def _most_so_far(times: Sequence[int]) -> list[int]:
    return list(accumulate(times, max))


def _run(
    record: Make,
    slowest: Change = list,
    inference: Change = list,
    windows: Sequence[int] = (20, 28, 16, 22, 16),
    front_end: Change = list,
    seed: int = 1,
) -> RunRecord:
    """Files with times that chance gives, of which some are changed."""
    chance = np.random.default_rng(seed)
    run = with_info(record(len(windows)), clock_hz=1_000_000_000)
    for file, count in zip(run.files, windows, strict=True):
        of_columns = chance.integers(1_000, 1_400, (count, COLUMNS))
        most = slowest([int(each) for each in of_columns.max(1)])
        infer = inference([int(each) for each in chance.integers(400_000, 500_000, count)])
        sums = front_end([int(each) for each in of_columns.sum(1)])
        for at in range(count):
            window = m.WindowResult(at, 0, sums[at], most[at], infer[at], sums[at] + infer[at], COLUMNS)
            file.times.add(window, Faults())
    return run


@pytest.mark.parametrize("seed", range(40))
def test_times_that_are_set_back_fall_now_and_then(record: Make, seed: int) -> None:
    run = _run(record, seed=seed)
    assert slowest_never_back(run) == inference_never_back(run) == exactly_told(run) == []


def test_a_slowest_column_that_is_kept_is_told_with_the_place(record: Make) -> None:
    told = slowest_never_back(_run(record, _most_so_far))
    assert exactly_told(_run(record, _most_so_far)) == told
    assert "take less time than that of the window before, in 5 files" in told[0]
    assert "(frontend_max_ticks, which stream_window_done in firmware/core/detect/stream.c sets" in told[0]


def test_it_is_told_as_well_where_it_never_rises_within_a_file(record: Make) -> None:
    """The first column of a stream often takes the longest, and then all windows have its time."""
    (told,) = slowest_never_back(_run(record, lambda times: [max(times)] * len(times)))
    assert "97 of 97 take exactly as long" in told


def test_an_inference_that_is_the_longest_so_far_is_told_of_a_computer(record: Make) -> None:
    run = _run(record, inference=_most_so_far)
    (told,) = inference_never_back(run)
    assert told.endswith(
        "it is the longest so far (inference_ticks, complete_window in firmware/core/detect/stream.c)"
    )
    run.board = "serial"
    assert inference_never_back(run) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"windows": (20, 28, 22)}, True),
        ({"windows": (20, 28, 21)}, False),  # 34 pairs
        ({"windows": (9, 9, 9, 9, 9, 9, 9, 9, 9)}, False),
        ({"front_end": lambda sums: sorted(sums)}, False),  # all of it drifts
        ({"front_end": lambda sums: [20_000] * len(sums)}, False),  # a board that takes the same each time
        ({"slowest": lambda times: [1_300] * len(times)}, False),  # as the longest way through the code may be
        ({"slowest": lambda times: [*_most_so_far(times)[:-1], 1_000]}, False),
    ],
)  # fmt: skip
def test_what_may_be_is_not_told(record: Make, change: dict[str, object], told: bool) -> None:
    run = _run(record, **{"slowest": _most_so_far} | change)  # type: ignore[arg-type]
    assert bool(slowest_never_back(run)) == told


@pytest.mark.parametrize(("hz", "told"), [(100_000_000, True), (90_000_000, False)])
def test_few_ticks_are_equal_by_chance(record: Make, hz: int, told: bool) -> None:
    run = _run(record, lambda times: [max(1_000, each) for each in _most_so_far(times)])
    run.files[0].times.figures[0] = run.files[0].times.figures[0]._replace(slowest=1_000)
    assert bool(slowest_never_back(with_info(run, clock_hz=hz))) == told


def test_no_file_is_nothing(record: Make) -> None:
    assert slowest_never_back(record()) == inference_never_back(record(1)) == []


def _beside(equal: int, less: int, pairs: int = 40) -> list[int]:
    """Times of which so many are the one before them, and so many less."""
    times = [10_000]
    for at in range(pairs):
        times.append(times[-1] + (0 if at < equal else -1 if at < equal + less else 1))
    return times


@pytest.mark.parametrize(
    ("told", "beside", "known"),
    [
        ([[200] * 68 + [300, 400]], _beside(4, 10), True),
        ([[200] * 69 + [300]], _beside(4, 10), False),  # one step
        ([[200] * 35 + [300], [300] * 36], _beside(4, 10), False),
        ([[200] * 36, [200] + [300] * 35], _beside(4, 10), False),
        ([[200] * 36, [201] + [300] * 35], _beside(4, 10), True),
        ([[200] * 68 + [300, 400]], _beside(5, 10), False),  # an eighth is equal
        ([[200] * 68 + [300, 400]], _beside(4, 9), False),  # fewer than a quarter are less
    ],
)
def test_times_that_never_fall_by_no_chance(
    record: Make, told: list[list[int]], beside: list[int], known: bool
) -> None:
    run = with_info(record(1), clock_hz=1_000_000_000)
    assert _never_less(run, told, [beside]) is known


def test_files_of_ten_windows_are_long_enough(record: Make) -> None:
    assert slowest_never_back(_run(record, _most_so_far, windows=(10,) * 8))
    assert not slowest_never_back(_run(record, _most_so_far, windows=(9,) * 9))
