"""Calls lie where their kind of bird calls, and a sound loses on its way what it should."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from . import calls, path, songs
from .scene import generator
from .signal import Rng, Signal, oscillator

RATE = 8000


def _spectrum(sound: Signal) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return np.fft.rfftfreq(len(sound), 1.0 / RATE), power / power.sum()


def _middle(sound: Signal) -> float:
    """Frequency with half of the power on either side."""
    frequency, power = _spectrum(sound)
    return float(frequency[np.searchsorted(np.cumsum(power), 0.5)])


def _middles(kind: str) -> list[float]:
    return [_middle(songs.song(generator(seed, 4), kind, 3.0, RATE, 0.9)) for seed in range(12)]


@pytest.mark.parametrize(("kind", "low", "high"), [("low-coo", 200.0, 700.0), ("thin", 2500.0, 3900.0)])
def test_low_and_high_callers_keep_to_their_band(kind: str, low: float, high: float) -> None:
    assert all(low < middle < high for middle in _middles(kind))


@pytest.mark.parametrize("kind", ["harsh", "dry-rattle", "ticks"])
def test_harsh_sounds_are_broad(kind: str) -> None:
    widths = []
    for seed in range(12):
        frequency, power = _spectrum(songs.song(generator(seed, 4), kind, 3.0, RATE, 0.9))
        low, high = np.interp([0.1, 0.9], np.cumsum(power), frequency)
        widths.append(high - low)
    assert np.median(widths) > 500.0 and min(widths) > 150.0


def test_a_woodpecker_strikes_as_often_as_one() -> None:
    tempos = []
    for seed in range(30):
        phrase = calls.drumming(generator(seed, 5), RATE)
        periods = [gap + len(strike) / RATE for gap, strike in phrase]
        tempos.append(1.0 / float(np.mean(periods)))
    drums = [tempo for tempo in tempos if tempo > 7.0]
    assert len(drums) > 15 and max(drums) < 26.0 and min(tempos) > 1.0


def test_every_call_is_sung_by_someone_and_no_name_stands_twice() -> None:
    assert set(calls.KINDS) < set(songs.KINDS)
    drawn = {songs.random_kind(generator(seed, 6)) for seed in range(600)}
    assert drawn == set(songs.KINDS)


def _chirp(rng: Rng) -> Signal:
    tone = oscillator(np.linspace(500.0, 3000.0, 2 * RATE), RATE) + 0.01 * rng.standard_normal(2 * RATE)
    return np.concatenate([np.zeros(RATE // 2), 0.3 * tone, np.zeros(RATE // 2)])


def test_the_air_takes_high_notes_first() -> None:
    noise = generator(1, 8).standard_normal(4 * RATE)
    lost = []
    for seed in range(20):
        frequency, power = _spectrum(path.from_afar(generator(seed, 9), noise, RATE))
        low, high = (power[(frequency > a) & (frequency < b)].mean() for a, b in ((250, 600), (3200, 3900)))
        lost.append(10.0 * np.log10(low / high))
    assert min(lost) > -1.5 and max(lost) > 6.0  # echoes of a wood ripple by a decibel


def test_wind_shakes_the_membrane_below_all_birds() -> None:
    for seed in range(5):
        wind = path.wind_on_the_microphone(generator(seed, 10), 4 * RATE, RATE)
        frequency, power = _spectrum(wind)
        assert power[frequency < 300.0].sum() > 0.9 and np.max(np.abs(wind)) <= 1.0


def test_mp3_keeps_length_and_time_and_changes_the_sound() -> None:
    sound = _chirp(generator(2, 11))
    coded = path.through_mp3(sound, RATE)
    assert len(coded) == len(sound)
    size = 2 * len(sound)
    product = np.fft.irfft(np.fft.rfft(coded, size) * np.conj(np.fft.rfft(sound, size)), size)
    assert abs((int(np.argmax(product)) + size // 2) % size - size // 2) <= 2
    error = float(np.sqrt(np.mean((coded - sound) ** 2)) / np.sqrt(np.mean(sound**2)))
    assert 1e-4 < error < 0.5
