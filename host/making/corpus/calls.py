"""Bird sounds that are no whistled song: harsh calls, drumming, coos, rattles, thin notes, ticks, screams, flocks.

Same interface as `birds`. Ranges of pitch, length and tempo follow Marler and Slabbekoorn, Nature's Music (2004),
Catchpole and Slater, Bird Song (2008); for drumming Dodenhoff, Stark and Johnson, The Condor 103 (2001) 143-150; for
two voices at once Suthers, Nature 347 (1990) 473-477; for thin and for short broadband alarm notes Marler, Nature 176
(1955) 6-8.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .birds import Phrase, note, partials_of
from .signal import Rng, Signal, add_at, bump, count, curve, filtered, oscillator, smooth_noise


def _formants(rng: Rng, sound: Signal, rate: int, low: float, high: float) -> Signal:
    """`sound` through one or two broad resonances between `low` and `high` Hz, as of a throat and a bill."""
    grid = np.geomspace(80.0, 0.5 * rate, 24)
    gain = np.full(len(grid), -30.0)
    for _ in range(int(rng.integers(1, 3))):
        centre, width = rng.uniform(low, high), rng.uniform(0.25, 0.7)
        gain = np.maximum(gain, -12.0 * (np.log2(grid / centre) / width) ** 2)
    return filtered(sound, rate, list(grid), list(gain))


def _hoarse(rng: Rng, length: int, rate: int, base: float, roughness: float) -> Signal:
    """A buzz at `base` Hz that jitters, with noise in time with it: a harsh voice before the throat."""
    arch = base * curve([rng.uniform(0.75, 1.0), 1.0, rng.uniform(0.6, 1.0)], length)
    jitter = 2.0 ** (0.25 * roughness * smooth_noise(rng, length, 250.0, rate))
    voice = oscillator(arch * jitter, rate, tuple(0.93 ** np.arange(16)))
    hiss = rng.standard_normal(length) * (0.4 + 0.6 * np.abs(voice) / max(1e-9, float(np.max(np.abs(voice)))))
    return voice / max(1e-9, float(np.std(voice))) + 2.0 * roughness * hiss


def harsh(rng: Rng, rate: int) -> Phrase:
    """Crow-, jay-, heron- or tern-like: noisy broadband calls, one to six."""
    base, rough = rng.uniform(120.0, 700.0), rng.uniform(0.3, 1.2)
    low = rng.uniform(700.0, 1600.0)
    length, gap = rng.uniform(0.1, 0.6), rng.uniform(0.08, 0.5)
    shape = int(rng.integers(1 << 62))
    phrase: Phrase = []
    for _ in range(int(rng.integers(1, 7))):
        n = count(length * rng.uniform(0.85, 1.15), rate)
        sound = _hoarse(rng, n, rate, base, rough)
        sound = _formants(np.random.default_rng(shape), sound, rate, low, low * 2.2)
        phrase.append((gap * rng.uniform(0.8, 1.3), sound / 4.0 * bump(n, rng.uniform(0.05, 0.3), 0.35)))
    return phrase


def drumming(rng: Rng, rate: int) -> Phrase:
    """A woodpecker on wood: 8 to 25 strikes a second, faster or slower towards the end, on one resonating branch.

    Sometimes a few single taps, as when it feeds.
    """
    tapping = rng.random() < 0.2
    tempo = rng.uniform(1.5, 6.0) if tapping else rng.uniform(8.0, 25.0)
    strikes = int(rng.integers(2, 9)) if tapping else max(5, int(tempo * rng.uniform(0.4, 1.8)))
    length = count(rng.uniform(0.02, 0.08), rate)
    time = np.arange(length) / rate
    strike = np.zeros(length)
    for _ in range(int(rng.integers(2, 5))):
        pitch, fall = rng.uniform(350.0, 2600.0), rng.uniform(60.0, 300.0)
        strike += (
            rng.uniform(0.2, 1.0)
            * np.sin(2.0 * np.pi * pitch * time + rng.uniform(0, 6.28))
            * np.exp(-fall * time)
        )
    click = rng.standard_normal(length) * np.exp(-1500.0 * time)
    strike = strike / max(1e-9, float(np.max(np.abs(strike)))) + rng.uniform(0.1, 0.8) * click
    drift, swell = rng.uniform(-0.35, 0.35), rng.uniform(-0.6, 0.6)
    phrase: Phrase = []
    for i in range(strikes):
        share = i / max(1, strikes - 1)
        period = (1.0 + drift * (share - 0.5)) / tempo * (rng.uniform(0.7, 1.4) if tapping else 1.0)
        phrase.append(
            (period - length / rate, strike * (1.0 + swell * (share - 0.5)) * rng.uniform(0.85, 1.0))
        )
    return phrase


def low_coo(rng: Rng, rate: int) -> Phrase:
    """Pigeon-, dove- or owl-like below 600 Hz: two to six hoots in a fixed rhythm, some of them purring."""
    base = rng.uniform(240.0, 590.0)
    purr, depth = rng.uniform(9.0, 26.0), float(rng.choice([0.0, 0.0, rng.uniform(0.5, 1.0)]))
    partials = (1.0, rng.uniform(0.02, 0.25), rng.uniform(0.0, 0.1), rng.uniform(0.0, 0.05))
    phrase: Phrase = []
    for _ in range(int(rng.integers(2, 7))):
        points = list(base * 2.0 ** rng.uniform(-0.12, 0.12, 4))
        hoot = note(rng, rate, rng.uniform(0.12, 0.8), points, partials)
        flutter = 1.0 - depth * (0.5 + 0.5 * np.sin(2.0 * np.pi * purr * np.arange(len(hoot)) / rate))
        phrase.append((rng.uniform(0.05, 0.45), rng.uniform(0.5, 1.0) * hoot * flutter))
    return phrase


def dry_rattle(rng: Rng, rate: int) -> Phrase:
    """Magpie-, mistle thrush- or wren-like: a run of broadband pulses, 10 to 60 a second."""
    tempo = rng.uniform(10.0, 60.0)
    length = count(rng.uniform(0.3, 0.8) / tempo, rate)
    low = rng.uniform(900.0, 2200.0)
    pulse = rng.uniform(0.3, 1.0) * rng.standard_normal(length) + oscillator(
        curve(low * 2.0 ** rng.uniform(-0.4, 0.6, 3), length), rate, partials_of(rng, rng.uniform(0.2, 0.9))
    )
    pulse = _formants(rng, pulse * bump(length, 0.1, 0.6), rate, low, 3400.0)
    pulse = pulse / max(1e-9, float(np.max(np.abs(pulse))))
    pulses = max(4, int(tempo * rng.uniform(0.25, 1.5)))
    return [(max(0.0, 1.0 / tempo - length / rate), pulse * rng.uniform(0.6, 1.0)) for _ in range(pulses)]


def fast_trill(rng: Rng, rate: int) -> Phrase:
    """Cricket-warbler-, redpoll- or wood warbler-like: tonal pulses 10 to 80 a second, steady or speeding up."""
    tempo, pitch = rng.uniform(10.0, 80.0), rng.uniform(1200.0, 3700.0)
    seconds = rng.uniform(0.3, 2.5)
    n = count(seconds, rate)
    speed = curve([tempo * rng.uniform(0.5, 1.0), tempo], n)
    phase = np.cumsum(speed) / rate
    path = curve(pitch * 2.0 ** rng.uniform(-0.2, 0.2, 3), n) * 2.0 ** (
        rng.uniform(0.0, 0.3) * np.sin(2.0 * np.pi * phase)
    )
    gate = np.clip(np.sin(2.0 * np.pi * phase) + rng.uniform(-0.4, 0.6), 0.0, 1.0)
    tone = oscillator(path, rate, partials_of(rng, float(rng.choice([0.0, 0.1, 0.4]))))
    return [(0.0, tone * gate * bump(n, rng.uniform(0.02, 0.4), 0.1))]


def two_voices(rng: Rng, rate: int) -> Phrase:
    """Thrush- or reed warbler-like: two sources of the syrinx at once, unrelated in pitch, often rich in partials."""
    centre = rng.uniform(900.0, 2600.0)
    ratio = rng.uniform(1.08, 2.7)
    rich = partials_of(rng, float(rng.choice([0.0, 0.3, 0.7])))
    phrase: Phrase = []
    for _ in range(int(rng.integers(1, 6))):
        n = count(rng.uniform(0.08, 0.6), rate)
        one = centre * 2.0 ** (curve(rng.uniform(-0.4, 0.4, 4), n))
        other = centre * ratio * 2.0 ** (curve(rng.uniform(-0.3, 0.3, 4), n))
        shake = 2.0 ** (
            rng.uniform(0.0, 0.12) * np.sin(2.0 * np.pi * rng.uniform(20.0, 110.0) * np.arange(n) / rate)
        )
        sound = oscillator(one * shake, rate, rich) + rng.uniform(0.3, 1.0) * oscillator(other, rate, rich)
        phrase.append(
            (rng.uniform(0.03, 0.3), sound * bump(n, rng.uniform(0.05, 0.3), rng.uniform(0.1, 0.5)))
        )
    return phrase


def thin(rng: Rng, rate: int) -> Phrase:
    """Goldcrest-, tree creeper- or long-tailed tit-like: pure notes near the upper end of what 8 kHz sound holds."""
    pitch = rng.uniform(2900.0, 3750.0)
    fall = rng.uniform(-0.08, 0.1)
    length, gap = rng.uniform(0.04, 0.5), rng.uniform(0.02, 0.25)
    flutter = float(rng.choice([0.0, 0.0, rng.uniform(10.0, 60.0)]))
    phrase: Phrase = []
    for _ in range(int(rng.integers(2, 9))):
        n = count(length * rng.uniform(0.85, 1.1), rate)
        tone = oscillator(curve([pitch * 2.0**fall, pitch, pitch * 2.0**-fall], n), rate)
        if flutter:
            tone = tone * (0.6 + 0.4 * np.sin(2.0 * np.pi * flutter * np.arange(n) / rate))
        phrase.append((gap, rng.uniform(0.6, 1.0) * tone * bump(n, 0.2, 0.4)))
    return phrase


def ticks(rng: Rng, rate: int) -> Phrase:
    """Robin-, wren- or blackbird-like alarm: very short notes with a steep sweep, alone or in bursts."""
    top = rng.uniform(1800.0, 3700.0)
    length = count(rng.uniform(0.006, 0.035), rate)
    tick = oscillator(
        curve([top, top * rng.uniform(0.35, 0.8)], length), rate, partials_of(rng, rng.uniform(0.0, 0.6))
    )
    tick = (tick + rng.uniform(0.0, 0.3) * rng.standard_normal(length)) * bump(length, 0.1, 0.7)
    phrase: Phrase = []
    for _ in range(int(rng.integers(1, 9))):
        phrase.append((rng.uniform(0.15, 0.8), tick * rng.uniform(0.6, 1.0)))
        for _ in range(int(rng.choice([0, 0, 1, 2, 5]))):
            phrase.append((rng.uniform(0.03, 0.1), tick * rng.uniform(0.6, 1.0)))
    return phrase


def scream(rng: Rng, rate: int) -> Phrase:
    """Swift- or starling-like: long, high, shivering screams that sink."""
    pitch, shiver = rng.uniform(2300.0, 3600.0), rng.uniform(35.0, 120.0)
    phrase: Phrase = []
    for _ in range(int(rng.integers(1, 5))):
        n = count(rng.uniform(0.25, 1.1), rate)
        path = pitch * curve([rng.uniform(0.85, 1.0), 1.0, rng.uniform(0.7, 0.95)], n)
        wave = np.sin(2.0 * np.pi * np.cumsum(shiver * (1.0 + 0.1 * smooth_noise(rng, n, 20.0, rate))) / rate)
        tone = oscillator(path * 2.0 ** (rng.uniform(0.03, 0.15) * wave), rate) * (0.6 + 0.4 * wave)
        hiss = filtered(
            rng.standard_normal(n), rate, [500.0, 2000.0, 3200.0, 4000.0], [-40.0, -14.0, -4.0, -8.0]
        )
        phrase.append((rng.uniform(0.05, 0.5), (tone + rng.uniform(0.0, 0.8) * hiss) * bump(n, 0.15, 0.3)))
    return phrase


def quacks(rng: Rng, rate: int) -> Phrase:
    """Duck-, goose- or pheasant-like: nasal calls of many partials; geese break into a higher note."""
    base, breaks = rng.uniform(150.0, 480.0), rng.random() < 0.4
    shape, low = int(rng.integers(1 << 62)), rng.uniform(700.0, 1300.0)
    length, gap = rng.uniform(0.08, 0.4), rng.uniform(0.06, 0.5)
    calls = int(rng.integers(1, 10))
    phrase: Phrase = []
    for i in range(calls):
        n = count(length * rng.uniform(0.85, 1.15), rate)
        points = [base * 0.9, base, base * 1.6, base * 1.5] if breaks else [base * 0.9, base, base * 0.85]
        voice = oscillator(curve(points, n), rate, tuple(0.95 ** np.arange(20)))
        voice = _formants(np.random.default_rng(shape), voice, rate, low, low * 2.0)
        voice = voice / max(1e-9, float(np.max(np.abs(voice)))) * bump(n, 0.1, 0.4)
        phrase.append((gap * rng.uniform(0.8, 1.2), voice * (1.0 - 0.5 * i / calls)))
    return phrase


def mews(rng: Rng, rate: int) -> Phrase:
    """Gull-, buzzard-, lapwing- or peacock-like: long bent wails with partials, alone or as a laughing row."""
    base = rng.uniform(450.0, 1700.0)
    partials = partials_of(rng, rng.uniform(0.3, 0.95))
    row = rng.random() < 0.5
    length = rng.uniform(0.12, 0.35) if row else rng.uniform(0.4, 1.3)
    bends = base * 2.0 ** np.array(
        [rng.uniform(-0.7, 0.0), 0.0, rng.uniform(-0.2, 0.1), rng.uniform(-0.9, -0.1)]
    )
    return [
        (rng.uniform(0.04, 0.3), note(rng, rate, length * rng.uniform(0.85, 1.2), list(bends), partials))
        for _ in range(int(rng.integers(3, 9)) if row else int(rng.integers(1, 3)))
    ]


def chatter(rng: Rng, rate: int) -> Phrase:
    """A flock of sparrows, starlings or tits: dozens of short calls over each other, near and far."""
    seconds = rng.uniform(0.8, 3.0)
    out = np.zeros(count(seconds + 0.3, rate))
    makers = [
        (int(rng.integers(1 << 62)), _SHORT[int(rng.integers(len(_SHORT)))])
        for _ in range(int(rng.integers(2, 6)))
    ]
    for start in rng.uniform(0.0, seconds, int(seconds * rng.uniform(4.0, 22.0))):
        seed, make = makers[int(rng.integers(len(makers)))]
        _, piece = make(np.random.default_rng(seed), rate)[0]
        add_at(out, int(start * rate), piece * 10.0 ** (-rng.uniform(0.0, 24.0) / 20.0))
    return [(0.0, out * bump(len(out), 0.05, 0.1))]


def _short_call(rng: Rng, rate: int) -> Phrase:
    high = rng.uniform(1800.0, 3900.0)
    points = list(high * 2.0 ** rng.uniform(-0.7, 0.0, int(rng.integers(2, 4))))
    return [(0.0, note(rng, rate, rng.uniform(0.02, 0.12), points, partials_of(rng, rng.uniform(0.0, 0.7))))]


_SHORT: tuple[Callable[[Rng, int], Phrase], ...] = (_short_call, _short_call, ticks, thin)

KINDS: dict[str, tuple[float, Callable[[Rng, int], Phrase]]] = {
    "harsh": (2.4, harsh),
    "drumming": (1.2, drumming),
    "low-coo": (1.3, low_coo),
    "dry-rattle": (1.4, dry_rattle),
    "fast-trill": (1.5, fast_trill),
    "two-voices": (1.6, two_voices),
    "thin": (2.0, thin),
    "ticks": (1.4, ticks),
    "scream": (0.9, scream),
    "quacks": (1.3, quacks),
    "mews": (1.2, mews),
    "chatter": (1.6, chatter),
}
"""Every kind of call with its weight in a random choice."""
