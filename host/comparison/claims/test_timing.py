"""Claims about times, on records made by hand."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ...link import messages as m
from ..record import Probe, RunRecord
from ..window_times import CLAIM
from .conftest import Make, broken, held, unexamined, with_info
from .finding import Finding, Status
from .timing import find_host_clock, find_stage_times, is_emulated, may_be_emulated
from .values import (
    NO_FILE,
)

# ---- times


def timed(
    run: RunRecord, windows: int = 9, column_ns: float = 2000.0, first: float | None = None, columns: int = 49
) -> RunRecord:
    """One file whose windows after the first cover 12 columns; `first` is the first window's time a column."""
    (file,) = run.files
    times = file.times
    times.windows, times.total_ns = windows, 1_500_000_000
    times.first_column_ns, times.first_columns = column_ns if first is None else first, columns
    if windows > 1:
        times.least_column_ns, times.later_columns = column_ns, 12
    times.least_frontend_ns = min(column_ns, times.first_column_ns)
    file.wall_s = 3.0
    return run


def test_stage_times(record: Make) -> None:
    assert find_stage_times(record()) == unexamined(NO_FILE)
    run = record(1)
    assert find_stage_times(run) == unexamined("no window came whose times could be looked at")
    run.files[0].times.windows = run.files[0].times.saturated = 3
    assert find_stage_times(run) == unexamined("no window came whose times could be looked at")
    run.files[0].times.saturated = 2
    assert find_stage_times(run) == held("3 windows")
    timed(run, 1009)
    grown = "front end 2,000 ns a column over 49 columns, 2,000 ns over 12"
    assert find_stage_times(run) == held(f"1,009 windows, {grown}, least front end 2,000 ns a column")
    run.files[0].faults.add(CLAIM, "cannot be")
    assert find_stage_times(run).reasons == ("0.wav: cannot be",)


def test_files_are_looked_at_together(record: Make) -> None:
    """The slowest first window and the quickest of the others: both err to the board's favour."""
    run = record(3)
    one, other, third = run.files
    for file, first, least in ((one, 1000.0, 2000.0), (other, 1500.0, 2500.0), (third, 1000.0, 2500.0)):
        file.times.windows, file.times.first_columns, file.times.later_columns = 9, 49, 12
        file.times.first_column_ns, file.times.least_column_ns = first, least
        file.times.least_frontend_ns = 1300.0
    assert find_stage_times(run).status == Status.HELD
    other.times.first_column_ns = 1390.0
    assert find_stage_times(run).status == Status.BROKEN
    other.times.first_column_ns = other.times.least_column_ns = other.times.least_frontend_ns = None
    one.times.first_column_ns = third.times.first_column_ns = 999.0
    assert find_stage_times(run).status == Status.BROKEN


def test_no_processor_is_quicker(record: Make) -> None:
    """1024 points: 5,120 multiplications, 4 a nanosecond on a computer, half a one in a cycle of a chip."""
    run = timed(record(1), column_ns=1280.0)
    assert run.bundle.settings.fft == 1024
    assert find_stage_times(run).status == Status.HELD
    timed(run, column_ns=1279.0)
    reason = "least front end {:,} ns a column, and an FFT of 1024 points alone takes {:,} ns"
    assert find_stage_times(run).reasons == (reason.format(1279, 1280),)
    chip = timed(record(1, board="esp32"), column_ns=42_666.0)
    with_info(chip, capabilities=m.Capability.INFERENCE, clock_hz=240_000_000)
    assert find_stage_times(chip).reasons == (reason.format(42_666, 42_667),)
    assert find_stage_times(timed(chip, column_ns=42_667.0)).status == Status.HELD
    says = {"capabilities": m.Capability.VIRTUAL_TIME, "clock_hz": 1_000_000}
    quick = with_info(timed(record(1, board="esp32"), column_ns=1280.0), **says)
    assert find_stage_times(quick).status == Status.HELD
    slow = with_info(timed(record(1)), capabilities=0, clock_hz=1_000_000)
    assert find_stage_times(slow).status == Status.HELD


def test_an_emulator_is_one_by_its_kind_or_its_word(record: Make) -> None:
    says = {"capabilities": m.Capability.EMULATED}
    for board, word, emulated, may in (
        ("virtual", False, False, False),
        ("virtual", True, True, False),
        ("serial", False, False, False),
        ("serial", True, True, True),
        ("qemu", False, True, True),
        ("esp32", True, True, False),
    ):
        run = timed(record(1, board=board))
        with_info(run, **(says if word else {"capabilities": m.Capability(0)}))
        assert (is_emulated(run), may_be_emulated(run)) == (emulated, may), (board, word)
        if emulated:
            for find in (find_stage_times, find_host_clock):
                assert find(run) == unexamined("an emulator's times are not a board's")


