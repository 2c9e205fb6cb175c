"""A wrong entry of the logarithm's table is named by the levels of one column, with its value."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...core.c_frontend import octave_table
from ...trace.stages import ColumnTrace, Stage, segments_of, stage_of
from ...trace.window import front_end
from .evidence import Int16
from .log_entries import _read, compared_cause, log_entry_cause
from .stage_cause import stage_cause

pytestmark = pytest.mark.native


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


def sound(bundle: Bundle, columns: int = 1) -> Int16:
    count = bundle.settings.samples_for(columns)
    time_s = np.arange(count) / bundle.settings.sample_rate
    tone = 6000 * np.sin(2 * np.pi * 1300 * time_s)
    return (tone + np.random.default_rng(3).normal(0, 300, count)).astype(np.int16)


def traced(bundle: Bundle, place: int, value: int) -> ColumnTrace:
    samples, table = sound(bundle), octave_table().astype(np.int64)
    right = front_end(bundle).capture(samples, 0)
    read = _read(*segments_of(right["mel"]), bundle.tables, table)
    assert read.levels(table).astype("<i4").tobytes() == right["log"]
    table[place] = value
    mel = Stage("mel", right["mel"], right["mel"], segments=True)
    log = stage_of("log", right["log"], read.levels(table).astype("<i4").tobytes(), bundle)
    return ColumnTrace(0, (mel, log), (), samples)


def told(bundle: Bundle, place: int, value: int) -> str:
    cause = log_entry_cause(traced(bundle, place, value), bundle)
    return "" if cause is None else cause.told


def shared(bundle: Bundle) -> list[int]:
    """Entries that two bands' levels are read from, in this sound's column."""
    sums = segments_of(front_end(bundle).capture(sound(bundle), 0)["mel"])
    entry = _read(*sums, bundle.tables, octave_table().astype(np.int64)).entry
    places, counts = np.unique(np.concatenate([entry, entry + 1]), return_counts=True)
    return [int(place) for place in places[counts > 1]]


def test_the_entry_is_named_with_its_value(bundle: Bundle) -> None:
    right = octave_table()
    for place in shared(bundle)[:6]:
        value = int(right[place]) + 3000
        said = told(bundle, place, value)
        assert f"entry {place} of the logarithm's table (fe_octave_db_q16) is " in said, place
        assert f" instead of {right[place]:,}" in said


def test_what_usually_becomes_of_a_number_is_told(bundle: Bundle) -> None:
    place, table = shared(bundle)[0], octave_table()
    right = int(table[place])
    said = told(bundle, place, right ^ 1 << 11)
    assert f"is {right ^ 1 << 11:,} instead of {right:,}" in said and "bit 11 flipped" in said
    digits = str(right)
    other = next(
        int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
        for at in (1, 2, 3)
        if digits[at] != digits[at + 1]
    )
    said = told(bundle, place, other)
    assert f"is {other:,} instead of {right:,}" in said and "two digits exchanged" in said


def test_it_makes_the_columns_of_other_samples(bundle: Bundle) -> None:
    place = shared(bundle)[0]
    trace = traced(bundle, place, int(octave_table()[place]) ^ 1 << 13)
    cause = log_entry_cause(trace, bundle)
    assert cause is not None and cause.computed
    samples = sound(bundle, 30)
    right = front_end(bundle).features(samples)
    columns = cause.tables[0][1](samples)
    assert columns.shape == right.shape and columns.dtype == np.int8
    off = columns.astype(int) - right
    assert 0 < np.count_nonzero(off) < off.size // 4
    assert stage_cause(trace, bundle) is not None


def test_two_entries_or_other_stages_have_no_name(bundle: Bundle) -> None:
    trace = traced(bundle, shared(bundle)[0], 0)
    mel, log = trace.stages
    host, device = log.numbers()
    both = device.copy()
    right_band = int(np.flatnonzero(host == device)[0])
    far_band = int(np.flatnonzero(host == device)[-1])
    both[[right_band, far_band]] += (5000, -9000)
    spoilt = replace(log, device=both.astype("<i4").tobytes())
    assert log_entry_cause(replace(trace, stages=(mel, spoilt)), bundle) is None
    assert log_entry_cause(replace(trace, stages=(mel,)), bundle) is None
    assert log_entry_cause(replace(trace, stages=(log,)), bundle) is None
    assert log_entry_cause(replace(trace, stages=(mel, replace(log, host=log.device))), bundle) is None


DB = 65_536
FLOOR = -100 * DB


def compared(bundle: Bundle, host: list[float], device: list[float]) -> str:
    ours, theirs = ((np.array(levels) * DB).astype("<i4").tobytes() for levels in (host, device))
    log = Stage("log", ours, theirs, "log band 0", 1, 4)
    cause = compared_cause(ColumnTrace(0, (log,)), bundle)
    return "" if cause is None else cause.told


def test_levels_that_are_compared_with_0_are_told(bundle: Bundle) -> None:
    assert bundle.tables.floor_q16 == FLOOR
    words = "come as the floor, -100.00 dB: they are compared with 0 instead of the floor"
    assert compared(bundle, [5, -3, -40, -9], [5, -100, -100, -100]) == f"levels up to -3.00 dB {words}"
    assert compared(bundle, [-5, -3, -40, -9], [-100] * 4) == f"levels up to -3.00 dB {words}"
    # others are lost, one is kept that is below, some come as something else, two are too few
    assert compared(bundle, [5, 3, -40, -9], [5, -100, -100, -100]) == ""
    assert compared(bundle, [5, -3, -40, -9, -1], [5, -100, -100, -9, -100]) == ""
    assert compared(bundle, [5, -3, -40, -9], [5, -100, -100, -99]) == ""
    assert compared(bundle, [5, 3, -40, -9], [5, 3, -100, -100]) == ""


def test_what_comes_of_it_is_computed(bundle: Bundle) -> None:
    samples = sound(bundle, 12)
    levels = front_end(bundle).values(samples)
    log = np.where(levels[0] > 0, levels[0], FLOOR).astype("<i4").tobytes()
    stage = stage_of("log", levels[0].astype("<i4").tobytes(), log, bundle)
    cause = compared_cause(ColumnTrace(0, (stage,)), bundle)
    assert cause is not None
    columns = cause.tables[0][1](samples)
    right, least = front_end(bundle).features(samples), front_end(bundle).features(0 * samples)[0, 0]
    assert np.array_equal(columns, np.where(levels > 0, right, least))
