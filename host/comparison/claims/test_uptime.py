"""What is told of the board's clock, from pairs of uptimes."""

import pytest

from ..record import UptimeRecord
from .conftest import Make, broken, held
from .finding import Status
from .test_timing import CLOCK, timed
from .timing import find_host_clock
from .uptime import told_rate

EITHER = ", or the clock it is made of in a unit {} times as {}"


def _uptimes(rate: float, pairs: int = 6, each_s: float = 0.1, late_s: float = 0.001) -> UptimeRecord:
    """Of a clock that goes so fast, in whole milliseconds."""
    uptime, went = UptimeRecord(times=pairs + 1, step_ms=1), 0.0
    for _ in range(pairs):
        before, went = went, went + each_s
        device_s = (int(went * rate * 1000 + 1e-6) - int(before * rate * 1000 + 1e-6)) / 1000
        uptime.host_s += each_s
        uptime.most_s += each_s + late_s
        uptime.device_s += device_s
        uptime.between(device_s, each_s - late_s)
        uptime.pairs.add(device_s, each_s - late_s, each_s + late_s)
    return uptime


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (1000, "as if uptime_ms were told in microseconds" + EITHER.format("1,000", "short")),
        (1e6, "as if uptime_ms were told in nanoseconds" + EITHER.format("1,000,000", "short")),
        (10, "as if uptime_ms were told in units of 0.1 ms" + EITHER.format("10", "short")),
        (100, "as if uptime_ms were told in units of 10 us" + EITHER.format("100", "short")),
        (0.1, "as if uptime_ms were told in units of 10 ms" + EITHER.format("10", "long")),
        (0.01, "as if uptime_ms were told in units of 100 ms" + EITHER.format("100", "long")),
        (2, "it goes twice as fast as it must"),
        (0.5, "it goes half as fast as it must"),
        (1.5, "it goes 1.5 times as fast as it must, as one of 160 MHz that has 240"),
        (2 / 3, "it goes two thirds as fast as it must, as one of 240 MHz that has 160"),
        (3, "it goes 3 times as fast as it must, as one of 80 MHz that has 240"),
        (1 / 3, "it goes a third as fast as it must, as one of 240 MHz that has 80"),
        (4, "it goes 4 times as fast as it must"),
        (0.25, "it goes a quarter as fast as it must"),
        (1.25, "it goes about 1.25 times as fast as it must"),
        (7, "it goes about 7 times as fast as it must"),
        (1 / 8, "it goes about 8 times too slowly"),
    ],
)
@pytest.mark.parametrize("late_s", [0.0, 0.001, 0.01])
def test_a_unit_and_a_factor_are_named(rate: float, told: str, late_s: float) -> None:
    assert told_rate(_uptimes(rate, pairs=10, each_s=0.08, late_s=late_s)) == told


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (1000 / 1024 * 1.0045, "as if uptime_ms were told in units of 1,024 us"),
        (1000 / 1024 / 1.0045, "as if uptime_ms were told in units of 1,024 us"),
        (1000 / 1024 / 1.0055, "it goes about 1.03 times too slowly"),
        (100 / 1.0045, "as if uptime_ms were told in units of 10 us" + EITHER.format("100", "short")),
        (1.004, ""),
        (2 / 1.0055, "it goes about 1.99 times as fast as it must"),
        (2 * 1.0045, "it goes twice as fast as it must"),
    ],
)
def test_of_a_long_time_a_rate_is_told_as_what_it_is_close_to(rate: float, told: str) -> None:
    uptime = UptimeRecord(host_s=3000, device_s=3000 * rate)
    for _ in range(3):
        uptime.pairs.add(1000 * rate, 1000, 1000)
    assert told_rate(uptime) == told


def test_a_rate_may_be_as_far_from_what_it_is_told_as() -> None:
    """Bounds are half a percent apart, and a pair tells a millisecond less or more than passed."""
    uptime = UptimeRecord(host_s=1.0, device_s=2 * 1.005 + 0.001)
    uptime.pairs.add(uptime.device_s, 1.0, 1.0)
    assert told_rate(uptime) == "it goes twice as fast as it must"


@pytest.mark.parametrize(("most_s", "told"), [(1.45, "it goes about 7 times as fast as it must"), (1.55, "")])
def test_wide_bounds_tell_no_figure(most_s: float, told: str) -> None:
    uptime = UptimeRecord(host_s=1000.0, device_s=7000.0)
    for _ in range(3):
        uptime.pairs.add(9000, 1000, 1000 * most_s / 1.005**2)
    assert told_rate(uptime) == told


@pytest.mark.parametrize(
    ("rate", "unit"),
    [(11.5, "0.1 ms"), (11.6, ""), (8.8, "0.1 ms"), (8.6, ""), (1.1, ""), (0.9, ""), (2, "")],
)
def test_without_pairs_a_rate_near_a_units_is_told_as_that(rate: float, unit: str) -> None:
    told = f"as if uptime_ms were told in units of {unit}" + EITHER.format("10", "short") if unit else ""
    assert told_rate(UptimeRecord(host_s=1.0, device_s=rate)) == told


@pytest.mark.parametrize(("device_s", "wrong"), [(8.05, False), (8.06, True)])
def test_a_clock_went_no_farther_than_passed_around_its_answers(
    record: Make, device_s: float, wrong: bool
) -> None:
    run = timed(record(1))
    run.uptime = UptimeRecord(host_s=1.0, device_s=device_s, most_s=2.0)
    assert bool(find_host_clock(run).reasons) == wrong


