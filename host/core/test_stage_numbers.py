"""Tables and sums of the log-mel stages number by number, against the formulas that they stand for."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.log_mel.tables import build_tables, mel_segments
from .c_frontend import octave_table
from .c_stages import Segments, Stages

pytestmark = pytest.mark.native

Int64 = NDArray[np.int64]
SETTINGS = LogMelSettings(16000, 1024, 512, 1024, 40, 0.0, 8000.0, -140.0)
ROOTS = np.array([round(2**14 * math.sqrt(i << 24)) for i in range(64, 257)], np.int64)
OCTAVE = [round(10 * math.log10(1 + i / 64) * 65536) for i in range(65)]


def test_logarithms_of_an_octave_are_the_formulas() -> None:
    assert octave_table().tolist() == OCTAVE


# ---- magnitudes


def roots(power: Int64, more: int = 0) -> Int64:
    """2^6 sqrt(power) of powers from 2^28 to 2^31, by straight lines between 192 places of the table.

    Args:
        power: any shape.
        more: what is added to the place where each line begins, and there alone.
    """
    zeros = np.where(power < 1 << 30, 2, 0)
    m = power << zeros
    place, fraction = (m >> 24) - 64, m >> 8 & 0xFFFF
    low, high = ROOTS[place] + more, ROOTS[place + 1]
    return (low + ((high - low >> 8) * fraction >> 8)) >> 8 + zeros // 2


def magnitudes(re: Int64, im: Int64) -> Int64:
    """What the core makes of a spectrum with one bin in each segment that is not 0: Re and Im, 15 bits the larger."""
    first, counts, _ = mel_segments(SETTINGS)
    assert min(counts) > 0 and len(re) <= len(counts)
    at = first + np.cumsum((0, *counts))[: len(re)]
    spectrum = np.zeros(SETTINGS.fft, np.int32)
    spectrum[at], spectrum[SETTINGS.fft - at] = re, im
    segments = Stages(SETTINGS).mel(spectrum, magnitude=True)
    assert set(segments.shift[: len(re)]) == {11 - 17}
    return segments.up[: len(re)].astype(np.int64) + segments.down[: len(re)]


def test_every_root_of_the_table_is_the_formulas() -> None:
    """With powers at which one more in a place of the table gives another magnitude."""
    rng = np.random.default_rng(1)
    re: Int64 = rng.integers(1 << 14, 1 << 15, 1_200_000, np.int64)
    im: Int64 = rng.integers(0, 1 << 15, 1_200_000, np.int64)
    power: Int64 = (re * re + im * im).astype(np.int64)
    shows = np.flatnonzero(roots(power, 1) != roots(power))
    place = (power[shows] << np.where(power[shows] < 1 << 30, 2, 0) >> 24) - 64
    telling = shows[np.unique(place, return_index=True)[1]]
    assert len(telling) == 192
    for some in np.split(telling, range(40, 192, 40)):
        np.testing.assert_array_equal(magnitudes(re[some], im[some]), roots(power[some]))


def wrapped(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def root(power: int) -> int:
    if power == 0:
        return 0
    zeros = 32 - power.bit_length() & ~1
    m = power << zeros
    row, fraction = (m >> 24) - 64, m >> 8 & 0xFFFF
    return (int(ROOTS[row]) + ((int(ROOTS[row + 1] - ROOTS[row]) >> 8) * fraction >> 8)) >> 8 + zeros // 2


def magnitude_segments(spectrum: list[int]) -> list[tuple[int, int, int]]:
    """(up, down, shift) of each segment: its bins are brought to 15 bits by the loudest, and rounded."""
    first, counts, shares = mel_segments(SETTINGS)
    found, bin_number = [], first
    for count in counts:
        bins = [(spectrum[k], spectrum[SETTINGS.fft - k]) for k in range(bin_number, bin_number + count)]
        loudest = max((abs(value) for pair in bins for value in pair), default=0)
        zeros = max(1, 32 - max(loudest, 1).bit_length())
        total = up = 0
        for (re, im), share in zip(bins, shares[bin_number - first :], strict=False):
            a, b = (wrapped((value << zeros - 1) + 0x8000) >> 16 for value in (re, im))
            magnitude = root(a * a + b * b)
            total += magnitude
            up += magnitude * share >> 16
        found.append((up, total - up, 11 - zeros))
        bin_number += count
    return found


@pytest.mark.parametrize("bits", [0, 1, 7, 14, 15, 16, 17, 23, 29])
def test_magnitudes_of_any_spectrum(bits: int) -> None:
    rng = np.random.default_rng(bits)
    for share in (0.05, 1.0):
        values = rng.integers(-(1 << bits), (1 << bits) + 1, SETTINGS.fft)
        values = (values >> rng.integers(0, bits + 1, SETTINGS.fft)) * (rng.random(SETTINGS.fft) < share)
        segments = Stages(SETTINGS).mel(values.astype(np.int32), magnitude=True)
        found = [tuple(map(int, each)) for each in zip(*segments, strict=True)]
        assert found == magnitude_segments(values.tolist())


def test_magnitudes_of_the_lowest_number_that_there_is() -> None:
    """It has one bit more than its negative, which is no number."""
    first, counts, _ = mel_segments(SETTINGS)
    values = np.zeros(SETTINGS.fft, np.int64)
    for segment, (re, im) in enumerate(((-(1 << 31), 0), (0, -(1 << 31)), (-(1 << 31), (1 << 31) - 1))):
        at = first + sum(counts[:segment])
        values[at], values[SETTINGS.fft - at] = re, im
    segments = Stages(SETTINGS).mel(values.astype(np.int32), magnitude=True)
    found = [tuple(map(int, each)) for each in zip(*segments, strict=True)]
    assert found == magnitude_segments(values.tolist())
    assert [shift for _, _, shift in found[:3]] == [10, 10, 10]


# ---- logarithms


def decibels(energy: int, exponent: int) -> int:
    """10 log10 of energy * 2^exponent in Q16, of 16 bits behind its highest one."""
    zeros = 32 - energy.bit_length()
    m = energy << zeros
    row, fraction = m >> 25 & 63, m >> 10 & 0x7FFF
    return (
        (exponent + 31 - zeros) * OCTAVE[64]
        + OCTAVE[row]
        + ((OCTAVE[row + 1] - OCTAVE[row]) * fraction >> 15)
    )


@pytest.mark.parametrize("seed", range(12))
def test_logarithms_of_any_energies(seed: int) -> None:
    """Two sides are added in the unit of the coarser one, whose last bits the other loses."""
    rng, count = np.random.default_rng(seed), SETTINGS.bands + 1
    up, down = (rng.integers(0, 1 << 31, count) >> rng.integers(0, 32, count) for _ in range(2))
    shift = rng.integers(-9, 23, count) if seed % 2 else np.clip(seed + rng.integers(-2, 3, count), -9, 22)
    segments = list(zip(up.tolist(), down.tolist(), shift.tolist(), strict=True))
    found = Stages(SETTINGS).log(
        Segments(up.astype(np.uint32), down.astype(np.uint32), shift.astype(np.int32))
    )
    tables = build_tables(SETTINGS, 0.5, 0)
    for band, (lower, upper) in enumerate(pairwise(segments)):
        unit = max(lower[2], upper[2])
        energy = (lower[0] >> 2 * (unit - lower[2])) + (upper[1] >> 2 * (unit - upper[2]))
        value = decibels(energy, 2 * unit) + tables.band_db_q16[band] if energy else tables.floor_q16
        assert found[band] == max(value, tables.floor_q16)


def test_the_floor_is_kept_to_the_last_bit() -> None:
    """An energy at the floor, one step below and one above."""
    tables = build_tables(LogMelSettings(16000, 1024, 512, 1024, 40, 0.0, 8000.0, -20.0), 0.5, 0)
    stages = Stages(tables.settings)
    count = tables.settings.bands + 1
    for bits in range(1, 31):
        up = np.full(count, (1 << bits) + 1, np.uint32)
        found = stages.log(Segments(up, np.zeros(count, np.uint32), np.full(count, -9, np.int32)))
        values = [decibels((1 << bits) + 1, -18) + band for band in tables.band_db_q16]
        assert found.tolist() == [max(value, tables.floor_q16) for value in values]


# ---- logarithms with options: numbers of 32 bits and an exponent, whatever their distance

MAGNITUDE, OFFSET = 1, 2


def normal(mantissa: int, exponent: int) -> tuple[int, int]:
    zeros = 32 - mantissa.bit_length()
    return (mantissa << zeros, exponent - zeros) if mantissa else (0, 0)


def added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The sum of two numbers, each brought to the larger exponent and one more, where it loses its last bits."""
    if not a[0] or not b[0]:
        return b if not a[0] else a
    exponent = max(a[1], b[1]) + 1
    return normal((a[0] >> exponent - a[1]) + (b[0] >> exponent - b[1]), exponent)


