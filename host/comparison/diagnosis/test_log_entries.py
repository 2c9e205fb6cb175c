"""A wrong entry of the logarithm's table is named by the levels of one column, with its value."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...core.c_frontend import octave_table
from ...frontend.presets import preset
from ...trace.stages import ColumnTrace, Stage, segments_of, stage_of
from ...trace.window import front_end
from .decibels import Logarithm
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
    samples, table = sound(bundle), octave_table()
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
    entry = _read(*sums, bundle.tables, octave_table()).entry
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


@pytest.mark.parametrize("bit", [13, 20, 30, 31])
def test_it_makes_the_columns_of_other_samples(bundle: Bundle, bit: int) -> None:
    place, table = shared(bundle)[0], octave_table()
    table[place] ^= np.int64(1 << bit).astype(np.int32)
    trace = traced(bundle, place, int(table[place]))
    cause = log_entry_cause(trace, bundle)
    assert cause is not None and cause.computed
    samples, host = sound(bundle, 30), front_end(bundle)
    samples[len(samples) // 2 :] = 0
    quantisation = bundle.model.input
    log = Logarithm(host, bundle.tables, quantisation.scale, quantisation.zero_point)
    expected = []
    for column in range(30):
        sums = segments_of(host.capture(samples, column)["mel"])
        levels = _read(*sums, bundle.tables, octave_table()).levels(table)
        expected.append(log.cells(levels.astype(np.int64)))
    columns = cause.tables[0][1](samples)
    assert columns.dtype == np.int8 and np.array_equal(columns, expected)
    assert 0 < np.count_nonzero(columns != host.features(samples)) < columns.size // 4
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
TABLE = "the logarithm's table (fe_octave_db_q16)"
OR_ELSE = "; or, which gives the same here: "
At = tuple[int, int, int]  # a band's entry, its fraction, and zeros before its energy, which are octaves less


def level(bundle: Bundle, band: int, at: At, table: list[int], shift: int) -> int:
    """As fe_log computes it, where int32_t wraps."""
    entry, fraction, zeros = at
    product = wrapped((table[entry + 1] - table[entry]) * fraction)
    octaves = (2 * shift + 31 - zeros) * 197_283
    return max(wrapped(octaves + table[entry] + (product >> 15) + bundle.tables.band_db_q16[band]), FLOOR)


def wrapped(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def by_hand(bundle: Bundle, bands: list[At], place: int, value: int, shift: int = 0) -> ColumnTrace:
    """A column of which the first bands have energy, with one entry otherwise."""
    segments = np.zeros(41, [("up", "<u4"), ("down", "<u4"), ("shift", "<i4")])
    segments["shift"] = shift
    right = octave_table().tolist()
    wrong = [*right[:place], value, *right[place + 1 :]]
    levels = np.full((2, 40), FLOOR, "<i4")
    for band, (entry, fraction, zeros) in enumerate(bands):
        segments["up"][band] = (1 << 31 | entry << 25 | fraction << 10) >> zeros
        for side, table in enumerate((right, wrong)):
            levels[side, band] = level(bundle, band, bands[band], table, shift)
    window = Stage("window", b"12", b"12")
    mel = Stage("mel", segments.tobytes(), segments.tobytes(), segments=True)
    return ColumnTrace(0, (window, mel, Stage("log", levels[0].tobytes(), levels[1].tobytes(), "log")))


def said(bundle: Bundle, bands: list[At], place: int, value: int, shift: int = 0) -> list[str]:
    """What is told of each entry, without the words that all have in common."""
    cause = log_entry_cause(by_hand(bundle, bands, place, value, shift), bundle)
    each = [] if cause is None else cause.told.split(OR_ELSE)
    assert all(f" of {TABLE} is " in one for one in each)
    assert cause is None or [one for one, _ in cause.tables] == each
    return [one.removeprefix("entry ").replace(f" of {TABLE} is ", ": ") for one in each]


def test_a_band_at_an_entry_says_its_value(bundle: Bundle) -> None:
    """The levels between lose bits: they leave a few values."""
    assert said(bundle, [(20, 0, 1)], 20, 77_403) == ["20: 77,403 instead of 77,398"]
    assert said(bundle, [(20, 16_384, 1)], 20, 77_400) == [
        "20: 77,400 instead of 77,398, or near that",
        "21: 80,768 instead of 80,766, or near that",
    ]
    # a third of the way three values give the same, a 32nd of it 32: the middle one is told
    assert "21: 80,699 instead of 80,766, or near that" in said(bundle, [(20, 10_923, 1)], 21, 80_698)
    assert "21: 80,933 instead of 80,766, or near that" in said(bundle, [(20, 1024, 1)], 21, 80_920)
    # bands on either side leave one
    assert said(bundle, [(20, 16_384, 1), (21, 0, 1)], 21, 80_768) == ["21: 80,768 instead of 80,766"]


def test_of_values_that_give_the_same_the_likeliest_is_told(bundle: Bundle) -> None:
    flipped = said(bundle, [(8, 16_384, 1)], 8, 33_522)
    assert flipped[0] == "8: 33,522 instead of 33,523, or near that; that is bit 0 flipped"
    flipped = said(bundle, [(20, 1024, 1)], 21, 80_894)
    assert flipped[-1] == "21: 80,894 instead of 80,766, or near that; that is bit 7 flipped"
    exchanged = "; that is two digits exchanged"
    assert said(bundle, [(20, 8192, 1)], 21, 8_766)[-1] == f"21: 8,766 instead of 80,766{exchanged}"
    for value in (73_798, 77_938, 77_389):
        words = f"20: {value:,} instead of 77,398, or near that{exchanged}"
        assert words in said(bundle, [(19, 8192, 1)], 20, value), value
    # 3 digits in another order
    assert said(bundle, [(20, 0, 1)], 20, 79_738) == ["20: 79,738 instead of 77,398"]
    assert "20: 0 instead of 77,398" in said(bundle, [(19, 8192, 1)], 20, 0)


@pytest.mark.parametrize("bit", [17, 24, 30, 31])
def test_a_product_that_loses_its_upper_bits_is_known(bundle: Bundle, bit: int) -> None:
    """From bit 17 on a step times its fraction has more than 32 bits."""
    right = int(octave_table()[20])
    value = wrapped(right ^ 1 << bit)
    words = f"20: {value:,} instead of {right:,}; that is bit {bit} flipped"
    bands = [(20, 0, 1), (20, 12_345, 1), (19, 30_001, 3), (30, 77, 1)]
    assert said(bundle, bands, 20, value) == [words]


def test_an_entry_far_from_those_beside_it_must_be_a_likely_one(bundle: Bundle) -> None:
    assert said(bundle, [(20, 0, 1)], 20, 139_525) == ["20: 139,525 instead of 77,398"]
    assert said(bundle, [(20, 0, 1)], 20, 139_526) == []
    assert said(bundle, [(20, 0, 1)], 20, 15_230) == ["20: 15,230 instead of 77,398"]
    assert said(bundle, [(20, 0, 1)], 20, 15_229) == []
    assert said(bundle, [(0, 0, 1)], 0, 65_535) == ["0: 65,535 instead of 0"]
    assert said(bundle, [(0, 0, 1)], 0, 65_537) == []
    assert said(bundle, [(63, 32_767, 1)], 64, 190_000)[-1] == "64: 190,000 instead of 197,283"


def test_the_floor_says_how_large_an_entry_is_at_most(bundle: Bundle) -> None:
    """With 11 zeros these bands' floor is at 43,141."""
    # below it by the right table, above it by the device's
    assert said(bundle, [(5, 0, 11)], 5, 61_410) == ["5: 61,410 instead of 21,410"]
    # one that is lost in the floor, beside one that is heard
    assert said(bundle, [(12, 0, 1), (12, 0, 11)], 12, 40_000) == ["12: 40,000 instead of 48,912"]
    assert said(bundle, [(12, 0, 11)], 12, 40_000) == []


