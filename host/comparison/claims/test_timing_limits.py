"""Claims about times: what is said beside a figure that cannot be, and from where on."""

from dataclasses import replace

import pytest

from ...link import messages as m
from ..cause import Cause
from ..record import Probe, RunRecord
from .conftest import Make, held
from .finding import Status
from .test_timing import timed, told_inferences
from .timing import find_host_clock, find_stage_times


@pytest.mark.parametrize(
    ("inference_ns", "told"),
    [(17_999, False), (18_000, True), (72_000, True), (72_001, False), (0, False), (None, False)],
)
def test_an_inference_that_is_counted_in_is_told_from_its_time(
    record: Make, inference_ns: int | None, told: bool
) -> None:
    """Twelve columns take 12 x 3,000 ns longer than as many of the first window."""
    run = timed(record(1), column_ns=5000.0, first=2000.0)
    run.files[0].times.least_inference_ns = inference_ns
    (reason,) = find_stage_times(run).reasons
    words = "5,000 ns over 12"
    more = "; 12 columns take about as much longer as an inference takes: it is counted in"
    assert reason.endswith(words + more if told else words)


@pytest.mark.parametrize(
    ("told_ns", "most"), [(4_294_967_295, True), (4_294_967_294, False), (4_294_967_296, False)]
)
def test_the_most_that_can_be_told_is_no_time(record: Make, told_ns: int, most: bool) -> None:
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(2.0, 0.1, told_ns)]
    (reason,) = find_host_clock(run).reasons
    assert reason.startswith(
        "an inference came back after 2000.000 ms, and is said to have taken 4294.967 ms"
    )
    assert reason.endswith("it has fewer bits than it is taken for, or goes back" if most else " ms")


@pytest.mark.parametrize(
    ("windows_ns", "single_ns", "words"),
    [
        (
            [108, 40, 41, 42, 43, 44, 45, 46],
            487_000,
            " ms by itself: {out}, and so little is what lies around it",
        ),
        ([500] * 8, 487_000, " ms by itself: a window's inference is told in microseconds, or {out}"),
        ([2_435] * 8, 487_000, " ms by itself"),  # two hundred times: so much a computer's load may do
        ([2_434] * 8, 487_000, " ms by itself: {out}, and so little is what lies around it"),
        ([62_500] * 8, 12_500_000, " ms by itself"),
        ([62_500] * 8, 187_500_000, " ms by itself: a window's inference is told in microseconds, or {out}"),
        ([62_500] * 8, 187_500_001, " ms by itself: {out}, and so little is what lies around it"),
        ([187_500] * 8, 62_500_000, " ms by itself: a window's inference is told in microseconds, or {out}"),
        ([187_501] * 8, 62_500_000, " ms by itself: {out}, and so little is what lies around it"),
    ],
)
def test_single_inferences_that_are_far_longer_tell_what_a_window_leaves_out(
    record: Make, windows_ns: list[int], single_ns: int, words: str
) -> None:
    run = timed(record(1))
    for took in windows_ns:
        run.files[0].latencies.add(0, 0, took, took)
    run.probes = [Probe(single_ns / 1e9 * 1.1, 0.0, single_ns)] * 8
    out = "the model's run is left out of a window's time (complete_window in firmware/core/detect/stream.c)"
    (told,) = (text for text in find_host_clock(run).reasons if text.startswith("an inference takes"))
    assert told.endswith(words.format(out=out)) and isinstance(told, Cause) == (out in told)


@pytest.mark.parametrize(("times", "still"), [(3, True), (2, False)])
def test_three_uptimes_that_are_the_same_are_a_clock_that_stands_still(
    record: Make, times: int, still: bool
) -> None:
    run = timed(record(1))
    run.uptime.host_s, run.uptime.device_s, run.uptime.times = 3.0, 0.0, times
    (reason,) = find_host_clock(run).reasons
    assert ("stands still" in reason) == still