CLOCK = "1.500 s reported in {:.3f} s of streaming"


def test_the_windows_total_and_the_time_that_passed(record: Make) -> None:
    assert find_host_clock(record()) == unexamined(NO_FILE)
    run = timed(record(1))
    assert find_host_clock(run) == held(CLOCK.format(3.0))
    run.files[0].wall_s = 0.75
    assert find_host_clock(run) == held(CLOCK.format(0.75))
    run.files[0].wall_s = 0.7499
    assert find_host_clock(run) == broken(
        CLOCK.format(0.7499), "the windows are said to take 1.5 s, and 0.7 s passed"
    )
    run.files[0].wall_s = 0.0
    assert find_host_clock(run) == held("")


TRIP = CLOCK.format(3.0) + ", an inference's round trip {:.3f} ms, reported {:.3f} ms"


def test_a_single_inference_and_its_round_trip(record: Make) -> None:
    run = timed(record(1))
    run.inference = False
    # One echo is quicker than its line: their median counts.
    quick, slow = Probe(0.0101, 0.0015, 2_000_000), Probe(0.012, 0.0025, 1_990_000)
    run.probes = [slow, quick]
    assert find_host_clock(run) == held(TRIP.format(10.1, 2.0))  # 10.1 - 2.0 - 0.1 ms are 4 x 2.0
    run.probes = [slow, replace(quick, reported_ns=1_999_000)]
    assert find_host_clock(run) == broken(
        TRIP.format(10.1, 1.999), "an inference takes at least 8.000 ms, reported are 1.999 ms"
    )
    run.probes = [replace(slow, reported_ns=13_200_000), replace(quick, reported_ns=11_100_000)]
    assert find_host_clock(run).status == Status.HELD  # each within its own trip, and a tenth to spare
    run.probes = [replace(slow, reported_ns=13_200_000), replace(quick, reported_ns=11_120_000)]
    assert find_host_clock(run) == broken(
        TRIP.format(10.1, 13.2), "an inference came back after 10.100 ms, and is said to have taken 11.120 ms"
    )
    run.probes = [replace(slow, reported_ns=13_201_000), replace(quick, reported_ns=11_100_000)]
    assert find_host_clock(run).reasons == (
        "an inference came back after 12.000 ms, and is said to have taken 13.201 ms",
    )


@pytest.mark.parametrize(
    ("told_ms", "clock"),
    [
        ((3900, 3910, 3920), True),
        ((3900, 3909, 3919), True),  # 19 ms of 20, by a clock that differs by a tenth at most
        ((3900, 3909, 3918), False),
        ((3900, 3930, 3939), True),
        ((3900, 3930, 3940), False),  # more than a hundredth
        ((3900, 3920), False),
        ((3900, 3910, 3910, 3930), False),
        ((3920, 3910, 3900), False),
    ],
)
def test_single_inferences_that_are_told_as_the_clock(
    record: Make, told_ms: tuple[int, ...], clock: bool
) -> None:
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(0.01, 0.0015, each * 1_000_000) for each in told_ms]
    (reason,) = find_host_clock(run).reasons
    assert reason.startswith("an inference came back after 10.000 ms, and is said to have taken")
    assert ("from one to the next it rises by what passed between them" in reason) is clock


def test_the_first_inference_behind_a_window_without_one(record: Make) -> None:
    """A time that is told one window late is that of a window in which the model did not run."""
    run = timed(record(1))
    assert find_stage_times(run).status == Status.HELD  # not asked
    run.files[0].times.least_inference_ns = 90_000
    run.probes = [Probe(0.01, 0.002, 60_000), Probe(0.01, 0.002, 70_000)]
    for first, wrong in ((2_000, False), (1_999, True), (0, True), (10_000_000, False)):
        run.first_inference_ns = first
        assert (find_stage_times(run).status == Status.BROKEN) == wrong, first
    run.first_inference_ns = 50
    assert find_stage_times(run).reasons == (
        "the first inference behind a window without one is said to take 50 ns, all others at least 60,000 ns: "
        "it is the time of the window before",
    )
    run.second_inference_ns = 2_000
    assert find_stage_times(run).reasons[0].endswith(": it is the time of the window before")
    run.second_inference_ns = 1_999
    assert (
        find_stage_times(run)
        .reasons[0]
        .endswith(": it is the least time of all windows so far, or stands still")
    )
    run.probes = []
    run.first_inference_ns = 2_999
    assert "at least 90,000 ns" in find_stage_times(run).reasons[0]
    run.first_inference_ns = 3_000
    assert find_stage_times(run).status == Status.HELD
    run.files[0].times.least_inference_ns, run.first_inference_ns = None, 0
    assert find_stage_times(run).status == Status.HELD  # nothing to hold it against


