"""Bird-like songs. Each kind draws a "singer" (its own notes and tempo) and then sings phrases.

A kind is a function `(rng, rate) -> list of (gap in seconds before the note, note)`: one phrase, repeated by
`songs.song`.
The ranges follow what field guides and sonograms show of common birds within 0.3 to 4 kHz.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .signal import Rng, Signal, bump, count, curve, oscillator, smooth_noise

Phrase = list[tuple[float, Signal]]


def partials_of(rng: Rng, richness: float) -> tuple[float, ...]:
    """Amplitudes of up to six partials; `richness` 0 is a pure whistle, 1 a nasal call."""
    if richness < 0.05:
        return (1.0,)
    amplitudes = richness ** np.arange(6) * rng.uniform(0.3, 1.2, 6)
    amplitudes[0] = 1.0
    return tuple(float(a) for a in amplitudes)


def note(rng: Rng, rate: int, seconds: float, points: list[float], partials: tuple[float, ...]) -> Signal:
    """One syllable along a frequency curve through `points` (Hz) with a random envelope."""
    n = count(seconds, rate)
    tone = oscillator(curve(np.maximum(points, 80.0), n), rate, partials, float(rng.uniform(0.0, 6.28)))
    return tone * bump(n, float(rng.uniform(0.05, 0.45)), float(rng.uniform(0.1, 0.6)))


def whistles(rng: Rng, rate: int) -> Phrase:
    """Thrush-like: clear notes of different pitch, slides and small jumps, with pauses."""
    centre = rng.uniform(1600.0, 3200.0)
    partials = partials_of(rng, float(rng.choice([0.0, 0.0, 0.1, 0.25])))
    phrase: Phrase = []
    for _ in range(int(rng.integers(2, 8))):
        base = centre * 2.0 ** rng.uniform(-0.5, 0.4)
        bend = rng.uniform(0.02, 0.3)
        points = base * 2.0 ** rng.uniform(-bend, bend, int(rng.integers(2, 6)))
        phrase.append(
            (
                rng.uniform(0.02, 0.25),
                rng.uniform(0.4, 1.0) * note(rng, rate, rng.uniform(0.06, 0.35), list(points), partials),
            )
        )
    return phrase


def trill(rng: Rng, rate: int) -> Phrase:
    """The same short sweep again and again, 6 to 35 a second."""
    tempo = rng.uniform(6.0, 35.0)
    base = rng.uniform(1500.0, 3600.0)
    span = rng.uniform(0.1, 0.7)
    shape = [[0.5, -0.5], [-0.5, 0.5], [-0.5, 0.5, -0.5], [0.5, -0.5, 0.4]][int(rng.integers(4))]
    points = base * 2.0 ** (span * np.array(shape))
    length = rng.uniform(0.4, 0.85) / tempo
    partials = partials_of(rng, float(rng.choice([0.0, 0.1, 0.3])))
    notes = int(min(60, max(4, tempo * rng.uniform(0.4, 2.0))))
    rise = rng.uniform(-0.3, 0.3)
    phrase: Phrase = []
    for i in range(notes):
        bent = points * 2.0 ** (rise * i / notes)
        phrase.append(
            (
                1.0 / tempo - length,
                (0.5 + 0.5 * min(1.0, i / 5)) * note(rng, rate, length, list(bent), partials),
            )
        )
    return phrase


def chirps(rng: Rng, rate: int) -> Phrase:
    """Sparrow-like: single short, wide sweeps, irregularly repeated."""
    high = rng.uniform(2200.0, 4200.0)
    low = high * rng.uniform(0.35, 0.8)
    shape = [[high, low], [low, high, low], [high, low, high * 0.95], [low, high]][int(rng.integers(4))]
    partials = partials_of(rng, float(rng.choice([0.0, 0.2, 0.4, 0.6])))
    length = rng.uniform(0.03, 0.14)
    return [
        (
            rng.uniform(0.08, 0.5),
            rng.uniform(0.5, 1.0)
            * note(rng, rate, length, list(np.array(shape) * rng.uniform(0.94, 1.06)), partials),
        )
        for _ in range(int(rng.integers(1, 7)))
    ]


def warble(rng: Rng, rate: int) -> Phrase:
    """Wren- or warbler-like: one long tone with fast, wide frequency modulation and a wandering centre."""
    seconds = rng.uniform(0.6, 2.5)
    n = count(seconds, rate)
    time = np.arange(n) / rate
    centre = rng.uniform(1900.0, 3000.0) * 2.0 ** (0.35 * smooth_noise(rng, n, rng.uniform(3.0, 12.0), rate))
    vibrato = 2.0 ** (rng.uniform(0.05, 0.35) * np.sin(2.0 * np.pi * rng.uniform(8.0, 45.0) * time))
    tone = oscillator(centre * vibrato, rate, partials_of(rng, float(rng.choice([0.0, 0.15, 0.3]))))
    loud = np.clip(0.6 + 0.7 * smooth_noise(rng, n, rng.uniform(6.0, 20.0), rate), 0.0, 1.0)
    return [(0.0, tone * loud * bump(n, 0.1, 0.1))]


def harmonic_calls(rng: Rng, rate: int) -> Phrase:
    """Crow-, jay- or finch-like: nasal or harsh calls with many partials and some roughness."""
    base = rng.uniform(350.0, 1500.0)
    partials = partials_of(rng, rng.uniform(0.6, 1.0))
    length = rng.uniform(0.07, 0.4)
    arch = base * np.array([rng.uniform(0.7, 1.0), 1.0, rng.uniform(0.6, 1.0)])
    rough = rng.uniform(0.0, 0.8)
    phrase: Phrase = []
    for _ in range(int(rng.integers(1, 6))):
        call = note(rng, rate, length * rng.uniform(0.85, 1.15), list(arch), partials)
        call = call * (1.0 - rough + rough * np.abs(smooth_noise(rng, len(call), 300.0, rate)))
        phrase.append((rng.uniform(0.08, 0.4), call))
    return phrase


def two_notes(rng: Rng, rate: int) -> Phrase:
    """Tit-like or cuckoo-like: two alternating notes in strict time."""
    base = rng.uniform(500.0, 900.0) if rng.random() < 0.2 else rng.uniform(1800.0, 3600.0)
    pair = [base, base * 2.0 ** -rng.uniform(0.08, 0.6)]
    partials = partials_of(rng, float(rng.choice([0.0, 0.1, 0.3])))
    lengths = [rng.uniform(0.06, 0.25), rng.uniform(0.06, 0.25)]
    gap = rng.uniform(0.02, 0.15)
    phrase: Phrase = []
    for _ in range(int(rng.integers(2, 7))):
        for pitch, length in zip(pair, lengths, strict=True):
            phrase.append((gap, note(rng, rate, length, [pitch * rng.uniform(0.97, 1.03), pitch], partials)))
    return phrase


def coo(rng: Rng, rate: int) -> Phrase:
    """Dove- or owl-like: soft low notes."""
    base = rng.uniform(330.0, 750.0)
    phrase: Phrase = []
    for _ in range(int(rng.integers(2, 6))):
        points = base * 2.0 ** rng.uniform(-0.18, 0.18, 4)
        phrase.append(
            (
                rng.uniform(0.08, 0.4),
                rng.uniform(0.5, 1.0)
                * note(rng, rate, rng.uniform(0.15, 0.7), list(points), (1.0, 0.15, 0.05)),
            )
        )
    return phrase


def buzz(rng: Rng, rate: int) -> Phrase:
    """Bunting- or greenfinch-like: a tone chopped 50 to 150 times a second, gliding a little."""
    phrase: Phrase = []
    pitch = rng.uniform(2000.0, 3600.0)
    chop = rng.uniform(50.0, 150.0)
    for _ in range(int(rng.integers(1, 4))):
        n = count(rng.uniform(0.15, 0.8), rate)
        time = np.arange(n) / rate
        glide = curve(pitch * 2.0 ** rng.uniform(-0.2, 0.2, 3), n) * 2.0 ** (
            0.08 * np.sin(2.0 * np.pi * chop * time)
        )
        tone = oscillator(glide, rate) * (0.5 + 0.5 * np.sin(2.0 * np.pi * chop * time))
        phrase.append((rng.uniform(0.05, 0.5), tone * bump(n, 0.2, 0.2)))
    return phrase


def rattle(rng: Rng, rate: int) -> Phrase:
    """Crane- or magpie-like: a harmonic call broken into pulses, 10 to 30 a second."""
    base = rng.uniform(450.0, 1300.0)
    partials = partials_of(rng, rng.uniform(0.5, 0.95))
    tempo = rng.uniform(10.0, 30.0)
    length = rng.uniform(0.4, 0.9) / tempo
    notes = int(tempo * rng.uniform(0.3, 1.2))
    return [
        (
            1.0 / tempo - length,
            rng.uniform(0.6, 1.0) * note(rng, rate, length, [base, base * 1.1, base * 0.95], partials),
        )
        for _ in range(max(3, notes))
    ]


def twitter(rng: Rng, rate: int) -> Phrase:
    """Finch-, swallow- or lark-like: a fast string of unlike syllables, each sung one to four times."""
    phrase: Phrase = []
    for _ in range(int(rng.integers(3, 9))):
        base = rng.uniform(1500.0, 3900.0)
        points = base * 2.0 ** rng.uniform(-0.5, 0.4, int(rng.integers(2, 5)))
        partials = partials_of(rng, float(rng.choice([0.0, 0.1, 0.3, 0.5])))
        length = rng.uniform(0.025, 0.13)
        gap = rng.uniform(0.01, 0.07)
        level = rng.uniform(0.3, 1.0)
        for _ in range(int(rng.integers(1, 5))):
            phrase.append((gap, level * note(rng, rate, length, list(points), partials)))
    return phrase


KINDS: dict[str, tuple[float, Callable[[Rng, int], Phrase]]] = {
    "whistles": (3.0, whistles),
    "trill": (2.0, trill),
    "chirps": (3.0, chirps),
    "warble": (1.5, warble),
    "harmonic-calls": (1.6, harmonic_calls),
    "two-notes": (1.5, two_notes),
    "coo": (0.7, coo),
    "buzz": (1.0, buzz),
    "rattle": (1.3, rattle),
    "twitter": (3.0, twitter),
}
"""Every kind of song with its weight in a random choice."""
