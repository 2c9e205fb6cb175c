"""A wrong entry of a table is named by the numbers of a traced stage, and so is a table that is read elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle, load_bundle
from ...checkout import DEFAULT_BUNDLE
from ...core.poked_front_end import PokedFrontEnd
from ...frontend.microfrontend.settings import MicrofrontendSettings
from ...frontend.presets import preset
from ...trace.stages import ColumnTrace, stage_of
from .evidence import Int16
from .one_entry import _rows, _tables_of, entry_cause

pytestmark = pytest.mark.native
Poke = Callable[[PokedFrontEnd, Bundle], None]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="module")
def micro(bundle: Bundle) -> Bundle:
    settings = MicrofrontendSettings(16_000, 480, 160, 40, 125.0, 7500.0)
    return replace(bundle, settings=settings)


def sound(bundle: Bundle, columns: int = 1) -> Int16:
    count = bundle.settings.samples_for(columns)
    time_s = np.arange(count) / bundle.settings.sample_rate
    tone = 6000 * np.sin(2 * np.pi * 1300 * time_s)
    return (tone + np.random.default_rng(3).normal(0, 300, count)).astype(np.int16)


def traced(bundle: Bundle, poke: Poke, columns: int = 1) -> ColumnTrace:
    """A column of a front end with another table, beside the right one."""
    quantisation, samples = bundle.model.input, sound(bundle, columns)
    front_end = PokedFrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
    right = front_end.capture(samples, columns - 1)
    poke(front_end, bundle)
    wrong, stages = front_end.capture(samples, columns - 1), []
    for name in right:
        stages.append(stage_of(name, right[name], wrong[name], bundle))
        if not stages[-1].equal:
            break
    return ColumnTrace(0, tuple(stages), (), samples)


def entry(name: str, place: int, change: Callable[[int], int]) -> Poke:
    def poke(front_end: PokedFrontEnd, bundle: Bundle) -> None:
        memory = front_end.table(getattr(bundle.tables, name))
        assert memory is not None
        memory[place] = change(int(memory[place]))

    return poke


def further(name: str, by: int) -> Poke:
    def poke(front_end: PokedFrontEnd, bundle: Bundle) -> None:
        memory = front_end.table(getattr(bundle.tables, name))
        assert memory is not None
        found = front_end.read_from(memory, by)
        assert found is not None
        memory[:] = found

    return poke


def told(bundle: Bundle, poke: Poke, columns: int = 1) -> str:
    cause = entry_cause(traced(bundle, poke, columns), bundle)
    return "" if cause is None else cause.told


@pytest.mark.parametrize(
    ("name", "place", "bit"),
    [
        ("weights", 130, 29),
        ("weights", 130, 13),
        ("twiddles", 100, 28),
        ("twiddles", 300, 14),
        ("shares_q16", 40, 14),
        ("shares_q16", 40, 7),
        ("band_db_q16", 11, 16),
    ],
)
def test_a_flipped_bit_is_named(bundle: Bundle, name: str, place: int, bit: int) -> None:
    right = getattr(bundle.tables, name)[place]
    said = told(bundle, entry(name, place, lambda value: value ^ 1 << bit))
    assert (
        f"entry {place} of the " in said and f"({name}) is {right ^ 1 << bit:,} instead of {right:,}" in said
    )
    assert f"bit {bit} flipped" in said and "; or" not in said


def test_another_value_is_named_about(bundle: Bundle) -> None:
    """Products lose bits, so that the figure may be off by some of them."""
    right = bundle.tables.weights[55]
    said = told(bundle, entry("weights", 55, lambda value: value + 123_456))
    assert said.startswith("entry 55 of the window's weights (weights) is ") and said.endswith(
        ", or near that"
    )
    value = int(said.partition(" is ")[2].partition(" ")[0].replace(",", ""))
    assert abs(value - right - 123_456) < 100
    assert "entry 201 of the window's weights (weights) is 0 instead of" in told(
        bundle, entry("weights", 201, lambda value: value - value)
    )


def test_shares_that_give_the_same_are_all_named(bundle: Bundle) -> None:
    """A segment's two sums tell what share of it went elsewhere, not whose."""
    assert "entry 90 of the mel shares" in told(bundle, entry("shares_q16", 90, lambda value: value + 500))


@pytest.mark.parametrize(
    ("name", "by", "words"),
    [
        ("weights", 4, "the window's weights (weights) are read 4 entries further on"),
        ("weights", -1, "the window's weights (weights) are read 1 entry too early"),
        ("weights", 2, "the window's weights (weights) are read 2 entries further on"),
        ("weights", -3, "the window's weights (weights) are read 3 entries too early"),
        ("twiddles", 9, "the FFT's twiddle factors (twiddles) are read 9 entries further on"),
        ("shares_q16", 1, "the mel shares (shares_q16) are read 1 entry further on"),
        ("band_db_q16", 1, "the bands' constants (band_db_q16) are read 1 entry further on"),
    ],
)
def test_a_table_that_is_read_elsewhere_is_named(bundle: Bundle, name: str, by: int, words: str) -> None:
    """Beyond its end it reads what lies there in the image."""
    cause = entry_cause(traced(bundle, further(name, by)), bundle)
    assert cause is not None and cause.told == words and cause.computed


