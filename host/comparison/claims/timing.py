"""What the board says of its times can be true.

Limits hold least times against least times wherever that is possible, because load only ever lengthens a time: the
least of many is what the work takes. `tools/clean_runs.py --times` shows how far from the limits honest boards stay.
"""

import itertools
import math
import statistics

import numpy as np
from numpy.typing import NDArray

from ...link import messages as m
from ...printable import counted
from ..cause import Cause, with_cause
from ..record import Probe, RunRecord
from ..window_times import CLAIM, ROUNDING_NS
from ..wrong_number import how
from .finding import Finding, broken, judged, not_examined, shown
from .impossible_times import goes_round, goes_round_in_windows, impossible_times
from .other_times import MEAN, exactly_told, front_end_explained, other_times
from .slowest_column import far_above, far_below
from .uptime import find_uptime
from .values import NO_FILE
from .whole_units import whole_units

FACTOR = 4.0
BURST_FACTOR = 16.0  # single inferences come in one short burst, all of which a busy computer delays
UNLIKE = 2.0  # the longest, or the median, of inferences against the least
MOST_OTHER_WORK = 100  # times the front end's time
LEAST_COUNTED_NS = 20_000  # of a front end whose time an inference's is by no chance
MOST_BEYOND = 20  # so small a part of it two looks at a clock, and what lies between them, take
UNIT_FACTOR = 30.0  # between few figures that were taken at different times: load comes and goes
CROWDED_FACTOR = 100.0  # where windows are unlike: each may have waited for many processes
TURN_MS, TURNS_MS = (
    1.0,
    12.0,
)  # that an inference waits for another process's turn: one that is short, and several
SHORT_WINDOWS = 64  # so few windows come within a moment in which each may wait so
BUSY_FACTOR = 2.0  # of the time that passed: no board works longer, were front end and model on a core each
ALIKE = 2  # times that two figures are apart at most, to be called about as much
GROWTH = 0.7  # of what a column costs in later windows: what it costs in the first, at least
GROWTH_FEW = 0.5  # the same of few streams: a computer may become half as fast behind the first window of one
FEW_STREAMS = 3
CONTAINED = 1.1  # of a round trip: an inference lies within it, and clocks differ by less
SLACK_S = 1e-4  # of a round trip: what the request itself may take
LEAST_BARE_NS = 200  # of a time that says anything: reading a clock twice takes as much
LEAST_RISING = 3  # times, each above the one before it, for that to be no chance
MOST_RISE = 0.01  # of them all: of times in another unit the first ones are further apart
LEAST_WINDOWS = 8  # so that one of them was not disturbed
# Multiplications of an FFT that no processor does faster, in integer C without vectors, with all that a column takes
# besides. Measured: 0.07 a cycle on the ESP32's LX6, 0.5 a nanosecond on x86-64.
FLOOR_PER_CYCLE = 0.5
FLOOR_PER_NS = 4
U32 = 1 << 32
MUCH_LESS = (
    200  # times: no computer's load makes single inferences so much longer than most of those in windows
)
UNIT_NEAR = 3.0  # of the ratio of two times that were not taken at once
FIGURES, FIGURES_EXPLAINED = 3, 1  # sentences about single windows, also where another one explains them
# What a time that is called nanoseconds may be told in, by how many of these are one. Parts of what is timed are no
# thousandth of it; a tenth they may be.
TIME_UNITS = {1000: "microseconds", 1_000_000: "milliseconds", 0.001: "picoseconds"}
LEASTS_NEAR = 1.5  # the least time of many windows, and of many single inferences
UNIT_SPARE = 1.2  # times that were not taken at once
SHORT_NS = 1000  # of a time in which nothing but the clock may have been read
EMULATED = "an emulator's times are not a board's"


def is_emulated(run: RunRecord) -> bool:
    """Whether the board is an emulator, or says so."""
    return run.board == "qemu" or bool(run.info.capabilities & m.Capability.EMULATED)


