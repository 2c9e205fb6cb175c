"""The test set of a bundle: a handful of short files, easy and hard, each made for a reason.

The hard ones matter most. A score of exactly 0 or 1 hides a wrong front end or kernel; a bird that fades into noise, a
whistling person or a swept alarm drives the network's outputs over their whole int8 range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files import atomic_write
from . import backgrounds, decoys, songs
from .scene import generator, to_int16
from .signal import Rng, Signal, count, reverberated, unit_rms
from .wav_files import Row, wav_bytes, write_table

_STREAM = 77
SECONDS = 6.0


@dataclass(frozen=True)
class Case:
    """One file: its name, whether a bird is heard (yes, no, unsure), why it exists, and how it is made."""

    name: str
    bird: str
    note: str
    parts: str
    make: Callable[[Rng, int], Signal]


def _background(rng: Rng, kind: str, n: int, rate: int, dbfs: float) -> Signal:
    result: Signal = backgrounds.KINDS[kind][1](rng, n, rate) * 10.0 ** (dbfs / 20.0)
    return result


def _song(rng: Rng, kind: str, seconds: float, rate: int, peak_dbfs: float) -> Signal:
    dry = songs.song(rng, kind, seconds, rate, 0.7)
    result: Signal = reverberated(rng, dry, rate, 0.4, 0.3) * 10.0 ** (peak_dbfs / 20.0)
    return result


def _bird_over(
    kind: str, peak: float, background: str, level: float, seconds: float = SECONDS
) -> Callable[[Rng, int], Signal]:
    def make(rng: Rng, rate: int) -> Signal:
        n = count(seconds, rate)
        return _background(rng, background, n, rate, level) + _song(rng, kind, seconds, rate, peak)

    return make


def _decoy_over(kind: str, peak: float, background: str, level: float) -> Callable[[Rng, int], Signal]:
    def make(rng: Rng, rate: int) -> Signal:
        sound = decoys.decoy(rng, kind, SECONDS, rate) * 10.0 ** (peak / 20.0)
        result: Signal = sound + _background(rng, background, len(sound), rate, level)
        return result

    return make


def _fading(rng: Rng, rate: int) -> Signal:
    """A chirping bird from far below the noise to far above it, in 12 seconds."""
    seconds = 12.0
    n = count(seconds, rate)
    song = songs.song(rng, "twitter", seconds, rate, 0.95)
    level = 10.0 ** (np.linspace(-60.0, -12.0, n) / 20.0)
    return song * level + _background(rng, "noise", n, rate, -42.0)


def _morph(rng: Rng, rate: int) -> Signal:
    """A steady beep that little by little turns into a trill: no label, but every score between."""
    seconds = 8.0
    n = count(seconds, rate)
    time = np.arange(n) / rate
    span = np.clip((time - 1.0) / 6.0, 0.0, 1.0)
    pitch = 2600.0 * 2.0 ** (0.35 * span * np.sin(2.0 * np.pi * 14.0 * time))
    tone = np.sin(2.0 * np.pi * np.cumsum(pitch) / rate)
    gate = 0.5 + 0.5 * np.tanh(8.0 * np.sin(2.0 * np.pi * (1.5 * time)))
    result: Signal = 0.05 * tone * gate + _background(rng, "noise", n, rate, -55.0)
    return result


def _clipped(rng: Rng, rate: int) -> Signal:
    return 3.0 * _bird_over("whistles", -1.0, "traffic", -16.0)(rng, rate)


def _silence(_rng: Rng, rate: int) -> Signal:
    return np.zeros(count(3.0, rate))


def _tiny_noise(rng: Rng, rate: int) -> Signal:
    """Noise of one or two units of the last place."""
    return unit_rms(rng.standard_normal(count(3.0, rate))) * 0.8 / 32768.0


CASES: tuple[Case, ...] = (
    Case(
        "clear-thrush",
        "yes",
        "an easy one",
        "bird:whistles background:noise",
        _bird_over("whistles", -9, "noise", -48),
    ),
    Case(
        "trill-in-rain",
        "yes",
        "broadband drops around a regular song",
        "bird:trill background:rain",
        _bird_over("trill", -14, "rain", -34),
    ),
    Case(
        "chirps-in-wind",
        "yes",
        "strong low frequencies",
        "bird:chirps background:wind",
        _bird_over("chirps", -20, "wind", -22),
    ),
    Case(
        "warble-over-voices",
        "yes",
        "two harmonic sounds at once",
        "bird:warble background:babble",
        _bird_over("warble", -16, "babble", -28),
    ),
    Case(
        "low-coo",
        "unsure",
        "a bird that sounds like something else",
        "bird:coo background:noise",
        _bird_over("coo", -18, "noise", -50),
    ),
    Case(
        "faint-twitter",
        "unsure",
        "hardly above the noise",
        "bird:twitter background:noise",
        _bird_over("twitter", -36, "noise", -46),
    ),
    Case(
        "very-quiet-chirps",
        "yes",
        "a few units of the last place",
        "bird:chirps background:noise",
        _bird_over("chirps", -62, "noise", -84),
    ),
    Case(
        "fading-in",
        "unsure",
        "from inaudible to loud: every score on the way",
        "bird:twitter background:noise",
        _fading,
    ),
    Case("clipped-thrush", "yes", "overdriven by 10 dB", "bird:whistles background:traffic", _clipped),
    Case(
        "whistling-person",
        "no",
        "bird-like, but slow and breathy",
        "decoy:whistling background:noise",
        _decoy_over("whistling", -12, "noise", -50),
    ),
    Case(
        "swept-alarm",
        "no",
        "frequency sweeps in exact time",
        "decoy:siren background:traffic",
        _decoy_over("siren", -10, "traffic", -36),
    ),
    Case(
        "beeping-alarm",
        "no",
        "tones of one pitch",
        "decoy:beeps background:hum",
        _decoy_over("beeps", -16, "hum", -40),
    ),
    Case(
        "beep-to-trill", "unsure", "an alarm that becomes a song", "synthetic tone background:noise", _morph
    ),
    Case(
        "crickets",
        "no",
        "high tones without end",
        "background:insects",
        lambda rng, rate: _background(rng, "insects", count(SECONDS, rate), rate, -28),
    ),
    Case(
        "voices",
        "no",
        "speech-like babble",
        "background:babble",
        lambda rng, rate: _background(rng, "babble", count(SECONDS, rate), rate, -22),
    ),
    Case(
        "stormy-rain",
        "no",
        "rain in strong wind",
        "background:rain background:wind",
        lambda rng, rate: (
            _background(rng, "rain", count(SECONDS, rate), rate, -26)
            + _background(rng, "wind", count(SECONDS, rate), rate, -18)
        ),
    ),
    Case(
        "short-chirp",
        "yes",
        "1.2 s: a single window and a rest",
        "bird:chirps background:noise",
        _bird_over("chirps", -15, "noise", -50, 1.2),
    ),
    Case("silence", "no", "digital zero", "", _silence),
    Case("last-bit-noise", "no", "noise of one or two units", "", _tiny_noise),
)


def samples_of(case: Case, seed: int, rate: int) -> NDArray[np.int16]:
    """The sound of a case, int16 [n]."""
    return to_int16(case.make(generator(seed, _STREAM, CASES.index(case)), rate))


def write_test_set(folder: Path, seed: int, rate: int = 8000) -> list[Row]:
    """Write every case as `<name>.wav` and the table; returns its rows."""
    rows = []
    for case in CASES:
        samples = samples_of(case, seed, rate)
        atomic_write(folder / f"{case.name}.wav", wav_bytes(samples, rate))
        rows.append(Row(f"{case.name}.wav", len(samples) / rate, case.bird, case.parts, case.note))
    write_table(folder, rows)
    return rows
