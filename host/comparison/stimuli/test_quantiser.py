"""The last two steps of the front end in numbers, against the C core and against brute force."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_stages import Segments, Stages
from ...errors import HilError
from .quantiser import Quantiser
from .seeds import front_end

pytestmark = pytest.mark.native
BAND = 2
Int64 = NDArray[np.int64]


@pytest.fixture
def quantiser(tiny: Bundle) -> Quantiser:
    return Quantiser(tiny.tables)


def _noise(tiny: Bundle, level: float) -> NDArray[np.int16]:
    noise = np.random.default_rng(7).normal(0, level, tiny.settings.samples_for(40))
    return np.clip(noise, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("level", [1.0, 300.0, 20_000.0])
def test_its_cells_are_the_cores(tiny: Bundle, quantiser: Quantiser, level: float) -> None:
    core, sound = front_end(tiny), _noise(tiny, level)
    values, cells = core.values(sound), core.features(sound)
    quantiser.check(values, cells)
    assert np.array_equal(quantiser.cells(values), cells)
    cells[3, 1] ^= 1
    with pytest.raises(HilError, match="quantiser is not the one"):
        quantiser.check(values, cells)


def test_cells_end_at_the_rails(quantiser: Quantiser) -> None:
    assert quantiser.cells(np.array([-100, 40]) << 16).tolist() == [-128, 127]


def test_another_cell_begins_at_each_edge(quantiser: Quantiser) -> None:
    edges = quantiser.edges()
    assert quantiser.cells(edges).tolist() == list(range(-127, 128))
    assert quantiser.cells(edges - 1).tolist() == list(range(-128, 127))


def test_a_place_is_that_in_the_table(tiny: Bundle, quantiser: Quantiser) -> None:
    octave, offset = quantiser.octave, tiny.tables.band_db_q16[BAND]
    values = offset + np.array([0, 5, octave[-1] - 1, octave[-1], -1, -int(octave[-1])])
    assert quantiser.place(values, BAND).tolist() == [0, 5, octave[-1] - 1, 0, octave[-1] - 1, 0]


def _rows(quantiser: Quantiser, entry: int, by: int) -> Iterator[tuple[int, Int64, Int64, Int64]]:
    """Of each row beside an entry: its number, all fractions, and what they give now and with the entry changed."""
    octave = quantiser.octave
    patched = octave.copy()
    patched[entry] += by
    fractions = np.arange(1 << 15)
    for row in sorted({max(entry - 1, 0), min(entry, len(octave) - 2)}):
        now, then = (
            table[row] + ((table[row + 1] - table[row]) * fractions >> 15) for table in (octave, patched)
        )
        yield row, fractions, now, then


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("entry", [0, 1, 30, 63, 64])
def test_a_chance_is_how_many_of_the_energies_of_a_value_move(
    tiny: Bundle, quantiser: Quantiser, entry: int, by: int
) -> None:
    """Every fraction of both rows beside the entry, in each octave."""
    lowest, octave = tiny.tables.band_db_q16[BAND], int(quantiser.octave[-1])
    seen = 0
    for (row, fractions, low_now, low_then), octaves in product(_rows(quantiser, entry, by), range(35, 58)):
        now, then = (lowest + octaves * octave + low for low in (low_now, low_then))
        moved = quantiser.cells(then) != quantiser.cells(now)
        if not moved.any():
            continue
        rows = np.full(len(now), row)
        assert np.array_equal(quantiser.moves(now, rows, fractions, entry, by), moved)
        values, which, counts = np.unique(now, return_inverse=True, return_counts=True)
        values, share, counts = values[1:-1], (np.bincount(which, moved) / counts)[1:-1], counts[1:-1]
        chance = quantiser.chance(values, BAND, entry, by)
        assert np.abs(chance - share).max() < 0.09
        assert (chance[share == 0] == 0).all() and (chance[share == 1] == 1).all()
        seen += np.count_nonzero(chance)
    assert seen > 0


def test_a_chance_is_one_of_all_fractions_that_give_a_value(
    tiny: Bundle, quantiser: Quantiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first to the last: one more is the next value's."""
    octave, offset = quantiser.octave, tiny.tables.band_db_q16[BAND]
    row = next(row for row in range(64) if (octave[row + 1] - octave[row]) % 2)  # so that any remainder comes
    low = octave[row] + ((octave[row + 1] - octave[row]) * np.arange(1 << 15) >> 15)
    values, first, counts = np.unique(low, return_index=True, return_counts=True)
    tried: list[Int64] = []

    def moves(
        _: Quantiser, values: Int64, rows: Int64, fraction: Int64, entry: int, by: int
    ) -> NDArray[np.bool_]:
        assert (rows == row).all() and (entry, by) == (30, 1)
        tried.append(fraction)
        return np.zeros(len(values), np.bool_)

    monkeypatch.setattr(Quantiser, "moves", moves)
    assert not quantiser.chance(values + offset, BAND, 30, 1).any()
    np.testing.assert_array_equal(np.min(tried, axis=0), first)
    np.testing.assert_array_equal(np.max(tried, axis=0), first + counts - 1)


def test_what_lies_on_the_floor_does_not_move(tiny: Bundle, quantiser: Quantiser) -> None:
    floor = tiny.tables.floor_q16
    values = np.array([floor, floor + 1])
    moved = quantiser.moves(values, np.array([30, 30]), np.array([0, 0]), 30, 1 << 20)
    assert moved.tolist() == [False, True]


def _segments(up: list[int], down: list[int], shift: list[int]) -> Segments:
    return Segments(np.array(up, np.uint32), np.array(down, np.uint32), np.array(shift, np.int32))


def test_logarithms_are_the_cores(tiny: Bundle, quantiser: Quantiser) -> None:
    """Of any energy, whichever of a band's two sides is the larger one, and at both ends of an octave."""
    stages = Stages(tiny.tables.settings, tiny.model.input.scale, tiny.model.input.zero_point)
    rng = np.random.default_rng(3)
    floor = tiny.tables.floor_q16
    told = 0
    for _ in range(300):
        bits = rng.integers(1, 31, (2, 5))
        up, down = (rng.integers(0, 1 << bits) | (rng.random(bits.shape) < 0.5)).tolist()
        segments = _segments(up, down, (rng.integers(11, 17) + rng.integers(0, 4, 5)).tolist())
        right = stages.log(segments)
        for band in range(4):
            if int(segments.up[band]) + int(segments.down[band + 1]) == 0 or right[band] <= floor:
                continue
            try:
                row, fraction, value = quantiser.interpolated(segments, band)
            except ValueError:
                continue  # shifted out
            assert value == right[band]
            assert 0 <= row <= 63 and 0 <= fraction < 1 << 15
            told += 1
    assert told > 500


def test_silence_has_no_logarithm(quantiser: Quantiser) -> None:
    with pytest.raises(ValueError, match="no energy"):
        quantiser.interpolated(_segments([0] * 5, [0] * 5, [0] * 5), 1)


@pytest.mark.parametrize(
    ("mantissa", "row", "fraction"), [(1 << 31, 0, 0), ((1 << 32) - 1, 63, 32767), (3 << 30, 32, 0)]
)
def test_a_row_and_a_fraction_are_the_energys_next_bits(
    quantiser: Quantiser, mantissa: int, row: int, fraction: int
) -> None:
    segments = _segments([mantissa] * 5, [0] * 5, [0] * 5)
    assert quantiser.interpolated(segments, 0)[:2] == (row, fraction)