def may_be_emulated(run: RunRecord) -> bool:
    """Whether the board's kind allows for an emulator: one that was named by its port alone may be anything."""
    return run.board == "qemu" or (run.board == "serial" and is_emulated(run))


def _unexamined(run: RunRecord) -> Finding | None:
    if is_emulated(run):
        return not_examined(EMULATED)
    if not any(file.times.windows > file.times.saturated for file in run.files):
        return not_examined("no window came whose times could be looked at" if run.files else NO_FILE)
    return None


NOTHING = ": it is 0 in each, as where it is not set, or another time is told that is none of this window"


def find_stage_times(run: RunRecord) -> Finding:
    """Front end, inference and total agree with each other, and the front end's time grows with its columns."""
    none = _unexamined(run)
    of_none = [] if is_emulated(run) else [Cause(text) for text in impossible_times(run)]
    if none is not None:
        return broken("", *of_none) if of_none else none
    windows = sum(file.times.windows for file in run.files)
    evidence = [f"{windows:,} windows"]
    growth, told = _growth(run)
    evidence.append(told)
    floor, told = _floor(run)
    evidence.append(told)
    # what is told of all windows besides follows from that
    of_all = [] if of_none else whole_units(run) + _least_told(run) + exactly_told(run)
    exact = of_none + [Cause(text) for text in of_all + _late(run) + _bare(run) + _of_sent(run)]
    # what follows from another figure in the place of the front end's says no more
    explained = front_end_explained(run) or whole_units(run) or of_none
    of_front_end = [] if explained else other_times(run) + growth + floor
    figures = shown(
        [f"{file.name}: {text}" for file in run.files for text in file.faults.told(CLAIM)],
        FIGURES_EXPLAINED if exact else FIGURES,
    )
    return judged(
        ", ".join(text for text in evidence if text), exact + of_front_end + _resolution(run) + figures
    )


def _least_told(run: RunRecord) -> list[str]:
    """A slowest column that is never above the mean is another one's time, where the front end's is right."""
    times = [file.times for file in run.files if file.times.windows]
    if any(each.shorter for each in times):
        return []
    windows = sum(each.windows for each in times)
    above = any(each.most_share > MEAN for each in times)
    if above or windows < LEAST_WINDOWS or not any(each.understated for each in times) or far_below(run):
        return []
    return [
        f"what is told as the slowest column is above the mean of all in none of {windows:,} windows: it is the least "
        "of them, or the mean"
    ]


def _late(run: RunRecord) -> list[str]:
    """Behind a window without the model, an inference takes as long as any other: its time is not that one's."""
    others = [f.times.least_inference_ns for f in run.files if f.times.least_inference_ns is not None]
    others += [probe.reported_ns for probe in run.probes]
    first = run.first_inference_ns
    if first is None or not others or first * UNIT_FACTOR >= min(others):
        return []
    second = run.second_inference_ns
    stays = second is not None and second * UNIT_FACTOR < min(others)
    return [
        f"the first inference behind a window without one is said to take {first:,} ns, all others at least "
        f"{min(others):,} ns: it is "
        + (
            "the least time of all windows so far, or stands still"
            if stays
            else "the time of the window before"
        )
    ]


def _bare(run: RunRecord) -> list[str]:
    """A window without the model has no inference that could take longer than its front end."""
    window = run.bare_window
    if (
        window is None
        or window.inference_ns < max(window.frontend_ns, LEAST_BARE_NS)
        or not window.frontend_ns
    ):
        return []
    return [
        f"a window in which the model did not run is said to take {window.inference_ns:,} ns of inference and "
        f"{window.frontend_ns:,} ns of front end: {_other_work(window)}"
    ]


def _other_work(window: m.WindowResult) -> str:
    """What an inference's time counts where no model ran."""
    beyond, front_end = window.inference_ns - window.frontend_ns, window.frontend_ns
    if front_end >= LEAST_COUNTED_NS and beyond * MOST_BEYOND <= front_end:
        return (
            f"that is the front end's and {beyond:,} ns, as if the front end's time were counted in an inference's; "
            "look at what sets it, and at whether it is told in the place of the total's (complete_window in "
            "firmware/core/detect/stream.c, send_window in firmware/core/session/results.c)"
        )
    if window.inference_ns < MOST_OTHER_WORK * front_end:
        return "an inference's time counts other work too"
    return "what is told is no time that the window took"


