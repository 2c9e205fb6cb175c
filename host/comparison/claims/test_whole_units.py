"""Times that are cut to whole units are told as that, unless the clock has no less."""

import pytest

from ..total_parts import WindowFigures
from .conftest import Make, with_info
from .timing import find_stage_times
from .whole_units import whole_units


def figures(at: int, unit: int) -> WindowFigures:
    front_end, slowest, inference = (unit * (by + at * step) for by, step in ((31, 1), (2, 0), (500, 7)))
    return WindowFigures(front_end + inference, front_end, slowest, inference, 16)


@pytest.mark.parametrize(
    ("unit", "hz", "windows", "words"),
    [
        (
            1000,
            1_000_000_000,
            8,
            "all 32 times of windows are whole microseconds, and the clock ticks 1,000,000,000",
        ),
        (
            1_000_000,
            240_000_000,
            8,
            "times of windows are whole milliseconds, and the clock ticks 240,000,000 times",
        ),
        (100, 1_000_000_000, 8, ""),
        (1000, 1_000_000, 8, ""),  # its ticks
        (1000, 9_999_999, 8, ""),
        (1000, 10_000_000, 8, "are whole microseconds, and the clock ticks 10,000,000"),
        (1000, 0, 8, ""),
        (1, 1_000_000_000, 8, ""),
        (12, 1_000_000_000, 8, ""),
        (1000, 1_000_000_000, 5, ""),  # too few
        (1000, 1_000_000_000, 6, "all 24 times of windows are whole microseconds"),
    ],
)
def test_whole_units(record: Make, unit: int, hz: int, windows: int, words: str) -> None:
    run = with_info(record(1), clock_hz=hz)
    run.files[0].times.figures[:] = [figures(at, unit) for at in range(windows)]
    run.board = "esp32"
    told = whole_units(run)
    assert told == [] if not words else words in told[0]


def test_a_computer_whose_clock_may_be_coarse_says_nothing_of_a_virtual_board(
    record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = with_info(record(1), clock_hz=1_000_000_000)
    run.files[0].times.figures[:] = [figures(at, 1000) for at in range(8)]
    run.board = "virtual"
    for platform, told in (("linux", 1), ("darwin", 0), ("win32", 0)):
        monkeypatch.setattr("sys.platform", platform)
        assert len(whole_units(run)) == told
    run.board = "esp32"
    assert len(whole_units(run)) == 1


def test_times_that_are_a_thousand_times_what_they_are_are_not_cut(record: Make) -> None:
    run = with_info(record(1), clock_hz=1_000_000_000)
    run.board = "esp32"
    (file,) = run.files
    file.times.figures[:] = [figures(at, 1000) for at in range(8)]
    file.times.total_ns, file.wall_s = 2_000_000_000, 1.0
    assert whole_units(run)
    file.times.total_ns += 1
    assert whole_units(run) == []


def test_what_follows_from_that_is_not_told_of_the_slowest_column(record: Make) -> None:
    run = with_info(record(1), clock_hz=1_000_000_000)
    times = run.files[0].times
    times.windows, times.understated, times.most_share = 96, 3, 2.0
    run.board = "esp32"
    assert any("its time is another one's" in text for text in find_stage_times(run).reasons)
    times.figures[:] = [figures(at, 1000) for at in range(8)]
    reasons = find_stage_times(run).reasons
    assert "are whole microseconds" in reasons[0] and not any("another one's" in text for text in reasons)