@pytest.mark.parametrize(("inference_ns", "other_work"), [(39_999, True), (40_000, False)])
def test_other_work_takes_less_than_a_hundred_front_ends(
    record: Make, inference_ns: int, other_work: bool
) -> None:
    run = timed(record(1))
    run.bare_window = m.WindowResult(frontend_ns=400, inference_ns=inference_ns)
    (reason,) = find_stage_times(run).reasons
    assert reason.endswith("other work too" if other_work else "no time that the window took")


@pytest.mark.parametrize(("frontend_ns", "counted"), [(20_000, True), (19_999, False)])
def test_a_front_end_of_20_us_is_counted_in_an_inferences_time_by_no_chance(
    record: Make, frontend_ns: int, counted: bool
) -> None:
    run = timed(record(1))
    run.bare_window = m.WindowResult(frontend_ns=frontend_ns, inference_ns=frontend_ns + 999)
    (reason,) = find_stage_times(run).reasons
    assert (": that is the front end's and 999 ns, as if" in reason) == counted


@pytest.mark.parametrize(("total_ns", "fits"), [(500_000_000, True), (499_999_999, False)])
def test_a_thirtieth_of_the_round_trip_fits_it(record: Make, total_ns: int, fits: bool) -> None:
    run = timed(record(1))
    run.probes = [Probe(15.0, 0.0, 0, total_ns)] * 8
    found = find_stage_times(run).reasons
    assert any("which fits how long their answers took" in text for text in found) == fits


@pytest.mark.parametrize(("wall_s", "wrong"), [(4.3, False), (4.2, True)])
@pytest.mark.parametrize("others", [0, 7])
def test_a_time_that_does_not_fit_its_field_must_have_passed(
    record: Make, wall_s: float, wrong: bool, others: int
) -> None:
    run = timed(record(1), windows=2 + others)
    run.files[0].times.saturated, run.files[0].wall_s = 2, wall_s
    finding = find_host_clock(run)
    if not wrong:
        assert finding.status == (Status.HELD if others else Status.NOT_EXAMINED)
        return
    (reason,) = finding.reasons
    assert reason.startswith(
        "0.wav: 2 windows with a time of 4.29 s or more, and 4.2 s passed: that is the most that"
    )
    run.info = replace(run.info, capabilities=run.info.capabilities | m.Capability.EMULATED)
    assert find_host_clock(run).status == Status.NOT_EXAMINED


@pytest.mark.parametrize(
    ("host_s", "most_s", "device_s", "words"),
    [
        (0.5, 0.6, 2.44, None),  # 4 times 0.6 s, and 50 ms
        (0.5, 0.6, 2.46, ""),
        (0.5, 0.0, 2.46, None),  # it is not known
        (0.29, 0.3, 2.9, None),
        (0.5, 0.6, 5.0, "units of 0.1 ms"),
        (0.5, 0.6, 5.74, "units of 0.1 ms"),
        (0.5, 0.6, 5.76, ""),
        (0.5, 0.6, 4.4, "units of 0.1 ms"),
        (0.5, 0.6, 4.3, ""),
        (0.5, 0.6, 50.0, "units of 10 us"),
        (0.5, 0.6, 500.0, "microseconds"),
        (0.5, 0.6, 500_000.0, "nanoseconds"),
        (0.5, 0.6, 0.005, "units of 100 ms"),
        (9.0, 9.1, 0.9, "units of 10 ms"),
        (9.0, 9.1, 0.009, "seconds"),
    ],
)
def test_a_board_counts_no_more_time_than_passed_around_its_answers(
    record: Make, host_s: float, most_s: float, device_s: float, words: str | None
) -> None:
    run = timed(record(1))
    run.uptime.host_s, run.uptime.most_s, run.uptime.device_s = host_s, most_s, device_s
    (reason,) = find_host_clock(run).reasons or ("",)
    assert reason.startswith("the board's clock went ") == (words is not None)
    unit = reason.partition(": as if uptime_ms were told in ")[2].partition(", or the clock it is made of")[0]
    assert unit == (words or "")


def test_a_slow_clock_in_another_unit_is_told_as_that(record: Make) -> None:
    run = timed(record(1))
    run.uptime.host_s, run.uptime.most_s, run.uptime.device_s = 3.0, 3.1, 0.3
    run.uptime.between(0.07, 0.7)
    assert find_host_clock(run).reasons == (
        "the board's clock went 0.3 s in 3 s: as if uptime_ms were told in units of 10 ms, or the clock it is made of "
        "in a unit 10 times as long",
    )