def _of_sent(run: RunRecord) -> list[str]:
    """A window that is sent by itself has no front end: all that it takes is its inference."""
    apart = [
        (probe.total_ns, probe.reported_ns)
        for probe in run.probes
        if probe.total_ns is not None and abs(probe.total_ns - probe.reported_ns) > ROUNDING_NS
    ]
    if not apart:
        return []
    total, inference = apart[0]
    if _totals_fit(run):
        return [
            f"{len(apart):,} of {len(run.probes):,} windows sent by themselves are said to take {inference:,} ns of "
            f"inference at first, and in all {total:,} ns, which fits how long their answers took: the inference's "
            "time is none of theirs, as where it is not set, or that of a stream's window is told (run in "
            "firmware/core/session/tensor.c)"
        ]
    about = NOTHING if not any(total for total, _ in apart) else how(total, inference)
    return [
        f"{len(apart):,} of {len(run.probes):,} windows sent by themselves are said to take another time than their "
        f"inference, first {total:,} ns, and the inference {inference:,} ns{about}"
    ]


def _totals_fit(run: RunRecord) -> bool:
    """Whether totals of windows sent by themselves lie in their round trips, and inferences are far less or more."""
    fits = [
        probe.total_ns is not None and _fits(probe, probe.total_ns) and not _fits(probe, probe.reported_ns)
        for probe in run.probes
    ]
    return len(fits) >= LEAST_WINDOWS and all(fits)


def _fits(probe: Probe, told_ns: int) -> bool:
    """Whether a time is about what a window's answer took."""
    return probe.round_trip_s / UNIT_FACTOR <= told_ns / 1e9 <= CONTAINED * probe.round_trip_s


def _resolution(run: RunRecord) -> list[str]:
    """No time is shorter than a tick of the clock that it is said to be measured with."""
    hz = run.info.clock_hz
    if not hz:
        return ["INFO says that the board's clock ticks 0 times a second"]
    times = [f.times.least_inference_ns for f in run.files if f.times.least_inference_ns]
    if not times or min(times) * FACTOR >= 1e9 / hz:
        return []
    return [f"INFO says that the clock ticks {hz:,} times a second, and a window reports {min(times):,} ns"]


def _growth(run: RunRecord) -> tuple[list[str], str]:
    """A stream's first window covers more columns than the others: its front end must take more time."""
    firsts = [f.times for f in run.files if f.times.first_column_ns is not None]
    later = [
        t for t in firsts if t.least_column_ns is not None and t.first_columns >= 2 * t.later_columns > 0
    ]
    if sum(t.windows - 1 for t in later) < LEAST_WINDOWS:
        return [], ""
    first = max(t.first_column_ns for t in firsts if t.first_column_ns is not None)
    least = min(t.least_column_ns for t in later if t.least_column_ns is not None)
    columns, few = later[0].first_columns, later[0].later_columns
    told = f"front end {first:,.0f} ns a column over {columns} columns, {least:,.0f} ns over {few}"
    # What a column costs is the same in both; what was disturbed in the first window only makes it longer.
    if first < (GROWTH_FEW if len(later) < FEW_STREAMS else GROWTH) * least:
        more = (least - first) * few
        inference = min((t.least_inference_ns for t in later if t.least_inference_ns), default=None)
        alike = inference is not None and inference / ALIKE <= more <= inference * ALIKE
        about = (
            f"; {few} columns take about as much longer as an inference takes: it is counted in"
            if alike
            else ""
        )
        return [f"the front end's time does not grow with its columns: {told}{about}"], told
    return [], told


