"""What is recorded of a run: lines of the log, pictures of so many files, sums over all of them."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..link import messages as m
from . import record
from .fakes import bundle_info
from .file import FileComparison
from .record import PICTURED_FILES, LogRecord, RunRecord, utc_now


def _run(bundle: Bundle) -> RunRecord:
    return RunRecord("virtual", bundle, bundle_info(bundle))


def test_the_time_is_told_to_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Fixed":
            return cls(2026, 1, 2, 3, 4, 5, 67_999, tzinfo=tz)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", utc_now())
    told = datetime.strptime(utc_now(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert abs(told - datetime.now(timezone.utc)) < timedelta(minutes=5)
    monkeypatch.setattr(record, "datetime", Fixed)
    assert utc_now() == "2026-01-02T03:04:05.067Z"


def test_the_first_errors_are_kept() -> None:
    log = LogRecord()
    for number in range(LogRecord.KEPT + 2):
        log.add(m.LogLevel.ERROR, f"error {number}\x07")
    log.add(m.LogLevel.WARNING, "a warning")
    log.add(77, "what is that")
    assert (log.lines, log.errors) == (LogRecord.KEPT + 4, LogRecord.KEPT + 2)
    assert len(log.first_errors) == LogRecord.KEPT and log.first_errors[0].startswith("error 0")
    assert "\x07" not in log.first_errors[0]
    assert log.unknown == {77}


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


def test_runs_are_told_apart(bundle: Bundle) -> None:
    ids = {_run(bundle).run_id for _ in range(20)}
    assert len(ids) == 20 and all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)