LEFT_OUT = ": the inference is left out of a sent window's time, and so little is what lies around it"
EITHER = ": a sent window's time is told in microseconds, or leaves the inference out"


@pytest.mark.parametrize("windows", [20, 7])
@pytest.mark.parametrize(
    ("window_ns", "single_ns", "words"),
    [
        (600_000, 19_999, LEFT_OUT),
        (600_000, 20_000, ""),
        (600_000, 40, LEFT_OUT),
        (600_000, 199, LEFT_OUT),
        (600_000, 200, EITHER),
        (600_000, 1_799, EITHER),
        (600_000, 1_801, LEFT_OUT),
        (1_000_000, 3_000, EITHER),
        (3_000_000, 1_000, EITHER),
        (3_002_000, 1_000, LEFT_OUT),
    ],
)
def test_an_inference_that_is_left_out_of_a_sent_windows_time(
    record: Make, windows: int, window_ns: int, single_ns: int, words: str
) -> None:
    run = timed(record(1))
    reasons = told_inferences(run, windows, window_ns, 9, single_ns, 1, 1).reasons
    if windows == 20:
        window, single = f"{window_ns / 1e6:.6f} ms", f"{single_ns / 1e6:.6f} ms"
        assert reasons == (
            f"an inference takes {window} at least in a window, and {single} by itself{words}",
        )
    else:
        assert len(reasons) == bool(words) and all(reason.endswith(f" ms{words}") for reason in reasons)


def grown(record: Make, first: float, windows: int = 1009, streams: int = 3, columns: int = 49) -> RunRecord:
    """The same times in some streams."""
    run = timed(record(1), windows, column_ns=4000.0, first=first, columns=columns)
    run.files[0].times.rising = False
    run.files[:] = run.files * streams
    return run


def test_the_front_end_grows_with_its_columns(record: Make) -> None:
    assert find_stage_times(grown(record, 2801.0)).status == Status.HELD
    assert find_stage_times(grown(record, 2799.0)).reasons == (
        "the front end's time does not grow with its columns: front end 2,799 ns a column over 49 columns, "
        "4,000 ns over 12",
    )
    for columns, looked_at in ((23, False), (24, True)):  # at least twice as many
        run = grown(record, 2799.0, columns=columns)
        assert (find_stage_times(run).status == Status.BROKEN) is looked_at
    run.files[0].times.later_columns = 1  # a stride of one column
    assert find_stage_times(run).status == Status.BROKEN
    short = timed(record(1), 1, first=1399.0)  # one window: nothing to hold it against
    assert find_stage_times(short) == held("1 windows, least front end 1,399 ns a column")


@pytest.mark.parametrize("streams", [1, 2])
def test_behind_the_first_window_of_few_streams_a_computer_may_be_half_as_fast(
    record: Make, streams: int
) -> None:
    assert find_stage_times(grown(record, 2000.0, streams=streams)).status == Status.HELD
    assert find_stage_times(grown(record, 1999.0, streams=streams)).status == Status.BROKEN


@pytest.mark.parametrize(("windows", "looked_at"), [(8, False), (9, True)])
def test_eight_windows_besides_the_first_are_looked_at(record: Make, windows: int, looked_at: bool) -> None:
    run = grown(record, 1999.0, windows, streams=1)
    assert (find_stage_times(run).status == Status.BROKEN) is looked_at


@pytest.mark.parametrize(
    ("reported_ns", "about"),
    [
        (8_332, ""),  # 10 ms are 1,200.2 times as long
        (8_334, ": as if it were told in microseconds, or a tick taken for one of another clock"),
        (10_000, ": as if it were told in microseconds, or a tick taken for one of another clock"),
        (12_119, ": as if it were told in microseconds, or a tick taken for one of another clock"),
        (12_121, ""),
        (1_000_000, ""),  # a tenth may be a part
        (
            9,
            ": as if it were told in milliseconds, or a tick taken for one of another clock (or the inference is left",
        ),
    ],
)
def test_a_single_inferences_unit_is_told(record: Make, reported_ns: int, about: str) -> None:
    """Its round trip takes 10.1 ms, an echo's next to nothing: the inference takes 10 to 10.1."""
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(0.0101, 0.0, reported_ns)] * 3
    (reason,) = find_host_clock(run).reasons
    told = f"an inference takes at least 10.000 ms, reported are {reported_ns / 1e6:.3f} ms"
    assert reason.startswith(told + about) and (about or reason == told)


