"""Times that no window takes: 0 throughout, more than a field holds, or what a clock reads."""

from collections.abc import Sequence
from typing import Any

import pytest

from ..record import Probe, RunRecord
from ..total_parts import WindowFigures
from .conftest import Make, with_info
from .impossible_times import goes_round, goes_round_in_windows, impossible_times
from .timing import find_host_clock, find_stage_times

MOST = 4_294_967_295
GIGA = 1_000_000_000


def window(frontend: int, slowest: int, inference: int, total: int | None = None) -> WindowFigures:
    right = frontend + inference if total is None else total
    return WindowFigures(right, frontend, slowest, inference, 16)


def run_of(
    record: Make, rows: Sequence[WindowFigures], beyond: Sequence[WindowFigures] = (), files: int = 2
) -> RunRecord:
    """A run of files of which each has these windows, and takes a fifth of a second."""
    run = with_info(record(files), clock_hz=GIGA)
    for file in run.files:
        file.wall_s = 0.2
        file.times.windows = len(rows) + len(beyond)
        file.times.figures, file.times.beyond = list(rows), list(beyond)
        file.times.saturated = len(beyond)
        file.times.rising = False
    return run


def told(run: RunRecord) -> str:
    (sentence,) = impossible_times(run)
    return sentence


RIGHT = [window(70_000 + at, 9000, 1_200_000 + 7 * at) for at in range(8)]


def test_right_times_are_possible(record: Make) -> None:
    assert impossible_times(run_of(record, RIGHT)) == []
    assert impossible_times(run_of(record, [])) == []


def test_eight_windows_are_no_chance(record: Make) -> None:
    for rows, beyond in (
        ([window(0, 0, 0)] * 8, []),
        ([window(70_000, 9000, 0, 1_270_000)] * 8, []),
        ([], [window(70_000, 9000, MOST, 1_270_000)] * 8),
    ):
        assert len(impossible_times(run_of(record, rows, beyond, 1))) == 1
        assert impossible_times(run_of(record, rows[1:], beyond[1:], 1)) == []


def test_all_times_are_nothing(record: Make) -> None:
    run = run_of(record, [window(0, 0, 0)] * 8)
    assert told(run).startswith(
        "all times of 16 windows are 0: ticks are divided by the clock's rate before they"
    )
    assert find_stage_times(run).reasons[0] == told(run)
    run.probes = [Probe(0.01, 0.0, 5, 5)]
    assert impossible_times(run) == []
    assert impossible_times(run_of(record, [window(0, 0, 0)] * 3)) == []
    assert impossible_times(run_of(record, [window(0, 0, 0)] * 7 + [window(0, 1, 0)])) == []
    assert impossible_times(run_of(record, [window(0, 0, 0)] * 8, [window(0, 0, MOST)])) == []


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [window(0, 9000, 1_200_000, 1_270_000 + at) for at in range(8)],
            "the front end's time is told as 0 in each of 16 windows, and the two others leave 70,000 to 70,007 ns",
        ),
        (
            [window(70_000, 9000, 0, 1_270_000)] * 8,
            "the inference's time is told as 0 in each of 16 windows, and the two others leave 1,200,000 to 1,200,000 ",
        ),
        (
            [window(70_000, 9000, 1_200_000, 0)] * 8,
            "the total is told as 0 in each of 16 windows, and the two others leave 1,270,000 to 1,270,000 ns",
        ),
    ],
)
def test_one_time_is_nothing(record: Make, rows: list[WindowFigures], sentence: str) -> None:
    run = run_of(record, rows)
    assert told(run).startswith(sentence)
    # what follows from it is not told as something else
    assert find_stage_times(run).reasons[0] == told(run)
    assert not any("one column" in text or "other time" in text for text in find_stage_times(run).reasons)
    assert impossible_times(run_of(record, [*rows, RIGHT[0]])) == []
    assert impossible_times(run_of(record, rows[:3])) == []


