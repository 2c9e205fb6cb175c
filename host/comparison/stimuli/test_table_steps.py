"""Sound that tells a table which is a step off: what is said to be found is, by wrong tables and by the core's rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...core.c_stages import Stages
from ...errors import HilError
from . import table_steps
from .conftest import clock_of, with_settings
from .quantiser import Quantiser
from .seeds import front_end
from .table_steps import TableSearch, TableSound, spread_out

pytestmark = pytest.mark.native


def _search(bundle: Bundle, looks: int = 10_000) -> TableSound:
    return TableSearch(bundle, np.random.default_rng(1)).run(clock_of(looks))


@pytest.fixture(scope="module")
def straight(tiny: Bundle) -> Bundle:
    """Three bands whose edges lie on bins: some shares are 0 and cannot be less. Of magnitudes, so without entries."""
    options: dict[str, Any] = {"bands": 3, "fmin": 0.0, "fmax": 1000.0, "spectrum": "magnitude"}
    return with_settings(tiny, **options)


def test_all_steps_of_shares_are_found(straight: Bundle) -> None:
    found, tables = _search(straight), straight.tables
    shares = tables.shares_q16
    assert shares == (32768, 0, 32768, 0, 32768, 0, 32768)
    every = {(index, step) for index in range(7) for step in (1, -1) if shares[index] + step >= 0}
    assert found.shares == every and found.shares_in_all == len(every) == len(found.pieces)
    assert {piece.shape for piece in found.pieces} == {(128,)}
    _hold_shares(straight, found)


def _hold_shares(bundle: Bundle, found: TableSound) -> None:
    """Hold what was found against front ends of which one share is a step off."""
    sound, tables = spread_out(bundle, np.stack(found.pieces)), bundle.tables
    right = front_end(bundle).features(sound)
    for index, step in found.shares:
        shares = tables.shares_q16
        wrong = replace(tables, shares_q16=(*shares[:index], shares[index] + step, *shares[index + 1 :]))
        assert not np.array_equal(FrontEnd(bundle.settings, tables=wrong).features(sound), right), index


def test_steps_of_entries_are_found(tiny: Bundle) -> None:
    """Held against the core's rule, on the energies that the core finds in the sound."""
    found = _search(tiny, 8)
    assert found.entries == {(entry, step) for entry in range(8) for step in (1, -1)}
    assert found.entries_in_all == 130 and len(found.pieces) <= 16
    quantiser, places = Quantiser(tiny.tables), []
    stages = Stages(tiny.tables.settings, tiny.model.input.scale, tiny.model.input.zero_point)
    for piece in found.pieces:
        segments = stages.mel(stages.rfft(stages.window(piece)))
        places += [quantiser.interpolated(segments, band) for band in range(tiny.settings.bands)]
    rows, fractions, values = np.array(places).T
    for entry, step in found.entries:
        assert quantiser.moves(values, rows, fractions, entry, step).any(), entry


def test_each_piece_makes_a_column_of_its_own(tiny: Bundle) -> None:
    pieces = np.stack(_search(tiny, 2).pieces)
    alone = [front_end(tiny).features(piece)[0] for piece in pieces]
    assert len(alone) >= 3
    assert np.array_equal(front_end(tiny).features(spread_out(tiny, pieces))[::2], alone)
    assert len(spread_out(tiny, pieces)) == len(alone) * 2 * tiny.settings.hop


def test_a_search_ends_with_its_time(tiny: Bundle, straight: Bundle) -> None:
    cut = _search(tiny, 2)
    assert {entry for entry, _ in cut.entries} == {0, 1} and not cut.shares
    assert (cut.entries_in_all, cut.shares_in_all) == (130, 2 * len(tiny.tables.shares_q16))
    cut = _search(straight, 2)
    assert {share for share, _ in cut.shares} == {0, 1} and cut.shares_in_all == 11


def test_the_same_sound_is_found_each_time(tiny: Bundle) -> None:
    one, other = _search(tiny, 2), _search(tiny, 2)
    assert np.array_equal(one.pieces, other.pieces)