def test_a_band_of_the_least_energy_is_heard_those_of_none_are_not(bundle: Bundle) -> None:
    assert said(bundle, [(0, 0, 31)], 0, 77, shift=15) == ["0: 77 instead of 0"]
    trace = by_hand(bundle, [(20, 0, 1)], 20, 77_403)
    window, mel, log = trace.stages
    device = np.frombuffer(log.device, "<i4").copy()
    device[7] += 1
    spoilt = replace(log, device=device.tobytes())
    assert log_entry_cause(replace(trace, stages=(window, mel, spoilt)), bundle) is None


def test_other_tables_and_stages_are_none_of_this(bundle: Bundle) -> None:
    trace = by_hand(bundle, [(20, 0, 1)], 20, 77_403)
    other = replace(bundle, settings=preset("mlperf-kws").settings())
    assert log_entry_cause(trace, bundle) is not None and log_entry_cause(trace, other) is None
    window, mel, log = trace.stages
    off = replace(mel, device=mel.device[:-1] + b"1")
    assert log_entry_cause(replace(trace, stages=(window, off, log)), bundle) is None
    assert log_entry_cause(replace(trace, stages=(window, mel)), bundle) is None
    # a logarithm that is computed otherwise on the host, too
    more = [(np.frombuffer(side, "<i4") + 1).tobytes() for side in (log.host, log.device)]
    moved = replace(log, host=more[0], device=more[1])
    assert log_entry_cause(replace(trace, stages=(window, mel, moved)), bundle) is None


