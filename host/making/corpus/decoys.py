"""Sounds that a careless detector takes for birds: alarms, sirens, whistling, squeaks, music, barks, frogs, bells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import people_and_things
from .signal import Rng, Signal, add_at, bump, count, curve, oscillator, shaped_noise, smooth_noise, unit_peak


def beeps(rng: Rng, n: int, rate: int) -> Signal:
    """An alarm clock or a reversing lorry: beeps of one exact pitch in exact time."""
    pitch = rng.uniform(700.0, 3500.0)
    odd = tuple(float(rng.uniform(0.0, 0.6)) if i % 2 == 0 else 0.0 for i in range(7))
    tone = oscillator(np.full(n, pitch), rate, (1.0, *odd[1:]))
    time = np.arange(n) / rate
    gate = ((time * rng.uniform(1.0, 9.0) + rng.random()) % 1.0 < rng.uniform(0.2, 0.7)).astype(np.float64)
    if rng.random() < 0.5:  # groups of beeps
        gate *= (time * rng.uniform(0.6, 1.4) + rng.random()) % 1.0 < rng.uniform(0.3, 0.7)
    return tone * np.convolve(gate, np.ones(32) / 32.0, "same")


def siren(rng: Rng, n: int, rate: int) -> Signal:
    """A siren or a swept alarm: a harmonic tone that runs up and down without end, in exact time."""
    low = rng.uniform(350.0, 1500.0)
    span = rng.uniform(0.3, 1.3)
    phase = (
        np.arange(n) / rate * rng.choice([rng.uniform(0.12, 0.6), rng.uniform(1.0, 6.0)]) + rng.random()
    ) % 1.0
    shape = int(rng.integers(3))
    wave = (
        1.0 - np.abs(2.0 * phase - 1.0)
        if shape == 0
        else phase
        if shape == 1
        else (phase < 0.5).astype(np.float64)
    )
    partials = tuple(float(a) for a in rng.uniform(0.1, 1.0, 6) * 0.7 ** np.arange(6))
    return oscillator(low * 2.0 ** (span * wave), rate, (1.0, *partials))


def whistling(rng: Rng, n: int, rate: int) -> Signal:
    """Somebody whistling a tune or a kettle: long steady tones, sliding between pitches of a scale, breath noise."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    base = rng.uniform(700.0, 1300.0)
    out = np.zeros(n)
    position = int(rng.uniform(0.0, 0.5) * rate)
    pitch = base
    while position < n:
        length = count(rng.uniform(0.25, 0.9), rate)
        target = base * 2.0 ** (float(rng.choice(scale)) / 12.0)
        path = curve([pitch, target, target, target, target], length)
        tone = oscillator(path * (1.0 + 0.01 * np.sin(2 * np.pi * 5.5 * np.arange(length) / rate)), rate)
        breath = 0.05 * rng.standard_normal(length)
        add_at(out, position, (tone + breath) * bump(length, 0.08, 0.1))
        pitch = target
        position += length
        if rng.random() < 0.25:
            position += int(rng.uniform(0.1, 0.8) * rate)
    return out


def music(rng: Rng, n: int, rate: int) -> Signal:
    """Chords and a melody of plucked or blown notes on a fixed scale and beat."""
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16])
    base = rng.uniform(110.0, 440.0)
    beat = rng.uniform(0.15, 0.6)
    pluck = rng.random() < 0.5
    partials = tuple(float(a) for a in rng.uniform(0.2, 1.0, 10) * rng.uniform(0.5, 0.85) ** np.arange(10))
    out = np.zeros(n)
    for start in np.arange(0.0, n / rate, beat):
        for _ in range(int(rng.integers(0, 4))):
            length = count(beat * float(rng.choice([1.0, 2.0, 4.0])), rate)
            tone = oscillator(
                np.full(length, base * 2.0 ** (float(rng.choice(scale)) / 12.0)), rate, partials
            )
            shape = np.exp(-4.0 * np.arange(length) / length) if pluck else bump(length, 0.1, 0.2)
            add_at(out, int(start * rate), tone * shape * bump(length, 0.01, 0.05) * rng.uniform(0.3, 1.0))
    return out


def barks(rng: Rng, n: int, rate: int) -> Signal:
    """Dogs: short, harsh, low bursts of harmonics and noise."""
    out = np.zeros(n)
    base = rng.uniform(250.0, 900.0)
    position = int(rng.uniform(0.0, 0.8) * rate)
    while position < n:
        length = count(rng.uniform(0.08, 0.3), rate)
        path = curve([base * 0.7, base, base * rng.uniform(0.5, 0.8)], length)
        tone = oscillator(path, rate, tuple(0.85 ** np.arange(9)))
        harsh = shaped_noise(rng, length, rate, [100, 600, 1500, 4000], [-12, 0, -3, -14])
        add_at(out, position, (tone + rng.uniform(0.3, 1.5) * harsh) * bump(length, 0.1, 0.6))
        position += length + int(rng.uniform(0.1, 1.5) * rate)
    return out


def cries(rng: Rng, n: int, rate: int) -> Signal:
    """A crying baby, a cat or a sheep: long harmonic wails with a slow arch of pitch and some tremor."""
    out = np.zeros(n)
    base = rng.uniform(220.0, 620.0)
    tremor = rng.uniform(0.0, 0.06)
    position = int(rng.uniform(0.0, 0.8) * rate)
    partials = tuple(float(a) for a in rng.uniform(0.3, 1.0, 12) * rng.uniform(0.75, 0.97) ** np.arange(12))
    while position < n:
        length = count(rng.uniform(0.4, 1.5), rate)
        time = np.arange(length) / rate
        path = curve([base * 0.8, base * 1.05, base, base * 0.75], length)
        path = path * (1.0 + tremor * np.sin(2.0 * np.pi * rng.uniform(6.0, 14.0) * time))
        add_at(out, position, oscillator(path, rate, partials) * bump(length, 0.15, 0.3))
        position += length + int(rng.uniform(0.15, 1.2) * rate)
    return out