def _floor(run: RunRecord) -> tuple[list[str], str]:
    """No processor computes a column's FFT in less."""
    least = min(
        (f.times.least_frontend_ns for f in run.files if f.times.least_frontend_ns is not None), default=None
    )
    if least is None:
        return [], ""
    fft = run.bundle.settings.fft
    multiplications = fft / 2 * math.log2(fft) if fft else 0.0
    floor = multiplications / FLOOR_PER_NS
    if run.board != "virtual" and not run.info.capabilities & m.Capability.VIRTUAL_TIME and run.info.clock_hz:
        floor = multiplications / FLOOR_PER_CYCLE / run.info.clock_hz * 1e9
    told = f"least front end {least:,.0f} ns a column"
    if least < floor:
        return [f"{told}, and an FFT of {fft} points alone takes {floor:,.0f} ns{_in_32_bits(run)}"], told
    return [], told


def _in_32_bits(run: RunRecord) -> str:
    """That all times are what 32 bits hold of ticks times the nanoseconds of a second, in words behind a colon."""
    most_ns = max(file.times.most_ns for file in run.files)
    if not run.info.clock_hz or not 0 < most_ns <= U32 / run.info.clock_hz:
        return ""
    return (
        f": no time is more than {U32 / run.info.clock_hz:.2g} ns, which is what 32 bits hold of ticks times a "
        f"thousand million, divided by the clock's {run.info.clock_hz:,}"
    )


def find_host_clock(run: RunRecord) -> Finding:
    """The board's times fit the time that passed here."""
    # what is made with another clock says nothing of this one
    none, found = _unexamined(run), [] if far_above(run) else _impossible(run)
    if none is not None and (is_emulated(run) or not found):
        return none
    reasons, evidence = list(found), []
    total_s = sum(file.times.total_ns for file in run.files) / 1e9
    wall_s = sum(file.wall_s for file in run.files)
    if wall_s:
        evidence.append(f"{total_s:.3f} s reported in {wall_s:.3f} s of streaming")
        if total_s > BUSY_FACTOR * wall_s:
            seen = f"the windows are said to take {total_s:,.1f} s, and {wall_s:,.1f} s passed"
            reasons.append(with_cause(seen, goes_round_in_windows(run)))
    for found, told in (_probe(run), find_uptime(run)):
        reasons += found
        evidence.append(told)
    return judged(", ".join(text for text in evidence if text), reasons)


def _impossible(run: RunRecord) -> list[str]:
    """Windows with a time of 4.29 s or more in a file that took less."""
    found = []
    for file in run.files:
        count = file.times.saturated
        if count * (U32 - 1) / 1e9 > BUSY_FACTOR * file.wall_s:
            found.append(
                f"{file.name}: {counted(count, 'window')} with a time of 4.29 s or more, and {file.wall_s:,.1f} s "
                f"passed{'' if impossible_times(run) else _most_told(U32 - 1)}"
            )
    return found


def _probe(run: RunRecord) -> tuple[list[str], str]:
    """A single inference's round trip, minus an echo's of as many bytes, is the least it took; the trip is the most."""
    if not run.probes:
        return [], ""
    trip = min(probe.round_trip_s for probe in run.probes)
    # The median: on a throttled line the first bytes after a pause may pass at once, and one echo takes a third less.
    least = trip - statistics.median(probe.echo_s for probe in run.probes) - SLACK_S
    reported = max(probe.reported_ns for probe in run.probes) / 1e9
    told = f"an inference's round trip {trip * 1e3:.3f} ms, reported {reported * 1e3:.3f} ms"
    found = []
    quickest = min(run.probes, key=lambda probe: probe.round_trip_s).reported_ns / 1e9
    if least > FACTOR * reported:
        found.append(
            f"an inference takes at least {least * 1e3:.3f} ms, reported are {reported * 1e3:.3f} ms"
            + _in_unit(least, trip, quickest)
        )
    every = run.probes + run.further_probes
    longest = max(every, key=lambda probe: probe.reported_ns / 1e9 - CONTAINED * probe.round_trip_s)
    if longest.reported_ns / 1e9 > CONTAINED * longest.round_trip_s:
        found.append(
            f"an inference came back after {longest.round_trip_s * 1e3:.3f} ms, and is said to have taken "
            f"{longest.reported_ns / 1e6:.3f} ms"
            + (
                _most_told(longest.reported_ns)
                or _of_the_clock(run.probes)
                or goes_round(longest.reported_ns, longest.round_trip_s, run.info.clock_hz)
                or _in_unit(least, trip, quickest)
            )
        )
    # what no window takes says nothing of windows that are sent
    if _totals_fit(run):
        return [], told
    of_windows = [] if impossible_times(run) else _left_out_of_windows(run) or _windows_against_probe(run)
    return of_windows + found, told