def test_a_window_without_the_model_has_no_inference_to_speak_of(record: Make) -> None:
    """An inference's time that counts the front end's too is as long as that where no inference was."""
    run = timed(record(1))
    for inference, wrong in ((0, False), (399, False), (400, True), (401, True)):
        run.bare_window = m.WindowResult(frontend_ns=400, inference_ns=inference)
        assert (find_stage_times(run).status == Status.BROKEN) == wrong, inference
    assert find_stage_times(run).reasons == (
        "a window in which the model did not run is said to take 401 ns of inference and 400 ns of front end: an "
        "inference's time counts other work too",
    )
    for inference, beyond in ((150_000, "0 ns"), (157_500, "7,500 ns"), (157_501, None)):
        run.bare_window = m.WindowResult(frontend_ns=150_000, inference_ns=inference)
        (told,) = find_stage_times(run).reasons
        counted = f": that is the front end's and {beyond}, as if the front end's time were counted in an inference's;"
        assert (counted in told) if beyond else told.endswith("counts other work too")
    run.bare_window = m.WindowResult(frontend_ns=19_999, inference_ns=20_000)
    assert find_stage_times(run).reasons[0].endswith("counts other work too"), (
        "two short times are alike by chance"
    )
    run.bare_window = m.WindowResult(frontend_ns=400, inference_ns=40_000)
    assert find_stage_times(run).reasons[0].endswith("what is told is no time that the window took")
    for inference, wrong in ((199, False), (200, True)):  # what two looks at a clock take is no other work
        run.bare_window = m.WindowResult(frontend_ns=1, inference_ns=inference)
        assert (find_stage_times(run).status == Status.BROKEN) == wrong, inference
    run.bare_window = m.WindowResult()
    assert find_stage_times(run).status == Status.HELD  # a front end without a time is another fault


@pytest.mark.parametrize(
    ("windows", "rises", "fell", "files", "wrong"),
    [
        (13, 2, False, 2, True),
        (12, 3, False, 2, False),
        (13, 1, False, 2, False),
        (90, 40, True, 2, False),
        (90, 40, False, 1, False),
    ],
)
def test_inferences_that_never_get_shorter(
    record: Make, windows: int, rises: int, fell: bool, files: int, wrong: bool
) -> None:
    run = record(2)
    for file in run.files:
        file.times.windows, file.times.rising, file.wall_s = windows, False, 3.0
    for file in run.files[:files]:
        file.times.rises, file.times.fell = rises, fell
    told = find_stage_times(run).reasons
    assert told == (
        (
            "no inference is said to take less time than the one before it, in 2 files: it is the largest so far",
        )
        if wrong
        else ()
    )


def test_a_model_that_remembers_takes_as_long_as_its_round_trip_too(record: Make) -> None:
    run = timed(record(1))
    run.inference = False
    run.bundle = replace(run.bundle, model=replace(run.bundle.model, ops=("CALL_ONCE", "VAR_HANDLE")))
    assert run.bundle.model.stateful
    run.probes = [Probe(0.0101, 0.002, 1_999_000)]
    assert find_host_clock(run).reasons == ("an inference takes at least 8.000 ms, reported are 1.999 ms",)