def test_shares_stay_within_16_bits(straight: Bundle) -> None:
    odd = replace(straight)
    shares = (0, 1, 65534, 65535, 5, 6, 7)
    vars(odd)["tables"] = replace(straight.tables, shares_q16=shares)
    assert _search(odd, 0).shares_in_all == 12


@pytest.mark.parametrize(
    ("options", "shares"),
    [
        ({"window": 100, "hop": 40, "fft": 100}, True),  # of no power of two
        ({"log_offset": 1e-6}, True),
        ({"spectrum": "magnitude", "window": 96, "window_placement": "start"}, True),
        ({"pre_emphasis": 0.9}, False),
        ({"padding": "reflect"}, False),
    ],
)
def test_front_ends_with_options_are_searched_as_far_as_they_can_be(
    tiny: Bundle, options: dict[str, Any], shares: bool
) -> None:
    """The core's plain stages, by which entries are found, refuse them."""
    bundle = with_settings(tiny, **options)
    found = _search(bundle, 4)
    assert found.entries_in_all == 0 and not found.entries
    assert bool(found.shares_in_all) == bool(found.shares) == bool(found.pieces) == shares
    if shares:
        _hold_shares(bundle, found)


@pytest.mark.parametrize("placement", ["centre", "start"])
def test_tones_lie_in_the_middle_of_their_band(tiny: Bundle, placement: str) -> None:
    """Wherever the window lies in the FFT, whose bins they are."""
    options: dict[str, Any] = {"window": 96, "window_placement": placement}
    bundle = with_settings(tiny, **options)
    search = TableSearch(bundle, np.random.default_rng(1))
    for band in range(4):
        assert 0 <= search._middle(band) - bundle.settings.band_centres()[band] <= 125
    rate, span = bundle.settings.sample_rate, bundle.settings.span
    time_s = np.arange(span) / rate
    tones = [32_000 * np.sin(2 * np.pi * hz * time_s + 0.5) for hz in np.arange(1000, 3501, 125)]
    every = [front_end(bundle).values(np.rint(tone).astype(np.int16))[0] for tone in tones]
    tops = np.array([value for _, value in search._tops()])
    assert np.abs(tops - np.max(every, axis=0)).max() < 1 << 16, "no other tone is louder in it, by a dB"


