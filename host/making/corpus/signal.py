"""Building blocks of synthetic sound: oscillators, envelopes, shaped noise. All arrays are float64, one channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Rng = np.random.Generator

BAND_EDGE = 0.97
"""Share of the Nyquist frequency above which oscillators are muted, so that nothing aliases."""


def count(seconds: float, rate: int) -> int:
    """Samples in `seconds`, at least one."""
    return max(1, round(seconds * rate))


def oscillator(
    frequency: Signal, rate: int, harmonics: tuple[float, ...] = (1.0,), phase: float = 0.0
) -> Signal:
    """A tone along a frequency curve in Hz, with the given amplitudes of its 1st, 2nd, … partial.

    A partial is muted wherever it would pass `BAND_EDGE` of the Nyquist frequency.
    """
    angle = 2.0 * np.pi * np.cumsum(frequency) / rate + phase
    edge = BAND_EDGE * rate / 2.0
    out = np.zeros_like(angle)
    for number, amplitude in enumerate(harmonics, start=1):
        if amplitude != 0.0:
            fade = np.clip((edge - number * frequency) / (0.04 * edge), 0.0, 1.0)
            if fade.any():
                out += amplitude * fade * np.sin(number * angle)
    return out


def curve(points: NDArray[np.float64] | list[float], n: int) -> Signal:
    """A smooth curve of `n` samples through evenly spaced `points` (cosine interpolation)."""
    values = np.asarray(points, dtype=np.float64)
    if len(values) == 1:
        return np.full(n, values[0])
    position = np.linspace(0.0, len(values) - 1.0, n)
    left = np.minimum(position.astype(np.int64), len(values) - 2)
    share = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    result: Signal = values[left] * (1.0 - share) + values[left + 1] * share
    return result


def bump(n: int, attack: float, release: float) -> Signal:
    """An envelope 0 → 1 → 0 whose attack and release take the given shares (0 to 1) of its `n` samples."""
    out = np.ones(n)
    rise = min(n, max(1, int(attack * n)))
    fall = min(n, max(1, int(release * n)))
    out[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    out[n - fall :] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(fall) / fall))[::-1]
    return out


def smooth_noise(rng: Rng, n: int, points_per_second: float, rate: int) -> Signal:
    """A slow random curve between about -1 and 1 with `points_per_second` free points."""
    points = max(2, int(np.ceil(n / rate * points_per_second)) + 1)
    return curve(rng.uniform(-1.0, 1.0, points), n)


def shaped_noise(rng: Rng, n: int, rate: int, frequencies: list[float], gains_db: list[float]) -> Signal:
    """Gaussian noise of unit RMS with a spectrum through the given points (dB, linear in log frequency)."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1.0 / rate), 1.0)
    gain = np.interp(np.log(f), np.log(frequencies), gains_db)
    return unit_rms(np.fft.irfft(spectrum * 10.0 ** (gain / 20.0), n))


def filtered(signal: Signal, rate: int, frequencies: list[float], gains_db: list[float]) -> Signal:
    """`signal` through a zero-phase filter whose gain runs through the given points (dB over log frequency)."""
    n = len(signal)
    f = np.maximum(np.fft.rfftfreq(n, 1.0 / rate), 1.0)
    gain = np.interp(np.log(f), np.log(frequencies), gains_db)
    return np.fft.irfft(np.fft.rfft(signal) * 10.0 ** (gain / 20.0), n)


def unit_rms(signal: Signal) -> Signal:
    """`signal` scaled to an RMS of 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(signal * signal)))
    return signal / rms if rms > 0.0 else signal


def unit_peak(signal: Signal) -> Signal:
    """`signal` scaled to a largest magnitude of 1; silence stays silence."""
    peak = float(np.max(np.abs(signal))) if len(signal) else 0.0
    return signal / peak if peak > 0.0 else signal


def add_at(target: Signal, start: int, piece: Signal) -> None:
    """Add `piece` to `target` from sample `start` on; what falls outside is cut off."""
    first = max(0, -start)
    last = min(len(piece), len(target) - start)
    if last > first:
        target[start + first : start + last] += piece[first:last]


def reverberated(rng: Rng, signal: Signal, rate: int, decay_s: float, wet: float) -> Signal:
    """`signal` plus a diffuse tail that falls by 60 dB in `decay_s`; `wet`: its level against the direct sound."""
    tail = count(decay_s, rate)
    response = rng.standard_normal(tail) * 10.0 ** (-3.0 * np.arange(tail) / tail)
    response *= wet / np.sqrt(np.sum(response**2))
    response[0] += 1.0
    size = 1 << (len(signal) + tail - 1).bit_length()
    mixed = np.fft.irfft(np.fft.rfft(signal, size) * np.fft.rfft(response, size), size)
    return mixed[: len(signal)]