def told_inferences(
    run: RunRecord,
    windows: int,
    window_ns: int,
    probes: int,
    probe_ns: int,
    others: float = 10,
    other_windows: float = 10,
) -> Finding:
    """The least of each are as given; others take so many times as long."""
    (file,) = run.files
    file.latencies = type(file.latencies)()
    for number in range(windows):
        took = window_ns if number == windows // 2 else round(other_windows * window_ns)
        file.latencies.add(1, 1, took, took)
    run.probes = [
        Probe(1.0, 1.0, probe_ns if number == probes // 2 else round(others * probe_ns))
        for number in range(probes)
    ]
    return find_host_clock(run)


@pytest.mark.parametrize(("windows", "probes"), [(8, 8), (20, 12)])
def test_windows_and_single_inferences_take_the_same(record: Make, windows: int, probes: int) -> None:
    run = timed(record(1))
    for window_ns, others, more in (
        (250_000, 2, 2),
        (134_000, 2.1, 2),
        (
            25_000,
            2,
            10,
        ),  # where most windows were delayed, a burst may have been as much as the worst of them
        (13_400, 2.1, 10),
        (16_000_000, 2, 2),
        (400_000_000, 3.4, 2.1),
        (400_000_000, 2, 2.1),  # where most windows, or most probes, were delayed, all may have been
        (120_000_000, 2.1, 2),
    ):
        assert told_inferences(run, windows, window_ns, probes, 4_000_000, others, more).status == Status.HELD
    for window_ns, others, more in (
        (249_000, 2, 2),
        (133_000, 2.1, 2),
        (24_900, 2, 10),
        (13_300, 2.1, 10),
        (16_001_000, 2, 2),
        (400_001_000, 3.4, 2.1),
        (120_001_000, 2.1, 2),
    ):
        assert told_inferences(run, windows, window_ns, probes, 4_000_000, others, more).reasons == (
            f"an inference takes {window_ns / 1e6:.6f} ms at least in a window, and 4.000000 ms by itself",
        )
    run.inference = False
    assert told_inferences(run, windows, 133_000, probes, 4_000_000).status == Status.HELD


@pytest.mark.parametrize(("windows", "probes"), [(7, 8), (8, 7)])
def test_of_few_inferences_only_another_unit_shows(record: Make, windows: int, probes: int) -> None:
    run = timed(record(1))
    for window_ns in (10_000, 100_000_000):  # the slowest of them is 10 times that
        assert told_inferences(run, windows, window_ns, probes, 3_000_000).status == Status.HELD
    assert told_inferences(run, windows, 9_990, probes, 3_000_000).reasons == (
        "the slowest window reports 0.099900 ms of inference, the quickest single one 3.000 ms",
    )
    assert told_inferences(run, 0, 1, probes, 3_000_000).status == Status.HELD


def test_a_front_end_whose_time_is_not_set_back_shows_in_two_long_files(record: Make) -> None:
    for files, windows, saturated, wrong in (
        (2, 13, 0, True),
        (3, 13, 0, True),
        (2, 12, 0, False),
        (2, 14, 2, False),
        (2, 15, 2, True),
        (1, 99, 0, False),
    ):
        run = record(files)
        for file in run.files:
            file.times.windows, file.times.saturated, file.times.rising = windows, saturated, True
        reasons = find_stage_times(run).reasons
        assert [f"in {files} files" in reason for reason in reasons] == [True] * wrong, (
            files,
            windows,
            saturated,
        )


def test_no_time_is_shorter_than_a_tick(record: Make) -> None:
    run = with_info(timed(record(1)), clock_hz=1000)
    for least, wrong in ((250_000, False), (249_999, True), (0, False), (None, False)):
        run.files[0].times.least_inference_ns = least
        assert (find_stage_times(run).status == Status.BROKEN) is wrong, least
    run.files[0].times.least_inference_ns = 249_999
    assert find_stage_times(run).reasons == (
        "INFO says that the clock ticks 1,000 times a second, and a window reports 249,999 ns",
    )


def test_what_lies_on_a_limit_is_right(record: Make) -> None:
    assert find_stage_times(timed(record(1), first=1400.0)).status == Status.HELD
    run = timed(record(1), column_ns=0.1)
    run.bundle = replace(run.bundle, settings=cast(Any, SimpleNamespace(fft=0)))
    assert find_stage_times(run).status == Status.HELD, (
        "a front end without an FFT may be as quick as it likes"
    )
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(1.0, 1.0, 1_100_000_000)]
    assert find_host_clock(run).status == Status.HELD


def test_the_quickest_of_few_windows_and_the_slowest_single_inference(record: Make) -> None:
    run = timed(record(1))
    assert told_inferences(run, 7, 30_000_000, 8, 1_000_000, 1, 1).status == Status.HELD
    assert told_inferences(run, 7, 30_001_000, 8, 1_000_000, 1, 1).reasons == (
        "the quickest window reports 30.001 ms of inference, the slowest single one 1.000000 ms: the inference is left "
        "out of a sent window's time, and so little is what lies around it",
    )


@pytest.mark.parametrize(
    ("rises", "wrong"), [((2, 2), True), ((1, 3), True), ((1, 2), False), ((1, 1), False), ((3, 0), False)]
)
def test_two_rises_beyond_the_first_of_each_file_are_no_chance(
    record: Make, rises: tuple[int, int], wrong: bool
) -> None:
    run = record(2)
    for file, count in zip(run.files, rises, strict=True):
        file.times.windows, file.times.rising, file.wall_s = 13, False, 3.0
        file.times.rises, file.times.fell = count, False
    assert bool(find_stage_times(run).reasons) == wrong