def test_a_time_that_the_others_leave_nothing_for_may_be_nothing(record: Make) -> None:
    assert impossible_times(run_of(record, [window(70_000, 9000, 0, 70_000)] * 8)) == []
    assert "leave 1 to 1 ns for it" in told(run_of(record, [window(70_000, 9000, 0, 70_001)] * 8))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            window(70_000, 9000, MOST, 1_270_000),
            "the inference's time is told as 4.29 s, the most that 32 bits of nanoseconds hold, in each of 16 windows, "
            "and by the two others it is 1,200,000 to 1,200,000 ns: it alone is made into nanoseconds otherwise",
        ),
        (window(MOST, 9000, 1_200_000, 1_270_000), "the front end's time is told as 4.29 s"),
        (window(70_000, 9000, 1_200_000, MOST), "the total is told as 4.29 s"),
        (
            window(MOST, MOST, 1_200_000, MOST),
            "the front end's time is told as 4.29 s, the most that 32 bits of nanoseconds hold, in each of 16 windows, "
            "and so its total, but no inference's is",
        ),
    ],
)
def test_a_time_is_more_than_its_field_holds_in_each_window(
    record: Make, row: WindowFigures, sentence: str
) -> None:
    run = run_of(record, [], [row] * 8)
    assert told(run).startswith(sentence)
    assert find_stage_times(run).reasons == (told(run),)
    assert not any("goes back" in text for text in find_host_clock(run).reasons)
    for other in (
        run_of(record, [], [row] * 3),
        run_of(record, [], [row] * 7 + [RIGHT[0]._replace(slowest=MOST)]),
        run_of(record, [], [window(MOST, MOST, MOST, MOST)] * 8),
    ):
        assert impossible_times(other) == []
    assert any("goes back" in text for text in find_host_clock(other).reasons)


def test_a_reading_goes_round_now_and_then(record: Make) -> None:
    down = readings(700_000_000, -12_000_000, 14)
    run = run_of(record, down)
    run.files[1].times.figures = down[:7] + readings(4_000_000_000, -12_000_000)
    assert "and falls from window to window" in told(run) and "in 2 files" in told(run)
    run.files[1].times.figures = down[:5] + readings(4_000_000_000, -12_000_000, 5)
    assert impossible_times(run) == []