def compared(bundle: Bundle, host: list[float], device: list[float]) -> str:
    ours, theirs = ((np.array(levels) * DB).astype("<i4").tobytes() for levels in (host, device))
    log = Stage("log", ours, theirs, "log band 0", 1, 4)
    cause = compared_cause(ColumnTrace(0, (log,)), bundle)
    return "" if cause is None else cause.told


def test_levels_that_are_compared_with_0_are_told(bundle: Bundle) -> None:
    assert bundle.tables.floor_q16 == FLOOR
    words = "come as the floor, -100.00 dB: they are compared with 0 instead of the floor"
    assert compared(bundle, [5, -3, -40, -9], [5, -100, -100, -100]) == f"levels up to -3.00 dB {words}"
    assert compared(bundle, [5, 0, -40, -9], [5, -100, -100, -100]) == f"levels up to 0.00 dB {words}"
    assert compared(bundle, [5, 1 / DB, -40, -9], [5, -100, -100, -100]) == ""
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
    assert cause is not None and cause.computed
    columns = cause.tables[0][1](samples)
    right, least = front_end(bundle).features(samples), front_end(bundle).features(0 * samples)[0, 0]
    assert np.array_equal(columns, np.where(levels > 0, right, least))


def test_a_level_of_0_is_the_floor_and_one_above_it_is_kept(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = np.array([[1, 0, -1, DB, -DB]])
    monkeypatch.setattr(Logarithm, "raw", lambda *_: levels)
    ours, theirs = (np.array(each, "<i4").tobytes() for each in ([-1, -2, -3], [FLOOR] * 3))
    trace = ColumnTrace(0, (Stage("log", ours, theirs, "log"),))
    cause = compared_cause(trace, bundle)
    assert cause is not None
    quantisation = bundle.model.input
    log = Logarithm(front_end(bundle), bundle.tables, quantisation.scale, quantisation.zero_point)
    cells = log.cells(np.array([[1, FLOOR, FLOOR, DB, FLOOR]])).tolist()
    assert cells[0][0] != cells[0][1] and cause.tables[0][1](sound(bundle)).tolist() == cells


def test_only_the_logarithm_of_these_tables_compares(bundle: Bundle) -> None:
    ours, theirs = (
        (np.array(each) * DB).astype("<i4").tobytes() for each in ([5, -3, -4, -9], [5] + [-100] * 3)
    )
    log = Stage("log", ours, theirs, "log")
    other = replace(bundle, settings=preset("mlperf-kws").settings())
    assert compared_cause(ColumnTrace(0, (log,)), bundle) is not None
    assert compared_cause(ColumnTrace(0, (log,)), other) is None
    assert compared_cause(ColumnTrace(0, (replace(log, name="pcan"),)), bundle) is None
    assert compared_cause(ColumnTrace(0, (replace(log, device=ours),)), bundle) is None
