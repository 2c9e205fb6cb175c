"""What is recorded of a run: lines of the log, pictures of so many files, sums over all of them."""

import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from ..board.interface import BoardFacts
from ..bundle.load import Bundle
from ..link import messages as m
from . import record
from .fakes import bundle_info
from .file import FileComparison
from .record import Cost, LogRecord, Meter, RunRecord, Share, UptimeRecord, utc_now

PICTURED_FILES, KEPT = 40, 5  # as many as a page and a terminal can show


def _run(bundle: Bundle) -> RunRecord:
    return RunRecord("virtual", bundle, bundle_info(bundle))


def test_a_line_is_exact_unless_frames_are_damaged_on_purpose(bundle: Bundle) -> None:
    run = _run(bundle)
    assert not run.exact_line, "of a board of which nothing is known"
    run.facts = BoardFacts(exact_line=True)
    assert run.exact_line
    run.damage = 0.01
    assert not run.exact_line


@pytest.mark.parametrize("microseconds", [67_000, 67_999])
def test_the_time_is_told_to_the_millisecond(monkeypatch: pytest.MonkeyPatch, microseconds: int) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Fixed":
            return cls(2026, 1, 2, 3, 4, 5, microseconds, tzinfo=tz)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", utc_now())
    told = datetime.strptime(utc_now(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert abs(told - datetime.now(timezone.utc)) < timedelta(minutes=5)
    monkeypatch.setattr(record, "datetime", Fixed)
    assert utc_now() == "2026-01-02T03:04:05.067Z"


def test_the_first_errors_are_kept() -> None:
    log = LogRecord()
    for number in range(KEPT + 2):
        log.add(m.LogLevel.ERROR, f"error {number}\x07")
    log.add(m.LogLevel.WARNING, "a warning")
    log.add(77, "what is that")
    assert (log.lines, log.errors) == (KEPT + 4, KEPT + 2)
    assert len(log.first_errors) == KEPT and log.first_errors[0].startswith("error 0")
    assert "\x07" not in log.first_errors[0]
    assert log.unknown == {77}


def test_the_first_warning_is_kept() -> None:
    log = LogRecord()
    log.add(m.LogLevel.INFO, "no warning")
    assert (log.warnings, log.first_warning) == (0, "")
    for text in ("a\x07 warning", "another"):
        log.add(m.LogLevel.WARNING, text)
    assert log.warnings == 2 and log.first_warning.startswith("a") and "\x07" not in log.first_warning


@pytest.mark.parametrize(
    ("before", "now", "dropped", "fell"),
    [
        (2, 5, 3, False),
        (2**32 - 2, 3, 5, False),
        (7, 7, 0, False),
        (0, 2**31 - 1, 2**31 - 1, False),
        (0, 2**31, 2**31, True),
        (5, 4, 2**32 - 1, True),
    ],
)
def test_lines_that_were_lost_are_counted_on_from_what_was_told_before(
    before: int, now: int, dropped: int, fell: bool
) -> None:
    log = LogRecord()
    log.count_dropped(m.Status(log_dropped=before), None)
    told = log.dropped
    assert told is None
    log.count_dropped(m.Status(log_dropped=now), m.Status(log_dropped=before))
    assert (log.dropped, log.fell, log.counts) == (dropped, fell, {before, now})
    log.count_dropped(m.Status(log_dropped=now + 1), m.Status(log_dropped=now))
    assert (log.dropped, log.fell) == (dropped + 1, fell)


def test_fields_that_are_the_count_of_lost_lines_each_time_are_known() -> None:
    log = LogRecord()
    log.count_dropped(m.Status(log_dropped=3, gaps=3, overruns=3, duplicates=4), None)
    assert log.alike == {"gaps", "overruns"}
    log.count_dropped(m.Status(log_dropped=4, gaps=4, overruns=3, duplicates=4), None)
    assert log.alike == {"gaps"}


@pytest.mark.parametrize(
    ("times", "host_s", "device_s", "unsure"),
    [
        (3, 0.3, 0.005, True),
        (2, 0.3, 0.005, False),
        (3, 0.29, 0.005, False),
        (3, 0.3, 0.006, False),
        (9, 60.0, 0.0, True),
    ],
)
def test_of_a_clock_that_goes_a_few_milliseconds_no_rate_is_told(
    times: int, host_s: float, device_s: float, unsure: bool
) -> None:
    assert UptimeRecord(host_s, device_s, times=times).unsure == unsure


def test_the_slowest_stretch_of_the_devices_clock_is_kept() -> None:
    uptime = UptimeRecord()
    uptime.between(0.0, 0.299)
    assert uptime.slowest is None, "too short to say anything"
    for device_s, host_s, slowest in (
        (0.27, 0.3, (0.27, 0.3)),
        (0.6, 0.5, (0.27, 0.3)),
        (3.6, 4.0, (0.27, 0.3)),  # of equal ones the first
        (1.6, 2.0, (1.6, 2.0)),
        (0.5, 0.6, (1.6, 2.0)),
    ):
        uptime.between(device_s, host_s)
        assert uptime.slowest == slowest


def _heard(bundle: Bundle, agrees: bool) -> FileComparison:
    file = FileComparison("a.wav", bundle)
    file.traces.add_sound(np.ones(5, np.int16))
    file.finished = file.audio_ended = True
    file.samples = bundle.window_samples
    file.features.compared = 10
    file.features.different = 0 if agrees else 1
    return file


def test_as_many_files_have_pictures_as_a_page_can_show(bundle: Bundle) -> None:
    """Files that agree lose theirs first, the last one of them."""
    run = _run(bundle)
    files = [_heard(bundle, agrees=number == 3) for number in range(PICTURED_FILES)]
    assert files[3].agreed and not files[0].agreed
    for file in files:
        run.add(file)
    assert len(run.pictured) == PICTURED_FILES and not any(file.traces.dropped for file in files)
    one_more = _heard(bundle, agrees=False)
    run.add(one_more)
    assert files[3].traces.dropped and [each is files[3] for each in run.pictured] == [False] * PICTURED_FILES
    last = _heard(bundle, agrees=False)
    run.add(last)
    assert last.traces.dropped and run.pictured[-1] is one_more
    assert len(run.files) == PICTURED_FILES + 2


def test_sums_over_all_files(bundle: Bundle) -> None:
    run = _run(bundle)
    assert set(run.totals.values()) == {0}
    rate = bundle.settings.sample_rate
    for number in (1, 2):
        file = FileComparison("a.wav", bundle)
        file.samples = rate // 7 * number + 1
        file.windows = 10 * number
        file.features.compared, file.features.different, file.features.largest = (
            100 * number,
            number,
            9 - number,
        )
        file.scores.compared, file.scores.different, file.scores.largest = 20 * number, 2 * number, number
        file.logits.compared, file.logits.different, file.logits.largest = 30 * number, 3 * number, 5 + number
        file.scores.allowed, file.logits.allowed = 4 * number, 7 * number
        file.witness_differences = 6 * number
        run.files.append(file)
    samples = sum(file.samples for file in run.files)
    assert run.totals == {
        "audio_s": round(run.files[0].samples / rate + run.files[1].samples / rate, 3),
        "windows": 30,
        "feature_cells": 300,
        "feature_mismatches": 3,
        "max_feature_difference": 8,
        "outputs": 150,
        "output_mismatches": 15,
        "outputs_allowed": 33,
        "max_output_difference": 7,
        "detections_host": 0,
        "detections_device": 0,
        "detection_mismatches": 0,
        "witness_differences": 18,
    }
    assert run.totals["audio_s"] != round(samples / rate, 4), "three decimals"


def test_latencies_and_coverage_are_those_of_all_files(bundle: Bundle) -> None:
    """Where a run without the model had to be, the device did not do all that it is asked for."""
    run = _run(bundle)
    for number, inference in ((1, True), (2, False), (3, True)):
        file = FileComparison("a.wav", bundle, inference)
        file.latencies.add(1, 2, 3, 1000 * number)
        file.coverage.longest = number
        run.files.append(file)
    assert run.latencies.microseconds("total").tolist() == [1.0, 3.0] and run.coverage.longest == 3


def test_runs_are_told_apart(bundle: Bundle) -> None:
    ids = {_run(bundle).run_id for _ in range(20)}
    assert len(ids) == 20 and all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_of_a_run_that_begins_nothing_is_claimed(bundle: Bundle) -> None:
    run = _run(bundle)
    assert run.log == LogRecord(0, 0, [], None, set(), 0, "")
    untold = UptimeRecord(0.0, 0.0, 0.0, fell=False, times=0, step_ms=0, slowest=None)
    assert run.uptime == untold and run.cost == Cost(0.0, 0.0, 0)
    assert not (run.interrupted or run.complete or Share("a", run).left)
    assert run.inference and run.witness
    counted = (run.damage, run.witness_arena, run.witness_arena_size, run.damaged_at_start, run.reconnected)
    assert counted == (0, 0, 0, 0, 0) and run.sent_windows == run.counted_on == (0, 0)


class _Process:
    """One that took processor time and has memory of its own, or is gone."""

    def __init__(self, user_s: float, system_s: float, uss: int, gone: bool = False) -> None:
        self.user_s, self.system_s, self.uss, self.gone = user_s, system_s, uss, gone

    def cpu_times(self) -> SimpleNamespace:
        if self.gone:
            raise psutil.NoSuchProcess(1)
        return SimpleNamespace(user=self.user_s, system=self.system_s)

    def memory_full_info(self) -> SimpleNamespace:
        if self.gone:
            raise psutil.NoSuchProcess(1)
        return SimpleNamespace(uss=self.uss)


def test_the_cost_is_that_of_all_processes_since_the_meter_began(monkeypatch: pytest.MonkeyPatch) -> None:
    own, child = _Process(5.0, 2.0, 100), _Process(0.5, 0.25, 30)
    there = [own]
    monkeypatch.setattr(record, "_processes", lambda: there)
    meter = Meter()
    own.user_s += 1.0
    there.append(child)
    assert meter.read(9.0) == Cost(9.0, 1.75, 130)
    own.system_s += 0.5
    child.gone = True
    assert meter.read(9.5) == Cost(9.5, 1.5, 100)
    own.gone = True
    assert meter.read(9.5) == Cost(9.5, 0.0, 0), "never less than nothing"


def test_processes_that_children_started_count() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"
    before = len(record._processes())
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        assert len(record._processes()) == before + 2
        child.stdin.close()


@pytest.mark.parametrize(
    ("host_s", "device_s", "rate"), [(0.3, 0.6, 2.0), (0.29, 9.0, 1.0), (2.0, 0.5, 0.25)]
)
def test_of_a_short_time_a_clock_is_taken_for_right(host_s: float, device_s: float, rate: float) -> None:
    assert UptimeRecord(host_s, device_s).rate == rate
