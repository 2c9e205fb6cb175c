"""Synthetic test signals for the front end: each strains another part of it. Used by tests only."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Int16 = NDArray[np.int16]
FULL_SCALE = 32767.0


def _int16(values: NDArray[np.float64]) -> Int16:
    return np.clip(np.round(values), -32768, 32767).astype(np.int16)


def _gain(db: float) -> float:
    return float(FULL_SCALE * 10 ** (db / 20))


def silence(rate: int, n: int) -> Int16:
    """All zeros."""
    del rate
    return np.zeros(n, np.int16)


def constant(rate: int, n: int) -> Int16:
    """Full-scale DC, of both signs."""
    del rate
    return np.where(np.arange(n) < n // 2, 32767, -32768).astype(np.int16)


def impulses(rate: int, n: int) -> Int16:
    """Single samples of full scale, at distances that fall differently into columns."""
    del rate
    values = np.zeros(n, np.int16)
    values[700::1471] = 32767
    values[900::2113] = -32768
    return values


def square(rate: int, n: int) -> Int16:
    """A full-scale square wave whose period is not a whole number of samples."""
    return np.where(np.sin(2 * np.pi * 441.3 * np.arange(n) / rate) >= 0, 32767, -32768).astype(np.int16)


def clipped(rate: int, n: int) -> Int16:
    """Two tones, 12 dB over full scale."""
    t = np.arange(n) / rate
    return _int16(2 * FULL_SCALE * (np.sin(2 * np.pi * 523 * t) + np.sin(2 * np.pi * 1817 * t)))


def noise(rate: int, n: int, db: float) -> Int16:
    """White noise; its standard deviation is 12 dB below `db` re full scale."""
    del rate
    return _int16(np.random.default_rng(7).normal(0, _gain(db - 12), n))


def tone(rate: int, n: int, db: float) -> Int16:
    """A sine that falls between two bins, at `db` re full scale."""
    return _int16(_gain(db) * np.sin(2 * np.pi * 0.15431 * rate * np.arange(n) / rate))


def sweep(rate: int, n: int, db: float) -> Int16:
    """A sine from 50 Hz to just below half the sample rate, at `db` re full scale."""
    t = np.arange(n) / rate
    span = 0.49 * rate - 50
    return _int16(_gain(db) * np.sin(2 * np.pi * (50 * t + span * t * t * rate / (2 * n))))


PLAIN: dict[str, Callable[[int, int], Int16]] = {
    function.__name__: function for function in (silence, constant, impulses, square, clipped)
}
AT_LEVELS: dict[str, Callable[[int, int, float], Int16]] = {
    function.__name__: function for function in (noise, tone, sweep)
}
LEVELS_DB = (0.0, -20.0, -40.0, -60.0)


def all_signals(rate: int, n: int) -> dict[str, Int16]:
    """Return every signal by name, int16 [n] each."""
    found = {name: function(rate, n) for name, function in PLAIN.items()}
    for name, at_level in AT_LEVELS.items():
        found.update({f"{name} {db:g} dBFS": at_level(rate, n, db) for db in LEVELS_DB})
    return found