def _in_unit(least_s: float, most_s: float, told_s: float) -> str:
    """In which unit a time is told that takes so long at least and at most, in words behind a colon; empty: unclear."""
    for times, unit in TIME_UNITS.items():
        if least_s <= told_s * times * UNIT_SPARE and told_s * times <= most_s * UNIT_SPARE:
            left_out = " (or the inference is left out of it)" if told_s * 1e9 < SHORT_NS else ""
            return f": as if it were told in {unit}, or a tick taken for one of another clock{left_out}"
    return ""


def _of_the_clock(probes: list[Probe]) -> str:
    """That each time is told as what the clock had come to, in words behind a colon."""
    told = [probe.reported_ns for probe in probes]
    passed_ns = (len(probes) - 1) * min(probe.round_trip_s for probe in probes) * 1e9
    rises = len(told) >= LEAST_RISING and all(before < after for before, after in itertools.pairwise(told))
    if not rises or not passed_ns / CONTAINED <= told[-1] - told[0] <= MOST_RISE * told[0]:
        return ""
    return (
        ": from one to the next it rises by what passed between them, as where the clock is told, and its reading at "
        "the beginning is not taken from it (run in firmware/core/session/tensor.c)"
    )


def _most_told(told_ns: int) -> str:
    """That a time is the most that can be told, in words behind a colon."""
    if told_ns != U32 - 1:
        return ""
    return (
        ": that is the most that 32 bits of nanoseconds hold, so the clock was read lower at the end than at the "
        "beginning: it has fewer bits than it is taken for, or goes back"
    )


def _left_out_of_windows(run: RunRecord) -> list[str]:
    """Windows with the model are said to take no longer than one without it, single inferences far longer."""
    inference, bare = run.latencies.microseconds("inference") * 1000, run.bare_window
    if not run.inference or len(inference) < LEAST_WINDOWS or len(run.probes) < LEAST_WINDOWS or bare is None:
        return []
    window, single = float(statistics.median(inference)), min(probe.reported_ns for probe in run.probes)
    if window > FACTOR * max(bare.inference_ns, 1) or single <= UNIT_FACTOR * window:
        return []
    return [
        f"a window is said to take {window:,.0f} ns of inference with the model and {bare.inference_ns:,} ns without "
        f"it, and an inference by itself {single:,} ns: the model's run is left out of a window's time"
    ]