@pytest.mark.parametrize(("windows", "saturated", "wrong"), [(15, 2, True), (14, 2, False), (13, 0, True)])
def test_inferences_of_windows_that_were_told_in_full_count(
    record: Make, windows: int, saturated: int, wrong: bool
) -> None:
    run = record(2)
    for file in run.files:
        file.times.windows, file.times.saturated, file.times.rising = windows, saturated, False
        file.times.rises, file.wall_s = 9, 3.0
    assert bool(find_stage_times(run).reasons) == wrong


@pytest.mark.parametrize(
    ("most_ns", "hz", "told"),
    [(4096, 1 << 20, True), (1, 1 << 20, True), (4097, 1 << 20, False), (0, 1 << 20, False), (9, 0, False)],
)
def test_times_that_are_no_more_than_32_bits_hold(record: Make, most_ns: int, hz: int, told: bool) -> None:
    run = with_info(timed(record(1), column_ns=100.0), clock_hz=hz)
    run.files[0].times.most_ns = most_ns
    floor = next(reason for reason in find_stage_times(run).reasons if "points alone takes" in reason)
    words = (
        "ns: no time is more than 4.1e+03 ns, which is what 32 bits hold of ticks times a thousand million, divided by "
        "the clock's 1,048,576"
    )
    assert floor.endswith(words if told else "ns") and (":" in floor) == told


@pytest.mark.parametrize(
    ("windows", "understated", "share", "wrong"),
    [(8, 1, 1.001, True), (7, 1, 1.0, False), (8, 0, 1.0, False), (8, 1, 1.0011, False)],
)
def test_a_slowest_column_that_is_never_above_the_mean(
    record: Make, windows: int, understated: int, share: float, wrong: bool
) -> None:
    run = timed(record(1))
    times = run.files[0].times
    times.windows, times.understated, times.most_share = windows, understated, share
    told = any(
        "is above the mean of all in none of 8 windows" in text for text in find_stage_times(run).reasons
    )
    assert told == wrong


def test_beside_a_front_end_that_takes_too_long_nothing_is_said_of_its_slowest_column(record: Make) -> None:
    run = timed(record(1))
    times = run.files[0].times
    times.windows, times.understated, times.most_share, times.shorter = 8, 1, 1.0, 1
    assert not any("slowest column" in text for text in find_stage_times(run).reasons)


def test_a_window_sent_by_itself_takes_what_its_inference_takes(record: Make) -> None:
    run = timed(record(1))
    for total, wrong in (
        (None, ""),
        (5_002_000, ""),
        (0, ": it is 0 in each, as where it is not set, or another time is told that is none of this window"),
        (5_000, ": it is told in another unit"),
    ):
        run.probes = [Probe(0.01, 0.0, 5_000_000, total)] * 2
        told = find_stage_times(run).reasons
        assert bool(told) == bool(wrong) and all(wrong in text for text in told), total
    run.probes = [Probe(0.01, 0.0, 5_000_000, 5_002_001), Probe(0.01, 0.0, 5_000_000, 5_000_000)]
    assert find_stage_times(run).reasons == (
        "1 of 2 windows sent by themselves are said to take another time than their inference, first 5,002,001 ns, "
        "and the inference 5,000,000 ns",
    )


def test_a_time_that_rises_in_every_window_is_a_sum(record: Make) -> None:
    run = record(2)
    for file in run.files:
        file.times.windows, file.times.rising, file.wall_s, file.times.rises = 14, False, 3.0, 13
    (told,) = find_stage_times(run).reasons
    assert told.endswith("in 2 files: it is a sum, which is not set back")
    run.files[0].times.rises = 12
    (told,) = find_stage_times(run).reasons
    assert told.endswith("in 2 files: it is the largest so far")


def test_of_sent_windows_the_time_is_wrong_that_does_not_fit_how_long_their_answers_took(
    record: Make,
) -> None:
    run = timed(record(1))
    for inference, total, told in (
        (0, 5_000_000, True),
        (12_000_000, 5_000_000, True),
        (4_000_000, 5_000_000, False),  # either may be
        (5_000_000, 0, False),
        (0, 11_000_001, False),  # neither
        (0, 333_000, False),
    ):
        run.probes = [Probe(0.01, 0.0, inference, total)] * 8
        stage_times, host_clock = find_stage_times(run).reasons, find_host_clock(run).reasons
        assert any("which fits how long their answers took" in text for text in stage_times) == told, (
            inference
        )
        assert not told or not host_clock  # what follows from it is not told
        run.probes = run.probes[:7]
        assert not any("which fits" in text for text in find_stage_times(run).reasons)