@pytest.mark.parametrize("flags", [MAGNITUDE, OFFSET, MAGNITUDE | OFFSET, 4])
@pytest.mark.parametrize("far", [0, 3, 40])
def test_logarithms_of_any_numbers(flags: int, far: int) -> None:
    rng, count = np.random.default_rng(flags + far), SETTINGS.bands + 1
    stages, tables = Stages(SETTINGS), build_tables(SETTINGS, 0.5, 0)
    for _ in range(15):
        up, down = (rng.integers(0, 1 << 32, count) >> rng.integers(0, 33, count) for _ in range(2))
        up[::3] |= 0x3FF  # one more there carries
        up[::7] = 0
        down[::5] = 0
        shift = np.clip(rng.integers(-far, far + 1, count), -20, 22)
        offsets = [
            (int(rng.integers(1 << 31, 1 << 32)), int(rng.integers(-far - 32, far + 1)))
            for _ in range(count - 1)
        ]
        segments = Segments(up.astype(np.uint32), down.astype(np.uint32), shift.astype(np.int32))
        found = stages.log(segments, flags, offsets)
        unit = 1 if flags & MAGNITUDE else 2
        for band in range(count - 1):
            number = added(
                normal(int(up[band]), unit * int(shift[band])),
                normal(int(down[band + 1]), unit * int(shift[band + 1])),
            )
            if flags & OFFSET:
                number = added(number, offsets[band])
            value = (
                decibels(*number) * (2 // unit) + tables.band_db_q16[band] if number[0] else tables.floor_q16
            )
            assert found[band] == max(value, tables.floor_q16)
