"""What is told as the slowest column, by windows of many columns and of few."""

from collections.abc import Callable

import pytest

from ..record import RunRecord
from ..total_parts import WindowFigures
from .conftest import Make, with_info
from .slowest_column import far_below, slowest_told
from .timing import find_host_clock, find_stage_times

FEW, MANY = 16, 61  # columns of a window
WHERE = "(stream_push in firmware/core/detect/stream.c, send_window in firmware/core/session/results.c)"
Told = Callable[[int, int, int], tuple[int, int]]


def made(record: Make, told: Told, windows: int = 6, files: int = 3, many: int = MANY) -> RunRecord:
    """A run whose windows tell what `told` makes of the front end's time, its slowest column's, and their number."""
    run = with_info(record(files), clock_hz=240_000_000)
    for number, file in enumerate(run.files):
        for index in range(windows):
            columns = FEW if index else many
            each = 3_000 + 17 * index + 5 * number
            front_end, slowest = told(columns * each, each + 400 + 31 * index, columns)
            file.times.figures.append(WindowFigures(front_end + 90_000, front_end, slowest, 90_000, columns))
    return run


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (lambda all_ns, most, _: (all_ns, most), ""),
        (lambda all_ns, _, n: (all_ns, all_ns // n), ""),  # the mean, which is told elsewhere
        (lambda all_ns, _, n: (all_ns, int(0.7 * all_ns / n)), ""),  # the least
        (
            lambda all_ns, _, __: (all_ns, all_ns),
            f"of several: the time of all columns is told as the slowest one's {WHERE}",
        ),
        (
            lambda _, most, __: (most, most),
            f"of several, however many these are: the slowest one's time is told as that of all {WHERE}",
        ),
        (
            lambda all_ns, most, n: (all_ns, most // n),
            f"in 18 windows: as if it were the slowest one's divided by how many columns its window has {WHERE}",
        ),
        (
            lambda all_ns, most, _: (all_ns, most // 1000),
            "in 18 windows: as if it were the slowest one's in microseconds, or the time of all 1,000 times what it is",
        ),
        (
            lambda all_ns, most, _: (10 * all_ns, most),
            "in 18 windows: as if it were the slowest one's in units of 10 ns, or the time of all 10 times what it is",
        ),
        (lambda all_ns, _, __: (all_ns, 15), "it is no column's time, or in another unit"),
        (lambda all_ns, most, _: (all_ns + 300_000, most), ""),  # an inference is counted in
        (
            lambda all_ns, _, __: (all_ns, 0),
            f"it is not set, or what it is compared with is set back before that (frontend_max_ticks and column_ticks; "
            f"{WHERE.strip('()')})",
        ),
        (
            lambda all_ns, most, _: (
                all_ns,
                15_000 * most,
            ),  # a clock of 240 MHz, and 16,000 samples a second
            "as if it were made of ticks with the sample rate (16,000 Hz) in the place of the clock's 240,000,000 "
            f"(what stream_ns is given) {WHERE}",
        ),
        (
            lambda all_ns, most, _: (all_ns, 1000 * most),
            f"in 18 windows: one of both is in another unit, or made with another clock {WHERE}",
        ),
        (lambda all_ns, _, __: (all_ns, 5 * all_ns), ""),  # as where single columns alone are told
        (lambda all_ns, most, n: (all_ns * n, most), ""),
    ],
)
def test_what_it_is_told_as(record: Make, told: Told, words: str) -> None:
    found = slowest_told(made(record, told))
    assert found == [] if not words else len(found) == 1 and found[0].endswith(words), found


def test_equal_times_of_few_ticks_are_no_other_ones(record: Make) -> None:
    for ns, count in ((417, 1), (416, 0)):
        run = made(record, lambda *_: (ns, ns))  # noqa: B023
        assert len(slowest_told(run)) == count


def test_few_windows_and_windows_of_one_length_say_less(record: Make) -> None:
    def same(all_ns: int, _: int, __: int) -> tuple[int, int]:
        return all_ns, all_ns

    assert slowest_told(made(record, same, windows=4, files=2)) != []
    assert slowest_told(made(record, same, windows=7, files=1)) == []
    (told,) = slowest_told(made(record, same, many=31))
    assert told.endswith(f": one of both times is told for the other {WHERE}")
    assert slowest_told(made(record, lambda all_ns, most, n: (all_ns, most // n), many=31)) == []


def test_a_time_far_below_the_mean_is_not_told_as_the_least(record: Make) -> None:
    for told, far in (
        (lambda all_ns, most, n: (all_ns, most // n), True),
        (lambda a, _, n: (a, a // n), False),
    ):
        run = made(record, told)
        assert far_below(run) == far
        for file in run.files:
            file.times.windows, file.times.rising = 6, False
            file.times.most_share, file.times.understated = 0.1, 6
        least = [text for text in find_stage_times(run).reasons if "it is the least of them" in text]
        assert len(least) == (not far)


def test_times_far_beyond_all_are_no_word_about_the_front_end_nor_about_the_clock(record: Make) -> None:
    run = made(record, lambda all_ns, most, _: (all_ns, 15_000 * most))
    for file in run.files:
        file.times.of_one_column = file.times.of_several = file.times.below_slowest = 6
        file.times.windows, file.times.saturated, file.wall_s = 12, 2, 0.1
    told = find_stage_times(run).reasons
    assert any("made of ticks with the sample rate" in text for text in told)
    assert not any("its time is that of one column" in text for text in told)
    assert not any("4.29 s" in text for text in find_host_clock(run).reasons)