def readings(first: int, step: int, count: int = 7) -> list[WindowFigures]:
    rows, before = [], 0
    for at in range(count):
        inference = first + at * step
        rows.append(window(70_000, 9000, inference)._replace(inference_before=before))
        before = inference
    return rows


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            30_000_000,
            "it is what the clock reads at its end, and what it read at its beginning is not taken off",
        ),
        (
            -30_000_000,
            "what the clock read at its beginning is taken off what another clock reads at its end",
        ),
    ],
)
def test_an_inferences_time_is_a_reading_of_the_clock(record: Make, step: int, words: str) -> None:
    rows = readings(2_000_000_000, step)
    run = run_of(record, rows)
    assert words in told(run) and "from window to window by 0.90 to 0.90 of what passes, in 2" in told(run)
    assert not any("sent window" in text for text in find_host_clock(run).reasons)
    assert "by 0.26 to 0.26 of what passes" in told(run_of(record, readings(2_000_000_000, step * 13 // 45)))
    for other in (
        run_of(record, readings(2_000_000_000, step * 4 // 15)),  # less than a quarter of what passed
        run_of(record, readings(2_000_000_000, 2 * step)),
        run_of(record, readings(350_000_000, -30_000_000, 6)),  # at last as much as passed
        run_of(record, readings(2_000_000_000, step, 5)),
        run_of(
            record, readings(590_000_000 if step > 0 else 190_000_000, step)
        ),  # so much may be a sum, or a time
        run_of(record, rows, files=1),
        run_of(record, [*rows[:3], rows[3]._replace(inference_before=rows[3].inference), *rows[4:]]),
    ):
        assert impossible_times(other) == []


@pytest.mark.parametrize("step", [12_500_000, -12_500_000])
def test_five_steps_of_a_quarter_of_what_passed_are_enough(record: Make, step: int) -> None:
    run = run_of(record, readings(2_000_000_000, step, 6))
    for file in run.files:
        file.wall_s = 0.25
    assert "by 0.25 to 0.25 of what passes, in 2 files" in told(run)


@pytest.mark.parametrize(("short", "reading"), [(0, False), (1, True)])
def test_a_reading_changes_from_each_window_to_the_next(record: Make, short: int, reading: bool) -> None:
    rows = readings(2_000_000_000, 30_000_000, 4)
    rows += readings(rows[-1].inference + short, 30_000_000, 4)
    rows[4] = rows[4]._replace(inference_before=rows[3].inference)
    assert bool(impossible_times(run_of(record, rows))) == reading


@pytest.mark.parametrize(
    ("ticks", "most_s", "hz", "after"),
    [
        (2**32 - 10**9, 0.002, GIGA, 10**9),
        (10**9, 7.0, GIGA, None),  # no longer than it takes
        (2**32 - 10**9 + 1_000_000, 0.002, GIGA, 10**9),
        (2**32 - 2**30 + 1_000_000, 0.002, GIGA, 2**30),
        (2**32 - 10**3 + 5, 1e-8, GIGA, 10**3),
        (2**32 - 2**8 + 5, 1e-8, GIGA, 2**8),
        (2**32 - 10**9 + 1_000_000, 0.1, GIGA, None),  # 10 ** 9 or 2 ** 30
        (2**32 - 10**9 + 3_000_000, 0.002, GIGA, None),
        (2**32 - 3 * 10**9, 0.002, GIGA, None),
        (2**32 - 1, 0.002, GIGA, None),
        (2_000_000, 0.001, GIGA, None),
    ],
)
def test_after_how_many_ticks_a_clock_begins_anew(
    ticks: int, most_s: float, hz: int, after: int | None
) -> None:
    words = goes_round(ticks * GIGA // hz, most_s, hz)
    assert words.startswith(f": as if the clock began anew after {after:,} ticks") if after else not words


def test_a_clock_that_begins_anew_is_told_of_windows_and_of_what_is_sent(record: Make) -> None:
    long_ns = 2**32 - 10**9 + 1_200_000
    anew = "as if the clock began anew after 1,000,000,000 ticks, which are 1 s"
    run = run_of(record, [*RIGHT, window(70_000, 9000, long_ns)])
    run.files[0].times.total_ns = long_ns
    (reason,) = [text for text in find_host_clock(run).reasons if "windows are said to take" in text]
    assert anew in reason
    for beyond, told in ((2_390_000, True), (2_430_000, False)):  # twice what most windows take
        run.files[0].times.figures[-1] = window(70_000, 9000, 2**32 - 10**9 + beyond)
        assert any(anew in text for text in find_host_clock(run).reasons) == told
    few = [window(70_000, 9000, inference) for inference in (400_000,) * 3 + (1_200_000,) * 4]
    run.files[0].times.figures = [*few, window(70_000, 9000, 2**32 - 10**9 + 2_390_000)]
    assert any(anew in text for text in find_host_clock(run).reasons), "most, not a third of them"
    sent: dict[str, Any] = {"probes": [Probe(0.002, 0.0005, 1_200_000, 1_200_000)] * 8}
    for name, value in sent.items():
        setattr(run, name, value)
    run.files[0].times.total_ns = 0
    assert not any("came back" in text for text in find_host_clock(run).reasons)
    run.further_probes = [Probe(0.0021, 0.0, 1_300_000), Probe(0.002, 0.0, long_ns)]
    (reason,) = [text for text in find_host_clock(run).reasons if "came back" in text]
    assert anew in reason


def test_windows_that_take_no_longer_than_their_file_tell_nothing_of_a_clock(record: Make) -> None:
    run = run_of(record, RIGHT, files=3)
    run.files[0].times.figures = []
    run.files[1].wall_s = 3.0
    run.files[1].times.figures = [*RIGHT, window(70_000, 9000, 3_000_000_000)]
    assert goes_round_in_windows(run) == ""
    run.files[2].times.figures = [*RIGHT, window(70_000, 9000, 2**32 - 10**9 + 1_200_000)]
    assert "after 1,000,000,000 ticks" in goes_round_in_windows(run), (
        "what the other files' are hides nothing"
    )