def frogs(rng: Rng, n: int, rate: int) -> Signal:
    """Frogs and toads: pulsed low croaks, or one steady long trill of a fixed pitch."""
    time = np.arange(n) / rate
    pitch = rng.uniform(400.0, 1900.0)
    tone = oscillator(np.full(n, pitch), rate, (1.0, rng.uniform(0.0, 0.7), rng.uniform(0.0, 0.4)))
    pulses = np.clip(np.sin(2.0 * np.pi * rng.uniform(15.0, 70.0) * time), 0.0, 1.0)
    gate = (time * rng.uniform(0.3, 2.0) + rng.random()) % 1.0 < rng.uniform(0.25, 0.8)
    result: Signal = tone * pulses * np.convolve(gate.astype(np.float64), np.ones(200) / 200.0, "same")
    return result


def squeaks(rng: Rng, n: int, rate: int) -> Signal:
    """Doors, brakes, shoes, saws: rough harmonic squeals that creep in pitch and stick and slip."""
    out = np.zeros(n)
    position = int(rng.uniform(0.0, 0.8) * rate)
    while position < n:
        length = count(rng.uniform(0.2, 1.6), rate)
        base = rng.uniform(300.0, 1500.0)
        path = base * 2.0 ** (
            0.5 * smooth_noise(rng, length, 3.0, rate) + 0.04 * smooth_noise(rng, length, 150.0, rate)
        )
        tone = oscillator(path, rate, tuple(float(a) for a in rng.uniform(0.2, 1.0, 8)))
        slip = np.clip(0.5 + smooth_noise(rng, length, rng.uniform(20.0, 90.0), rate), 0.0, 1.0)
        add_at(
            out, position, (tone * slip + 0.3 * rng.standard_normal(length) * slip) * bump(length, 0.2, 0.2)
        )
        position += length + int(rng.uniform(0.1, 1.5) * rate)
    return out


def bells(rng: Rng, n: int, rate: int) -> Signal:
    """Church or bicycle bells: inharmonic partials that ring out, struck at intervals."""
    out = np.zeros(n)
    base = rng.uniform(250.0, 1800.0)
    ratios = np.array([1.0, 2.0, 2.4, 3.0, 4.5, 5.3]) * rng.uniform(0.98, 1.02, 6)
    interval = rng.uniform(0.15, 2.0)
    for start in np.arange(rng.uniform(0.0, 0.5), n / rate, interval):
        length = count(rng.uniform(0.5, 2.5), rate)
        time = np.arange(length) / rate
        for ratio in ratios:
            if base * ratio < 0.95 * rate / 2.0:
                add_at(
                    out,
                    int(start * rate),
                    rng.uniform(0.2, 1.0)
                    * np.sin(2 * np.pi * base * ratio * time)
                    * np.exp(-time * rng.uniform(2, 9)),
                )
    return out


def horn(rng: Rng, n: int, rate: int) -> Signal:
    """Car, train or ship horns: two or three steady rich tones together."""
    out = np.zeros(n)
    position = int(rng.uniform(0.0, 1.0) * rate)
    base = rng.uniform(180.0, 480.0)
    chord = [base * r for r in (1.0, 1.26, 1.5)[: int(rng.integers(1, 4))]]
    while position < n:
        length = count(rng.uniform(0.15, 2.0), rate)
        tone = np.sum(
            [oscillator(np.full(length, pitch), rate, tuple(0.9 ** np.arange(14))) for pitch in chord], axis=0
        )
        add_at(out, position, tone * bump(length, 0.05, 0.05))
        position += length + int(rng.uniform(0.2, 3.0) * rate)
    return out


def drips(rng: Rng, n: int, rate: int) -> Signal:
    """Water drops in a basin: very short rising tones, now and then."""
    out = np.zeros(n)
    for start in rng.uniform(0.0, n / rate, rng.poisson(rng.uniform(0.7, 4.0) * n / rate)):
        length = count(rng.uniform(0.015, 0.06), rate)
        base = rng.uniform(500.0, 2200.0)
        tone = oscillator(curve([base, base * rng.uniform(1.05, 1.6)], length), rate)
        add_at(
            out, int(start * rate), tone * np.exp(-5.0 * np.arange(length) / length) * rng.uniform(0.3, 1.0)
        )
    return out


KINDS: dict[str, tuple[float, Callable[[Rng, int, int], Signal]]] = {
    "beeps": (1.5, beeps),
    "siren": (1.5, siren),
    "whistling": (1.0, whistling),
    "music": (1.5, music),
    "barks": (1.5, barks),
    "cries": (2.0, cries),
    "frogs": (1.0, frogs),
    "squeaks": (1.0, squeaks),
    "bells": (1.0, bells),
    "horn": (0.7, horn),
    "drips": (1.0, drips),
} | people_and_things.KINDS
"""Every kind of decoy with its weight in a random choice."""


def random_kind(rng: Rng) -> str:
    """One of `KINDS`, by weight."""
    names = list(KINDS)
    weights = np.array([KINDS[name][0] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def decoy(rng: Rng, kind: str, seconds: float, rate: int) -> Signal:
    """`seconds` of the decoy `kind` with peak 1."""
    return unit_peak(KINDS[kind][1](rng, count(seconds, rate), rate))
