"""What is told as the slowest column, by windows of many columns and of few."""

from collections.abc import Callable
from typing import Any

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


def of_rows(record: Make, *rows: tuple[int, int, int], clock_hz: int = 240_000_000) -> RunRecord:
    """A run of windows by their columns, and by the times of all and of the slowest."""
    run = with_info(record(1), clock_hz=clock_hz)
    run.files[0].times.figures += [
        WindowFigures(front_end + 90_000, front_end, slowest, 90_000, columns)
        for columns, front_end, slowest in rows
    ]
    return run


@pytest.mark.parametrize(("ns", "count"), [(1000, 1), (999, 0)])
def test_a_hundred_ticks_are_enough(record: Make, ns: int, count: int) -> None:
    run = of_rows(record, *[(FEW, ns, ns)] * 8, clock_hz=100_000_000)
    assert len(slowest_told(run)) == count


@pytest.mark.parametrize(
    ("many", "long", "words"),
    [
        (31, 4000, "one of both times is told for the other"),
        (32, 1500, "the time of all columns is told as the slowest one's"),
        (32, 1400, "the slowest one's time is told as that of all"),
        (64, 2001, "the time of all columns is told as the slowest one's"),
        (64, 2000, "the slowest one's time is told as that of all"),
    ],
)
def test_more_columns_take_longer_by_more_than_the_root_of_their_share(
    record: Make, many: int, long: int, words: str
) -> None:
    run = of_rows(record, *[(FEW, 1000, 1000)] * 8, (many, long, long))
    (told,) = slowest_told(run)
    assert f": {words} (" in told or f", however many these are: {words} (" in told


@pytest.mark.parametrize("told", [far_below, slowest_told])
def test_windows_of_one_column_and_those_that_took_no_time_tell_nothing(record: Make, told: Any) -> None:
    nothing = (1, 4000, 4000), (2, 0, 0), (1, 4000, 1)
    assert not told(of_rows(record, *nothing * 8))
    slowest = 4000 if told is slowest_told else 1
    assert not told(of_rows(record, *[(2, 4000, slowest)] * 7, *nothing))
    assert told(of_rows(record, *[(2, 4000, slowest)] * 8, *nothing))
    assert not told(of_rows(record, *[(2, 4000, 4000)] * 7, (2, 4000, 3999)))
    assert far_below(of_rows(record, *[(2, 1, 0)] * 8))


@pytest.mark.parametrize(("front_end", "far"), [(1000, False), (1001, True)])
def test_less_than_a_share_of_the_mean_is_far_below_it(record: Make, front_end: int, far: bool) -> None:
    """35 thousandths of what ten columns take: 0.35 times their mean."""
    each = [(10, front_end, 35)] * 8
    assert far_below(of_rows(record, *each)) == far
    found = slowest_told(of_rows(record, *each, *[(20, 2 * front_end, 35)] * 7))
    assert bool(found) == far


@pytest.mark.parametrize(
    ("least", "count", "told"), [(8, 8, True), (7, 8, False), (8, 7, False), (7, 7, False)]
)
def test_a_part_is_read_from_windows_of_eight_columns_on(
    record: Make, least: int, count: int, told: bool
) -> None:
    rows = [(FEW, 16_000, 75)] * (count - 1), [(least, 1000 * least, 1200 // least)]
    assert bool(slowest_told(of_rows(record, *rows[0], *rows[1]))) == told


@pytest.mark.parametrize(
    ("many", "all_ns", "told"),
    [
        (31, 31_000, False),
        (32, 32_000, True),
        (32, 51_199, True),
        (32, 51_200, False),  # each takes 1.6 times as long
        (32, 20_001, True),
        (32, 20_000, False),
    ],
)
def test_a_part_is_read_where_a_column_takes_about_as_long_in_long_windows(
    record: Make, many: int, all_ns: int, told: bool
) -> None:
    run = of_rows(record, *[(FEW, 16_000, 75)] * 8, (many, all_ns, all_ns // many // many + 5))
    assert bool(slowest_told(run)) == told


@pytest.mark.parametrize(("more", "unit"), [(0, True), (1, False)])
def test_a_unit_is_told_where_the_mean_is_no_longer_than_the_slowest_may_be(
    record: Make, more: int, unit: bool
) -> None:
    """What is told in microseconds was cut, and each time is rounded to three ticks."""
    rows = [(columns, columns * (7000 + 1000 + 3) + more, 7) for columns in (FEW, MANY) for _ in range(8)]
    (told,) = slowest_told(of_rows(record, *rows))
    assert ("in microseconds" in told) == unit


@pytest.mark.parametrize(("less", "unit"), [(3, True), (4, False)])
def test_a_unit_is_told_where_the_slowest_is_no_longer_than_all(record: Make, less: int, unit: bool) -> None:
    usual = [(columns, columns * 7000, 70) for columns in (FEW, MANY) for _ in range(8)]
    (told,) = slowest_told(of_rows(record, *usual, (FEW, 100 * 1000 - less, 1000)))
    assert ("in units of 100 ns" in told) == unit


@pytest.mark.parametrize(("slowest", "unit"), [(30, True), (31, False)])
def test_a_unit_is_told_where_most_slowest_columns_take_three_times_the_mean_at_most(
    record: Make, slowest: int, unit: bool
) -> None:
    rows = [(columns, columns * 1000, slowest) for columns in (FEW, MANY) for _ in range(8)]
    (told,) = slowest_told(of_rows(record, *rows))
    assert ("in units of 100 ns" in told) == unit


@pytest.mark.parametrize(
    ("slowest", "last", "words"),
    [
        (1600, 1600, ""),
        (1601, 1601, "at least 16 times what all columns of its window take, in 8 windows"),
        (1601, 101, "at least 1 times"),
        (1601, 100, ""),  # as long as all take, which one column's time may be
    ],
)
def test_far_more_than_all_columns_take_is_more_than_16_times(
    record: Make, slowest: int, last: int, words: str
) -> None:
    told = slowest_told(of_rows(record, *[(10, 100, slowest)] * 7, (10, 100, last)))
    assert len(told) == bool(words) and all(words in text for text in told)


@pytest.mark.parametrize(("more", "rate"), [(0, True), (1, False)])
def test_the_rate_is_told_where_the_slowest_is_as_long_as_all_and_three_ticks(
    record: Make, more: int, rate: bool
) -> None:
    (told,) = slowest_told(of_rows(record, *[(10, 997, 15_000 * 1000 + more)] * 8))
    assert ("with the sample rate (16,000 Hz)" in told) == rate


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