@pytest.mark.parametrize(("over_s", "wrong"), [(0.024, False), (0.026, True)])
def test_short_pairs_may_be_a_little_apart(record: Make, over_s: float, wrong: bool) -> None:
    """Two of three count."""
    run = timed(record(1))
    run.board = "esp32"
    run.uptime = UptimeRecord(host_s=3.0, device_s=3.0)
    for _ in range(3):
        run.uptime.pairs.add(1.25 + over_s, 1.0, 1.0)
    assert bool(find_host_clock(run).reasons) == wrong


def test_a_clock_in_seconds_is_told_as_that_when_it_was_looked_at_longer() -> None:
    uptime = _uptimes(0.001, pairs=4)
    assert uptime.unsure and not told_rate(uptime), "nothing, or a thousandth, or a hundredth"
    longer = _uptimes(0.001, pairs=10, each_s=0.35)
    assert told_rate(longer) == "as if uptime_ms were told in seconds" + EITHER.format("1,000", "long")
    assert not _uptimes(0.02).unsure and not _uptimes(1).unsure and not UptimeRecord().unsure


@pytest.mark.parametrize(
    ("rate", "board", "wrong"),
    [
        (2, "esp32", True),
        (0.5, "esp32", True),
        (1.1, "esp32", False),
        (1.1, "virtual", True),
        (0.97, "virtual", True),
        (1.0, "virtual", False),
        (1.0, "esp32", False),
    ],
)
def test_a_rate_that_all_pairs_show_is_wrong(record: Make, rate: float, board: str, wrong: bool) -> None:
    run = timed(record(1))
    run.board, run.uptime = board, _uptimes(rate, pairs=8)
    assert bool(find_host_clock(run).reasons) == wrong


def test_a_clock_that_counts_binary_milliseconds_is_told_as_that(record: Make) -> None:
    run = timed(record(1))
    run.board, run.uptime = "virtual", _uptimes(1000 / 1024, pairs=40, late_s=0.0002)
    (reason,) = find_host_clock(run).reasons
    assert reason.endswith("s: as if uptime_ms were told in units of 1,024 us")


def test_figures_are_readable(record: Make) -> None:
    run = timed(record(1))
    run.uptime = _uptimes(1000, pairs=20)
    (reason,) = find_host_clock(run).reasons
    assert reason.startswith(
        "the board's clock went 2,000 s in 2 s: as if uptime_ms were told in microseconds"
    )


def test_a_thousand_seconds_are_told_in_full(record: Make) -> None:
    run = timed(record(1))
    run.uptime = UptimeRecord(host_s=9.0, device_s=1000.0)
    assert find_host_clock(run).reasons[0].startswith("the board's clock went 1,000 s in 9 s")


def test_a_clock_that_goes_in_steps(record: Make) -> None:
    run = timed(record(1))
    run.uptime.host_s = run.uptime.device_s = 3.0
    for times, step, wrong in ((8, 50, True), (7, 1000, False), (8, 49, False), (90, 1000, True)):
        run.uptime.times, run.uptime.step_ms = times, step
        assert (find_host_clock(run).status == Status.BROKEN) == wrong, (times, step)
    assert find_host_clock(run).reasons == (
        "all 90 uptimes told are multiples of 1,000 ms: the clock goes in steps",
    )


def test_uptime(record: Make) -> None:
    run = timed(record(1))
    run.uptime.host_s, run.uptime.device_s = 0.29, 99.0
    assert find_host_clock(run) == held(CLOCK.format(3.0))  # too short to say anything
    for host_s, device_s, right in (
        (0.3, 9.1, False),
        (0.5, 14.9, True),  # of a short time only another unit shows
        (0.5, 0.02, True),
        (0.5, 15.1, False),
        (0.5, 0.016, False),  # no other unit
        (2.0, 0.5, True),
        (2.0, 8.0, True),
        (2.0, 0.49, False),
        (2.0, 8.1, False),
    ):
        run.uptime.host_s, run.uptime.device_s = host_s, device_s
        said = f"{CLOCK.format(3.0)}, uptime {device_s:.3g} s in {host_s:.3g} s"
        wrong = f"the board's clock went {device_s:.3g} s in {host_s:.3g} s"
        assert find_host_clock(run) == (held(said) if right else broken(said, wrong))


@pytest.mark.parametrize(("device_s", "right"), [(0.55, True), (0.5, True), (0.49, False), (0.0, False)])
def test_what_passed_between_an_answer_and_a_request_passed_on_the_board(
    record: Make, device_s: float, right: bool
) -> None:
    """Whole seconds that are lost show however the rest of them falls."""
    run = timed(record(1))
    run.uptime.host_s, run.uptime.device_s = 1.0, 1.0
    run.uptime.between(device_s, 1.0)
    run.uptime.between(3.0, 4.0)
    said = f"{CLOCK.format(3.0)}, uptime 1 s in 1 s"
    wrong = (
        f"between two uptimes 1 s passed at least, and the board's clock went {device_s:.3g} s: it is slow, or a "
        "part of what it counts is lost (whole seconds, high bits)"
    )
    assert find_host_clock(run) == (held(said) if right else broken(said, wrong))


def test_a_clock_that_stands_still(record: Make) -> None:
    run = timed(record(1))
    run.uptime.host_s, run.uptime.device_s, run.uptime.times, run.uptime.step_ms = 3.0, 0.0, 10, 582
    assert find_host_clock(run).reasons == (
        "the board's clock stands still: in 3 s it tells the same uptime 10 times",
    )
    run.uptime.times = 3
    assert find_host_clock(run).reasons == (
        "the board's clock stands still: in 3 s it tells the same uptime 3 times",
    )
    run.uptime.times = 2
    assert find_host_clock(run).reasons == ("the board's clock went 0 s in 3 s",)
