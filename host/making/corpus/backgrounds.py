"""Sounds that lie under everything else: noise, wind, rain, water, hum, insects, traffic, babble. All of unit RMS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .signal import Rng, Signal, add_at, bump, count, curve, oscillator, shaped_noise, smooth_noise, unit_rms


def coloured_noise(rng: Rng, n: int, rate: int) -> Signal:
    """Stationary noise with a slope of -9 to +2 dB an octave and a random broad hump."""
    slope = rng.uniform(-9.0, 2.0)
    octaves = np.arange(0, 8)
    frequencies = 40.0 * 2.0**octaves
    gains = slope * octaves + rng.normal(0.0, 3.0, len(octaves))
    return shaped_noise(rng, n, rate, list(frequencies), list(gains))


def wind(rng: Rng, n: int, rate: int) -> Signal:
    """Low rumble in gusts, with a hiss of leaves that follows the gusts."""
    gust = 10.0 ** (rng.uniform(4.0, 14.0) / 20.0 * smooth_noise(rng, n, rng.uniform(0.5, 2.0), rate))
    rumble = shaped_noise(rng, n, rate, [20, 100, 300, 1000, 4000], [0, -4, -18, -35, -55])
    leaves = shaped_noise(rng, n, rate, [100, 500, 1500, 4000], [-20, -6, 0, -4])
    return unit_rms(gust * rumble + rng.uniform(0.0, 0.3) * gust**1.5 * leaves)


def rain(rng: Rng, n: int, rate: int) -> Signal:
    """A bright hiss and drops: short decaying noise or tone bursts."""
    hiss = shaped_noise(rng, n, rate, [50, 500, 2000, 4000], [-10, -4, 0, 1])
    drops = np.zeros(n)
    for _ in range(rng.poisson(rng.uniform(5.0, 120.0) * n / rate)):
        length = count(rng.uniform(0.002, 0.02), rate)
        fall = np.exp(-5.0 * np.arange(length) / length)
        if rng.random() < 0.3:
            drop = oscillator(np.full(length, rng.uniform(400.0, 3500.0)), rate) * fall
        else:
            drop = rng.standard_normal(length) * fall
        add_at(drops, int(rng.integers(n)), drop * rng.exponential(1.0))
    return unit_rms(hiss + rng.uniform(0.3, 3.0) * drops)


def water(rng: Rng, n: int, rate: int) -> Signal:
    """A brook or waves: hiss in slow swells and bubbles, each a short rising tone."""
    swell = 10.0 ** (rng.uniform(0.0, 10.0) / 20.0 * smooth_noise(rng, n, rng.uniform(0.3, 1.5), rate))
    hiss = shaped_noise(rng, n, rate, [50, 300, 1000, 4000], [-8, 0, -3, -rng.uniform(3.0, 15.0)])
    bubbles = np.zeros(n)
    for _ in range(rng.poisson(rng.uniform(0.0, 60.0) * n / rate)):
        length = count(rng.uniform(0.008, 0.05), rate)
        base = rng.uniform(350.0, 1800.0)
        tone = oscillator(curve([base, base * rng.uniform(1.05, 1.4)], length), rate)
        add_at(
            bubbles,
            int(rng.integers(n)),
            tone * np.exp(-4.0 * np.arange(length) / length) * rng.exponential(1.0),
        )
    return unit_rms(swell * (hiss + rng.uniform(0.0, 0.8) * bubbles))


def hum(rng: Rng, n: int, rate: int) -> Signal:
    """Mains or machine hum: harmonics of a steady low pitch in some noise."""
    base = float(rng.choice([50.0, 60.0, rng.uniform(30.0, 180.0)]))
    amplitudes = tuple(rng.uniform(0.0, 1.0, 24) * rng.uniform(0.75, 0.97) ** np.arange(24))
    tone = oscillator(np.full(n, base), rate, amplitudes)
    return unit_rms(unit_rms(tone) + rng.uniform(0.02, 1.0) * coloured_noise(rng, n, rate))


def engine(rng: Rng, n: int, rate: int) -> Signal:
    """An engine or propeller: pulses of noise at a drifting rate under low-pass noise."""
    base = rng.uniform(12.0, 90.0) * 2.0 ** (rng.uniform(0.0, 0.4) * smooth_noise(rng, n, 0.7, rate))
    pulse = (0.5 + 0.5 * oscillator(base, rate)) ** rng.uniform(1.0, 6.0)
    slope = rng.uniform(4.0, 10.0)
    body = shaped_noise(rng, n, rate, [30, 100, 200, 400, 800, 1600, 3200], [-slope * i for i in range(7)])
    tone = oscillator(
        base * float(rng.integers(1, 4)), rate, tuple(rng.uniform(0.0, 1.0, 16) * 0.85 ** np.arange(16))
    )
    return unit_rms(body * pulse + rng.uniform(0.0, 0.8) * unit_rms(tone) + rng.uniform(0.0, 0.4) * body)


def insects(rng: Rng, n: int, rate: int) -> Signal:
    """Crickets and cicadas: one or two fixed high pitches, pulsed in strict time, for as long as the scene lasts."""
    out = 0.05 * rng.uniform(0.2, 3.0) * coloured_noise(rng, n, rate)
    time = np.arange(n) / rate
    for _ in range(int(rng.integers(1, 4))):
        pitch = rng.uniform(1900.0, 3850.0)
        tone = oscillator(pitch * (1.0 + 0.003 * smooth_noise(rng, n, 5.0, rate)), rate)
        if rng.random() < 0.3:  # cicada: a noisy band rather than a tone
            tone = tone * smooth_noise(rng, n, rng.uniform(100.0, 500.0), rate)
        pulses = np.clip(
            np.sin(2.0 * np.pi * rng.uniform(12.0, 60.0) * time) + rng.uniform(-0.3, 0.8), 0.0, 1.0
        )
        if rng.random() < 0.65:
            tempo = rng.uniform(0.6, 5.0)
            pulses = pulses * ((time * tempo + rng.random()) % 1.0 < rng.uniform(0.3, 0.8))
        out += rng.uniform(0.3, 1.0) * tone * pulses
    return unit_rms(out)


def traffic(rng: Rng, n: int, rate: int) -> Signal:
    """Passing vehicles: noise humps of several seconds over a low roar."""
    out = shaped_noise(rng, n, rate, [30, 150, 600, 1500, 4000], [0, -2, -10, -16, -32])
    for _ in range(int(rng.integers(0, 3))):
        length = count(rng.uniform(1.5, 6.0), rate)
        body = shaped_noise(rng, length, rate, [50, 300, 1000, 4000], [-3, 0, -2, -rng.uniform(8.0, 18.0)])
        add_at(
            out, int(rng.uniform(-0.5, 1.0) * n), rng.uniform(0.5, 3.0) * body * bump(length, 0.5, 0.5) ** 2
        )
    return unit_rms(out)


def voice(rng: Rng, n: int, rate: int) -> Signal:
    """One speech-like voice: a gliding glottal buzz through moving formants, in syllables, with hisses between.

    Formant centres follow the vowel space of adults (about 300–850, 800–2400 and 2400–3200 Hz).
    """
    pitch = rng.uniform(85.0, 280.0) * 2.0 ** (rng.uniform(0.1, 0.45) * smooth_noise(rng, n, 3.0, rate))
    angle = 2.0 * np.pi * np.cumsum(pitch) / rate
    formants = [
        (575.0 + 275.0 * smooth_noise(rng, n, 6.0, rate), 110.0, 1.0),
        (1600.0 + 800.0 * smooth_noise(rng, n, 6.0, rate), 160.0, rng.uniform(0.3, 0.8)),
        (2800.0 + 400.0 * smooth_noise(rng, n, 6.0, rate), 220.0, rng.uniform(0.05, 0.4)),
    ]
    out = np.zeros(n)
    top = int(0.95 * rate / 2.0 / float(pitch.max()))
    for number in range(1, min(top, 36) + 1):
        partial = number * pitch
        gain = sum(level / (1.0 + ((partial - centre) / width) ** 2) for centre, width, level in formants)
        out += gain * np.sin(number * angle)
    syllables = np.clip(smooth_noise(rng, n, rng.uniform(7.0, 12.0), rate) + 0.3, 0.0, 1.0)
    hiss = shaped_noise(rng, n, rate, [100, 1000, 2500, 4000], [-40, -20, -4, 0])
    consonants = np.clip(smooth_noise(rng, n, 9.0, rate) - 0.5, 0.0, 1.0)
    phrases: Signal = np.clip(3.0 * smooth_noise(rng, n, 1.2, rate) + 1.8, 0.0, 1.0)
    return unit_rms(phrases * (unit_rms(out * syllables) + rng.uniform(0.2, 1.2) * hiss * consonants))


def babble(rng: Rng, n: int, rate: int) -> Signal:
    """One to five voices at different distances."""
    voices = [voice(rng, n, rate) * rng.uniform(0.2, 1.0) for _ in range(int(rng.integers(1, 6)))]
    return unit_rms(np.sum(voices, axis=0))


def clatter(rng: Rng, n: int, rate: int) -> Signal:
    """Footsteps, typing, crackling fire, knocks: broadband bursts, regular or not, over faint noise."""
    out = rng.uniform(0.005, 0.1) * coloured_noise(rng, n, rate)
    times = rng.uniform(0.0, n / rate, rng.poisson(rng.uniform(1.0, 15.0) * n / rate))
    if rng.random() < 0.4:
        times = np.arange(rng.uniform(0.0, 0.5), n / rate, rng.uniform(0.12, 1.0))
    ring = rng.uniform(200.0, 3000.0)
    for start in times:
        length = count(rng.uniform(0.004, 0.12), rate)
        fall = np.exp(-rng.uniform(4.0, 8.0) * np.arange(length) / length)
        knock = rng.standard_normal(length) + rng.uniform(0.0, 2.0) * oscillator(np.full(length, ring), rate)
        add_at(out, int(start * rate), knock * fall * rng.uniform(0.2, 1.0))
    return unit_rms(out)


KINDS: dict[str, tuple[float, Callable[[Rng, int, int], Signal]]] = {
    "noise": (3.0, coloured_noise),
    "wind": (2.0, wind),
    "rain": (1.5, rain),
    "water": (1.5, water),
    "hum": (1.0, hum),
    "engine": (1.5, engine),
    "insects": (1.5, insects),
    "traffic": (1.5, traffic),
    "babble": (2.0, babble),
    "clatter": (1.5, clatter),
}
"""Every kind of background with its weight in a random choice."""


def random_kind(rng: Rng) -> str:
    """One of `KINDS`, by weight."""
    names = list(KINDS)
    weights = np.array([KINDS[name][0] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]
