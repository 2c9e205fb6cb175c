"""More sounds that were taken for birds: ticking, claps, laughter, children, doors, small frogs, crickets, keys.

Same interface as `decoys`. They are what raised most false alarms of a detector trained without them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .signal import Rng, Signal, add_at, bump, count, curve, filtered, oscillator, shaped_noise, smooth_noise


def ticking(rng: Rng, n: int, rate: int) -> Signal:
    """A clock, a metronome or an indicator: two alternating clicks in exact time, each with a short ring."""
    out = np.zeros(n)
    period = 1.0 / rng.uniform(1.0, 6.0)
    kinds = []
    for _ in range(2):
        length = count(rng.uniform(0.004, 0.05), rate)
        time = np.arange(length) / rate
        ring = sum(
            rng.uniform(0.2, 1.0) * np.sin(2.0 * np.pi * rng.uniform(600.0, 3800.0) * time) for _ in range(3)
        )
        kinds.append((ring + rng.standard_normal(length)) * np.exp(-rng.uniform(100.0, 900.0) * time))
    other = rng.uniform(0.2, 1.0)
    for i, start in enumerate(np.arange(rng.uniform(0.0, period), n / rate, period)):
        add_at(out, int(start * rate), kinds[i % 2] * (other if i % 2 else 1.0))
    return out


def claps(rng: Rng, n: int, rate: int) -> Signal:
    """One pair of hands in time, or applause."""
    out = np.zeros(n)
    crowd = rng.random() < 0.5
    times = (
        rng.uniform(0.0, n / rate, rng.poisson(rng.uniform(15.0, 150.0) * n / rate))
        if crowd
        else np.arange(rng.uniform(0.0, 0.5), n / rate, rng.uniform(0.15, 0.7))
    )
    for start in times:
        length = count(rng.uniform(0.01, 0.06), rate)
        body = shaped_noise(rng, length, rate, [200, 800, 1500, 4000], [-12, -2, 0, -8])
        fall = np.exp(-6.0 * np.arange(length) / length)
        add_at(
            out, int(start * rate), body * fall * (rng.exponential(0.5) if crowd else rng.uniform(0.7, 1.0))
        )
    return out


def laughter(rng: Rng, n: int, rate: int) -> Signal:
    """Bouts of three to twelve voiced or breathy syllables, four to six a second, that sink in pitch."""
    out = np.zeros(n)
    position = int(rng.uniform(0.0, 0.6) * rate)
    base, breath = rng.uniform(150.0, 650.0), rng.uniform(0.1, 1.5)
    formant = rng.uniform(700.0, 1900.0)
    while position < n:
        tempo = rng.uniform(3.8, 6.5)
        for i in range(int(rng.integers(3, 13))):
            length = count(rng.uniform(0.35, 0.65) / tempo, rate)
            pitch = base * 2.0 ** (-0.05 * i + rng.uniform(-0.1, 0.1))
            voice = oscillator(
                curve([pitch * 1.1, pitch, pitch * 0.8], length), rate, tuple(0.9 ** np.arange(16))
            )
            syllable = filtered(
                voice + breath * rng.standard_normal(length),
                rate,
                [100.0, formant, 2.2 * formant, 4000.0],
                [-12.0, 0.0, -6.0, -20.0],
            )
            add_at(out, position, syllable * bump(length, 0.2, 0.5) * 0.93**i)
            position += int(rate / tempo)
        position += int(rng.uniform(0.3, 2.0) * rate)
    return out


def children(rng: Rng, n: int, rate: int) -> Signal:
    """A playground: high voices, shouts and shrieks over each other."""
    out = np.zeros(n)
    for _ in range(max(1, rng.poisson(rng.uniform(0.6, 5.0) * n / rate))):
        length = count(rng.uniform(0.15, 1.2), rate)
        base = rng.uniform(300.0, 1100.0)
        path = base * 2.0 ** curve(rng.uniform(-0.5, 0.5, int(rng.integers(3, 6))), length)
        path = path * (1.0 + 0.01 * smooth_noise(rng, length, 80.0, rate))
        partials = tuple(float(a) for a in rng.uniform(0.2, 1.0, 9) * rng.uniform(0.6, 0.95) ** np.arange(9))
        shout = oscillator(path, rate, partials) + rng.uniform(0.0, 0.3) * rng.standard_normal(length)
        add_at(
            out,
            int(rng.uniform(-0.05, 1.0) * n),
            shout * bump(length, 0.15, 0.3) * 10.0 ** rng.uniform(-1.0, 0.0),
        )
    return out


def creaks(rng: Rng, n: int, rate: int) -> Signal:
    """A door or a branch: clicks of a sticking surface whose rate glides up into a squeal and down again."""
    out = np.zeros(n)
    position = int(rng.uniform(0.0, 0.8) * rate)
    while position < n:
        length = count(rng.uniform(0.3, 2.0), rate)
        pulses = curve(list(10.0 ** rng.uniform(1.2, 2.9, 4)), length)
        phase = np.cumsum(pulses) / rate
        clicks = np.diff(np.floor(phase), prepend=0.0) * rng.uniform(0.5, 1.0, length)
        time = np.arange(count(0.03, rate)) / rate
        body = sum(
            rng.uniform(0.2, 1.0)
            * np.sin(2.0 * np.pi * rng.uniform(300.0, 3400.0) * time)
            * np.exp(-rng.uniform(80.0, 400.0) * time)
            for _ in range(4)
        )
        add_at(out, position, np.convolve(clicks, body)[:length] * bump(length, 0.2, 0.2))
        position += length + int(rng.uniform(0.2, 2.0) * rate)
    return out


def peepers(rng: Rng, n: int, rate: int) -> Signal:
    """Tree frogs and toads in chorus: many small frogs of one species, each with its own pitch and time."""
    out = np.zeros(n)
    centre = rng.uniform(900.0, 3200.0)
    length, tempo = rng.uniform(0.03, 0.3), rng.uniform(0.5, 3.5)
    pulse = float(rng.choice([0.0, rng.uniform(20.0, 110.0)]))
    for _ in range(int(rng.integers(1, 9))):
        pitch = centre * 2.0 ** rng.uniform(-0.12, 0.12)
        near = 10.0 ** (-rng.uniform(0.0, 24.0) / 20.0)
        start = rng.uniform(0.0, 1.0 / tempo)
        while start < n / rate:
            size = count(length * rng.uniform(0.9, 1.1), rate)
            call = oscillator(curve([pitch * 0.95, pitch * 1.03, pitch], size), rate, (1.0, 0.2))
            if pulse:
                call = call * (0.5 + 0.5 * np.sin(2.0 * np.pi * pulse * np.arange(size) / rate))
            add_at(out, int(start * rate), near * call * bump(size, 0.2, 0.3))
            start += (1.0 + rng.uniform(-0.08, 0.08)) / tempo
    return out


def cricket(rng: Rng, n: int, rate: int) -> Signal:
    """One near cricket: chirps of two to five pulses at one pitch, evenly repeated."""
    out = np.zeros(n)
    pitch, tempo = rng.uniform(2200.0, 3800.0), rng.uniform(0.8, 4.5)
    pulses, gap = int(rng.integers(2, 6)), rng.uniform(0.015, 0.05)
    length = count(gap * rng.uniform(0.4, 0.8), rate)
    pulse = oscillator(curve([pitch, pitch * 0.98], length), rate) * bump(length, 0.3, 0.4)
    for start in np.arange(rng.uniform(0.0, 1.0 / tempo), n / rate, 1.0 / tempo):
        for i in range(pulses):
            add_at(out, int((start + i * gap) * rate), pulse * (0.6 + 0.4 * i / pulses))
    return out


def jingle(rng: Rng, n: int, rate: int) -> Signal:
    """Keys, coins, crockery, a zip: dense short rings of unrelated high pitches."""
    out = np.zeros(n)
    for burst in rng.uniform(0.0, n / rate, max(1, rng.poisson(rng.uniform(0.4, 2.0) * n / rate))):
        for start in burst + rng.exponential(rng.uniform(0.05, 0.4), int(rng.integers(2, 16))):
            length = count(rng.uniform(0.02, 0.2), rate)
            time = np.arange(length) / rate
            ring = sum(
                rng.uniform(0.1, 1.0) * np.sin(2.0 * np.pi * rng.uniform(1200.0, 3850.0) * time)
                for _ in range(3)
            )
            add_at(
                out,
                int(start * rate),
                ring * np.exp(-rng.uniform(20.0, 120.0) * time) * rng.uniform(0.2, 1.0),
            )
    return out


KINDS: dict[str, tuple[float, Callable[[Rng, int, int], Signal]]] = {
    "ticking": (1.5, ticking),
    "claps": (1.2, claps),
    "laughter": (1.3, laughter),
    "children": (1.3, children),
    "creaks": (1.0, creaks),
    "peepers": (1.5, peepers),
    "cricket": (1.3, cricket),
    "jingle": (0.8, jingle),
}
"""Every kind with its weight in a random choice."""