@pytest.mark.parametrize(
    ("trip_s", "echo_s", "reported_ns", "unit"),
    [
        (1.0, 0.1, 1_200_000, "microseconds"),
        (2.2001, 1.0, 1_000_000, "microseconds"),
        (1.0, 0.1, 1_200, "milliseconds"),
    ],
)
def test_a_unit_may_be_a_fifth_off(
    record: Make, trip_s: float, echo_s: float, reported_ns: int, unit: str
) -> None:
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(trip_s, echo_s, reported_ns)] * 3
    (reason,) = find_host_clock(run).reasons
    assert f": as if it were told in {unit}, or" in reason


@pytest.mark.parametrize(("reported_ns", "short"), [(999, True), (1000, False)])
def test_in_less_than_a_microsecond_nothing_but_the_clock_may_have_been_read(
    record: Make, reported_ns: int, short: bool
) -> None:
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(0.0011, 0.0, reported_ns)] * 3
    (reason,) = find_host_clock(run).reasons
    assert reason.endswith("(or the inference is left out of it)" if short else "for one of another clock")


@pytest.mark.parametrize(("less_s", "wrong"), [(0.0, False), (4e-10, True)])
def test_as_long_as_two_cores_may_work_is_no_time_too_long(record: Make, less_s: float, wrong: bool) -> None:
    run = timed(record(1))
    run.files[0].times.saturated = 1
    run.files[0].times.total_ns = 0
    run.files[0].wall_s = (4.294967295 - less_s) / 2
    assert bool(find_host_clock(run).reasons) == wrong


def test_a_time_that_is_told_in_too_small_a_unit(record: Make) -> None:
    run = timed(record(1))
    run.inference = False
    run.probes = [Probe(0.0021, 0.001, 1_500_000_000)] * 3
    (reason,) = find_host_clock(run).reasons
    assert reason.endswith(
        "1500.000 ms: as if it were told in picoseconds, or a tick taken for one of another clock"
    )


@pytest.mark.parametrize(
    ("windows_ns", "bare_ns", "single_ns", "told"),
    [
        ([170] * 20 + [12_000], 70, 164_000, True),
        ([280] * 20 + [12_000], 70, 164_000, True),
        ([281] * 20 + [12_000], 70, 164_000, False),
        ([170] * 20 + [12_000], 70, 5_100, False),
        ([170] * 20 + [12_000], 70, 5_101, True),
        ([170] * 7, 70, 164_000, False),
        ([170] * 8, 70, 164_000, True),
        ([4] * 20, 0, 164_000, True),
        ([5] * 20, 0, 164_000, False),
    ],
)
def test_windows_in_which_the_model_is_left_out_are_those_that_take_no_longer_than_without_it(
    record: Make, windows_ns: list[int], bare_ns: int, single_ns: int, told: bool
) -> None:
    """One that a busy computer delayed says nothing of the others."""
    run = timed(record(1))
    for took in windows_ns:
        run.files[0].latencies.add(0, 0, took, took)
    run.probes = [Probe(single_ns / 1e9 * 1.1, 0.0, single_ns)] * 8
    run.bare_window = m.WindowResult(inference_ns=bare_ns, frontend_ns=9_000)
    words = "ns of inference with the model and "
    assert any(words in text for text in find_host_clock(run).reasons) == told