def _windows_against_probe(run: RunRecord) -> list[str]:
    """Windows and single inferences are the same work: the least of many of each is the same, whatever the load was."""
    inference = run.latencies.microseconds("inference") / 1000
    probes = [probe.reported_ns / 1e6 for probe in run.probes]
    if not run.inference or not len(inference):
        return []
    if min(len(inference), len(probes)) >= LEAST_WINDOWS:
        window, single = float(inference.min()), min(probes)
        # Unlike times are those of a computer with other work: then none of a burst may have run undisturbed.
        longer = BURST_FACTOR if max(probes) <= UNLIKE * single else UNIT_FACTOR
        windows_alike, probes_alike = (
            statistics.median(times) <= UNLIKE * min(times) for times in (inference, probes)
        )
        # The load that delayed most windows delayed a burst as much as the worst of them, whatever the least took.
        delayed = window if windows_alike else float(inference.max())
        alike = FACTOR if probes_alike else UNIT_FACTOR
        most = single * (alike if windows_alike else CROWDED_FACTOR)
        if single > longer * delayed or (window > most and not _waited(run, window, single)):
            told = f"an inference takes {window:.6f} ms at least in a window, and {single:.6f} ms by itself"
            return [
                with_cause(
                    told, _left_out(run, window, max(probes)) or _left_out_of_window(run, inference, single)
                )
            ]
        return []
    if float(inference.max()) * UNIT_FACTOR < min(probes):
        slowest, quickest = float(inference.max()), min(probes)
        return [
            f"the slowest window reports {slowest:.6f} ms of inference, the quickest single one {quickest:.3f} ms"
        ]
    slowest_probe = max(probe.reported_ns for probe in run.probes) / 1e6
    if float(inference.min()) > slowest_probe * UNIT_FACTOR:
        return [
            f"the quickest window reports {float(inference.min()):.3f} ms of inference, "
            f"the slowest single one {slowest_probe:.6f} ms{_left_out(run, float(inference.min()), slowest_probe)}"
        ]
    return []


def _waited(run: RunRecord, window_ms: float, single_ms: float) -> bool:
    """Whether so much time passed, and each of a few inferences may have waited for other processes' turns."""
    windows = sum(file.times.windows for file in run.files)
    total_s, wall_s = (
        sum(each) for each in zip(*((f.times.total_ns / 1e9, f.wall_s) for f in run.files), strict=True)
    )
    shared = bool(run.info.capabilities & m.Capability.VIRTUAL_TIME)
    turns = TURN_MS <= window_ms - single_ms <= TURNS_MS and window_ms <= CROWDED_FACTOR * single_ms
    return shared and turns and windows < SHORT_WINDOWS and total_s <= wall_s


def _left_out_of_window(run: RunRecord, windows_ms: NDArray[np.float64], single_ms: float) -> str:
    """What the time of most windows is, where no inference by itself is as short, in words behind a colon."""
    window_ms = float(statistics.median(windows_ms))
    if window_ms * MUCH_LESS >= single_ms:
        return ""
    what = "the model's run is left out of a window's time (complete_window in firmware/core/detect/stream.c)"
    if single_ms <= window_ms * 1000 * UNIT_NEAR and window_ms * 1000 <= single_ms * UNIT_NEAR:
        unit = "a window's inference is told in microseconds"
        least_ms = float(windows_ms.min())
        if _is_more_than_none(run, window_ms) and _near(1000 * least_ms, single_ms):
            where = "complete_window in firmware/core/detect/stream.c, send_window in firmware/core/session/results.c"
            return f": {unit} ({where})"
        if run.bare_window is not None and not _is_more_than_none(run, least_ms):
            return f": {what}"
        return f": {unit}, or {what}"
    return f": {what}, and so little is what lies around it"


def _left_out(run: RunRecord, window_ms: float, single_ms: float) -> str:
    """What the longest time of a window sent by itself is, where no inference is as short, in words behind a colon."""
    if single_ms * UNIT_FACTOR >= window_ms:
        return ""
    if window_ms <= single_ms * 1000 * UNIT_NEAR and single_ms * 1000 <= window_ms * UNIT_NEAR:
        unit = "a sent window's time is told in microseconds"
        least_ms = min(probe.reported_ns for probe in run.probes) / 1e6
        if _is_more_than_none(run, single_ms) and _near(1000 * least_ms, window_ms):
            return f": {unit} (run in firmware/core/session/tensor.c)"
        return f": {unit}, or leaves the inference out"
    return ": the inference is left out of a sent window's time, and so little is what lies around it"


def _near(one: float, other: float) -> bool:
    """Whether two least times, which load does not lengthen, are of the same work."""
    return max(one, other) <= LEASTS_NEAR * min(one, other)


def _is_more_than_none(run: RunRecord, told_ms: float) -> bool:
    """Whether a time is more than what is told of a window without an inference, which one that is left out is not."""
    bare = run.bare_window
    return bare is not None and told_ms * 1e6 > FACTOR * bare.inference_ns