def test_what_it_makes_of_other_samples_is_computed(bundle: Bundle) -> None:
    poke = entry("twiddles", 100, lambda value: value ^ 1 << 28)
    cause = entry_cause(traced(bundle, poke), bundle)
    assert cause is not None
    ((said, columns),) = cause.tables
    assert said == cause.told and cause.computed
    quantisation = bundle.model.input
    front_end = PokedFrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
    samples = sound(bundle, 9)
    right = front_end.features(samples)
    poke(front_end, bundle)
    assert np.array_equal(columns(samples), front_end.features(samples))
    assert not np.array_equal(columns(samples), right)


def test_two_wrong_entries_have_no_name(bundle: Bundle) -> None:
    def both(front_end: PokedFrontEnd, bundle: Bundle) -> None:
        entry("weights", 55, lambda value: value // 2)(front_end, bundle)
        entry("weights", 56, lambda value: value // 2)(front_end, bundle)

    assert told(bundle, both) == ""
    trace = traced(bundle, entry("weights", 55, lambda value: value // 2))
    assert entry_cause(replace(trace, samples=None), bundle) is None
    assert entry_cause(replace(trace, stages=()), bundle) is None


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [
        ("window", 200, "entry 200 of the window's weights (window) is "),
        ("twiddles", 100, "entry 100 of the FFT's twiddle factors (twiddles) is "),
        ("half_twists", 60, "entry 60 of the FFT's last twiddle factors (half_twists) is "),
        ("down", 30, "entry 30 of the mel weights of the falling edges (down) is "),
        ("up", 30, "entry 30 of the mel weights of the rising edges (up) is "),
    ],
)
def test_so_are_those_of_a_front_end_that_remembers(micro: Bundle, name: str, place: int, words: str) -> None:
    """Others that give the same of one column are named, too: the files' columns decide."""
    trace = traced(micro, entry(name, place, lambda value: value ^ 1 << 10), 5)
    cause = entry_cause(trace, micro)
    assert cause is not None and words in cause.told and cause.told.count("entry") == len(cause.tables)


def test_so_is_one_with_which_no_stream_could_be_begun(bundle: Bundle) -> None:
    """As where the memory was changed since: 400 dB are beyond what the image may hold."""
    trace = traced(bundle, entry("band_db_q16", 11, lambda value: value ^ 1 << 16))
    log, by = trace.stages[-1], 400 * 65536
    device = np.frombuffer(log.host, "<i4").copy()
    device[11] += by
    spoilt = replace(log, device=device.tobytes())
    cause = entry_cause(replace(trace, stages=(*trace.stages[:-1], spoilt)), bundle)
    assert cause is not None
    assert (
        f"entry 11 of the bands' constants (band_db_q16) is {bundle.tables.band_db_q16[11] + by:,}"
        in cause.told
    )
    columns = cause.tables[0][1](sound(bundle, 3))
    assert (columns[:, 11] == 127).all() and (columns[:, 12] != 127).all()


@pytest.mark.parametrize(
    ("preset_name", "stage", "table", "places", "words"),
    [
        ("mlperf-kws", "cells", "weights", (40, 45, 50), "of the DCT's weights (weights) is "),
        ("esphome", "cells", "cells", (465, 493, 504), "of the table of cells (cells) is "),
        ("esphome", "pcan", "gains", (60, 64, 68), "of the gains (PCAN) (gains) is "),
        (
            "biodcase-2026",
            "log",
            "log_fractions",
            (20, 24, 31, 36),
            "of the logarithm's table (log_fractions) is ",
        ),
    ],
)
def test_tables_of_other_kinds_are_named(
    bundle: Bundle, preset_name: str, stage: str, table: str, places: tuple[int, ...], words: str
) -> None:
    other = replace(bundle, settings=preset(preset_name).settings())
    (values,) = (values for name, values in _rows(_tables_of(other), stage) if name.endswith(table))
    for place in places:

        def poke(front_end: PokedFrontEnd, _: Bundle, place: int = place) -> None:
            memory = front_end.table(values)
            assert memory is not None
            memory[place] ^= 1 << 8 * memory.itemsize - 4

        cause = entry_cause(traced(other, poke, 3), other)
        if cause is not None:
            break
    assert cause is not None and f"entry {place} {words}" in cause.told