@pytest.mark.parametrize(
    ("window_ns", "single_ns", "change", "wrong"),
    [
        (3_106_506, 265_389, {}, False),
        (3_106_506, 265_389, {"windows": 63}, False),
        (3_106_506, 265_389, {"windows": 64}, True),
        (3_106_506, 265_389, {"wall_s": 1.5}, False),
        (3_106_506, 265_389, {"wall_s": 1.49}, True),
        (3_106_506, 265_389, {"capabilities": ~m.Capability.VIRTUAL_TIME}, True),
        (1_250_000, 250_000, {}, False),  # one turn
        (1_249_000, 250_000, {}, True),
        (12_250_000, 250_000, {}, False),  # several
        (12_251_000, 250_000, {}, True),
        (10_000_000, 100_000, {}, False),
        (10_001_000, 100_000, {}, True),
    ],
)
def test_few_windows_may_each_have_waited_for_other_processes(
    record: Make, window_ns: int, single_ns: int, change: dict[str, float], wrong: bool
) -> None:
    run = timed(record(1), int(change.get("windows", 12)))
    assert run.info.capabilities & m.Capability.VIRTUAL_TIME
    run.files[0].wall_s = change.get("wall_s", 3.0)
    kept = run.info.capabilities & int(change.get("capabilities", -1))
    run.info = replace(run.info, capabilities=kept)
    found = told_inferences(run, 12, window_ns, 12, single_ns, 1.1, 1.1)
    assert bool(found.reasons) == wrong
    assert all(" at least in a window, and " in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("windows_ns", "bare_ns", "words"),
    [
        ([260] * 9, None, ": a window's inference is told in microseconds, or {out}"),
        ([260] * 9, 0, ": a window's inference is told in microseconds ({where})"),
        ([260] * 9, 64, ": a window's inference is told in microseconds ({where})"),
        ([167] * 9, 0, ": a window's inference is told in microseconds ({where})"),
        ([166] * 9, 0, ": a window's inference is told in microseconds, or {out}"),
        ([375] * 9, 0, ": a window's inference is told in microseconds ({where})"),
        ([376] * 9, 0, ": a window's inference is told in microseconds, or {out}"),
        ([30, *[240] * 8], 20, ": {out}"),
        ([81, *[240] * 8], 20, ": a window's inference is told in microseconds, or {out}"),
    ],
)
def test_a_window_without_the_model_tells_a_unit_from_what_is_left_out(
    record: Make, windows_ns: list[int], bare_ns: int | None, words: str
) -> None:
    run = timed(record(1))
    for took in windows_ns:
        run.files[0].latencies.add(0, 0, took, took)
    run.probes = [Probe(0.0003, 0.0, 250_000)] * 9
    run.bare_window = None if bare_ns is None else m.WindowResult(frontend_ns=400, inference_ns=bare_ns)
    out = "the model's run is left out of a window's time (complete_window in firmware/core/detect/stream.c)"
    where = "complete_window in firmware/core/detect/stream.c, send_window in firmware/core/session/results.c"
    (told,) = (text for text in find_host_clock(run).reasons if text.startswith("an inference takes"))
    assert told.endswith(" ms by itself" + words.format(out=out, where=where))


@pytest.mark.parametrize(
    ("probes_ns", "bare_ns", "exact"),
    [
        ([250] * 9, None, False),
        ([250] * 9, 0, True),
        ([250] * 9, 62, True),
        ([250] * 9, 63, False),
        ([252] * 9, 63, False),
        ([375] * 9, 0, True),
        ([376] * 9, 0, False),
        ([167, *[250] * 8], 0, True),
        ([166, *[250] * 8], 0, False),
    ],
)
def test_the_same_of_windows_that_are_sent(
    record: Make, probes_ns: list[int], bare_ns: int | None, exact: bool
) -> None:
    run = timed(record(1))
    run.probes = [Probe(0.0003, 0.0003, took) for took in probes_ns]
    for _ in range(9):
        run.files[0].latencies.add(0, 0, 250_000, 250_000)
    run.bare_window = None if bare_ns is None else m.WindowResult(frontend_ns=400, inference_ns=bare_ns)
    (told,) = (text for text in find_host_clock(run).reasons if text.startswith("an inference takes"))
    words = " (run in firmware/core/session/tensor.c)" if exact else ", or leaves the inference out"
    assert told.endswith(f": a sent window's time is told in microseconds{words}")