def test_a_search_takes_few_looks(tiny: Bundle, straight: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some four of the front end for each step: it has a minute for a real one's thousand."""
    looks = 0

    def counted(bundle: Bundle, pieces: NDArray[np.int16]) -> NDArray[np.int16]:
        nonlocal looks
        looks += 1
        return spread_out(bundle, pieces)

    monkeypatch.setattr(table_steps, "spread_out", counted)
    assert len(_search(tiny, 8).entries) == 16 and 30 < looks < 60
    looks = 0
    assert len(_search(straight).shares) == 11 and 25 < looks < 50


def test_where_nothing_can_be_looked_for_nothing_is_found(tiny: Bundle) -> None:
    assert _search(with_settings(tiny, pre_emphasis=0.9)) == TableSound()


def test_sounds_around_an_edge_are_one_tone_with_little_noise(tiny: Bundle) -> None:
    search = TableSearch(tiny, np.random.default_rng(1))
    (tone,) = search._tones(1500.0, np.array([20_000.0]), 0.7).astype(int)
    assert tone[0] == round(20_000 * np.sin(0.7)) and np.argmax(tone[:11]) == 1
    assert np.abs(np.fft.rfft(tone)).argmax() == 12, "of 128 samples at 16 kHz"
    around = search._dithered(1500.0, 20_000.0, 0.7).astype(int)
    off = around - tone
    assert 2 <= np.abs(off).max() <= 4, "1e-4 of the amplitude, a step of noise, and roundings"
    assert len(np.unique(around, axis=0)) > 0.95 * len(around)
    shift = (around @ tone) / (tone @ tone) - 1
    assert 5e-5 < shift.max() < 1.5e-4 and 5e-5 < -shift.min() < 1.5e-4
    noise = np.sqrt(np.mean((around - (1 + shift[:, None]) * tone) ** 2, axis=1))
    assert noise.min() < 0.5 and 0.7 < noise.max() < 0.9, "from hardly any but roundings to a step either way"
    loud = search._dithered(1000.0, 32_767.9, np.pi / 2).astype(int)
    assert (loud.max(), loud.min()) == (32_767, -32_768), "and none beyond"
    wave = search._tones(1000.0, np.array([20_000.0]), np.pi / 2)
    assert (loud * (wave / 20_000) >= -1).all(), "where it would change its sign"


def test_a_core_with_another_quantiser_is_told(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = Quantiser.cells
    monkeypatch.setattr(Quantiser, "cells", lambda self, values: cells(self, values) ^ 1)
    with pytest.raises(HilError, match="quantiser is not the one"):
        _search(tiny)


def test_a_core_with_another_logarithm_is_told(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Quantiser, "interpolated", lambda *_: (0, 0, 5))
    with pytest.raises(HilError, match="logarithm is not the one"):
        _search(tiny)


def test_the_loudest_bin_of_a_band_is_the_first_above_its_middle_or_the_last_below(tiny: Bundle) -> None:
    search = TableSearch(tiny, np.random.default_rng(1))
    search._tables = replace(tiny.tables, first_bin=8, segment_bins=(3, 0, 2, 0, 1))
    assert [search._middle(band) / 125 for band in range(4)] == [10, 11, 12, 13]


def test_a_tone_has_the_log_mel_that_its_amplitude_was_computed_for(tiny: Bundle) -> None:
    """Within the loudest 20 dB, at any phase, so that no amplitude has to be looked for."""
    search, off = TableSearch(tiny, np.random.default_rng(1)), []
    for band, (hz, top) in enumerate(search._tops()):
        for down_db in range(1, 20):
            _, values = search._close_to(band, hz, 32_000 * 10 ** (-down_db / 20))
            off.append(abs(np.median(values) - top + (down_db << 16)))
    assert max(off) < 50, "steps of some 20,000 that make a cell"


def test_values_are_promising_within_50_db_of_the_loudest_and_a_db_above_the_floor(tiny: Bundle) -> None:
    search, db = TableSearch(tiny, np.random.default_rng(1)), 1 << 16

    def promising(top: int) -> list[int]:
        tries = [search._promising(entry, step, [(1500.0, top)]) for entry in range(65) for step in (1, -1)]
        return sorted({value for each in tries for _, value in each})

    values = promising(0)
    assert -50 * db < values[0] < -49 * db and -1 * db < values[-1] < 0
    assert promising(values[-1])[-1] == values[-2], "the loudest itself leaves no room"
    assert promising(values[0] + 50 * db)[0] == values[1]
    floor = tiny.tables.floor_q16
    values = promising(floor + 3 * db)
    assert floor + db < values[0] < floor + 1.5 * db and floor + 2.5 * db < values[-1] < floor + 3 * db


def test_an_edge_is_found_wherever_it_lies_between_two_amplitudes(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sounds are their amplitudes here, and a cell has one edge."""
    search, wide = TableSearch(tiny, np.random.default_rng(1)), np.geomspace(100, 32_000, 64)
    tried: list[float] = []

    def dithered(_: float, amplitude: float, __: float) -> NDArray[Any]:
        tried.append(amplitude)
        return np.array([[amplitude]])

    monkeypatch.setattr(search, "_tones", lambda _, amplitudes, __: amplitudes[:, None])
    monkeypatch.setattr(search, "_dithered", dithered)
    for edge in (wide[20] + 1e-6, (wide[20] + wide[21]) / 2, wide[21] - 1e-6):
        monkeypatch.setattr(
            search,
            "_columns",
            lambda pieces, _, edge=edge: np.repeat(pieces > edge, 4, axis=1).astype(np.int8),
        )
        search._seek_share(3, TableSound())
    assert len(tried) == 6, "of the bands below and above the share"
    assert np.array(tried) == pytest.approx(
        np.repeat([wide[20], (wide[20] + wide[21]) / 2, wide[21]], 2), 2e-5
    )
