"""A scene: some seconds of background, decoys, birds, a microphone, and the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import backgrounds, decoys, path, songs
from .audibility import audibility
from .signal import Rng, Signal, count, filtered, reverberated, shaped_noise, unit_rms

FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Scene:
    """Sound and truth.

    Attributes:
        samples: int16 [n].
        audible_db: float64 [hops], see `host.making.corpus.audibility.audibility`.
        parts: what was mixed, for instance `("background:rain", "bird:trill")`.
    """

    samples: NDArray[np.int16]
    audible_db: NDArray[np.float64]
    parts: tuple[str, ...]


def generator(seed: int, *path: int) -> Rng:
    """The random generator of one item: equal for equal numbers, independent of every other item."""
    return np.random.default_rng(np.random.SeedSequence([seed, *path]))


def to_int16(signal: Signal) -> NDArray[np.int16]:
    """Round and clip a signal whose full scale is 1."""
    result: NDArray[np.int16] = np.clip(np.rint(signal * FULL_SCALE), -32768, 32767).astype(np.int16)
    return result


def _microphone(rng: Rng) -> tuple[list[float], list[float]]:
    """A random but smooth frequency response: roll-offs at both ends and a few dB of ripple."""
    points = [60.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0]
    gains = rng.normal(0.0, 2.0, len(points))
    gains[:3] -= rng.choice([0.0, 0.0, rng.uniform(3.0, 15.0)]) * np.array([2.0, 1.0, 0.4])
    gains[-2:] -= rng.choice([0.0, 0.0, rng.uniform(2.0, 12.0)]) * np.array([0.4, 1.0])
    return points, list(gains)


def _background(rng: Rng, n: int, rate: int, parts: list[str]) -> Signal:
    """One to three backgrounds, the first the loudest, unit RMS together."""
    out = np.zeros(n)
    for i in range(int(rng.choice([1, 2, 3], p=[0.55, 0.35, 0.1]))):
        kind = backgrounds.random_kind(rng)
        parts.append(f"background:{kind}")
        level = 1.0 if i == 0 else 10.0 ** (-rng.uniform(0.0, 20.0) / 20.0)
        out += level * backgrounds.KINDS[kind][1](rng, n, rate)
    return unit_rms(out)


def _loudness(signal: Signal) -> float:
    """RMS of the loudest tenth of 20 ms pieces: a level that pauses do not lower."""
    block = 160
    pieces = signal[: len(signal) // block * block].reshape(-1, block)
    power = np.sort(np.mean(pieces * pieces, axis=1))
    top = power[-max(1, len(power) // 10) :] if len(power) else np.mean(signal * signal, keepdims=True)
    return float(np.sqrt(np.mean(top)))


def _silenced(rng: Rng, n: int, most: int | None) -> Signal:
    """A gain of 1 with one or two stretches of exact 0, together of at most `most` samples if that is given."""
    out = np.ones(n)
    many = int(rng.integers(1, 3))
    for _ in range(many):
        length = int(rng.uniform(0.05, 0.6) * n)
        if most is not None:
            length = min(length, most // many)
        start = int(rng.choice([0, n - length, rng.integers(0, n - length)]))
        out[start : start + length] = 0.0
    return out


def _with_decoys(rng: Rng, rest: Signal, seconds: float, rate: int, parts: list[str]) -> Signal:
    """`rest` and one or two decoys, each at a level of its own against a background of loudness 1."""
    for _ in range(int(rng.choice([1, 1, 1, 2]))):
        kind = decoys.random_kind(rng)
        parts.append(f"decoy:{kind}")
        sound = decoys.decoy(rng, kind, seconds, rate)
        if rng.random() < 0.5:
            sound = reverberated(rng, sound, rate, rng.uniform(0.1, 1.2), rng.uniform(0.1, 0.8))
        rest = rest + sound * (10.0 ** (rng.uniform(-10.0, 25.0) / 20.0) / max(_loudness(sound), 1e-9))
    return rest


def _singers(rng: Rng, seconds: float, rate: int, parts: list[str]) -> Signal:
    """One to four birds, or in one scene of eight a chorus of five to ten; the first is the loudest but for chance."""
    out = np.zeros(count(seconds, rate))
    chorus = rng.random() < 0.125
    many = int(rng.integers(5, 11)) if chorus else int(rng.choice([1, 2, 3, 4], p=[0.55, 0.25, 0.12, 0.08]))
    for i in range(many):
        kind = songs.random_kind(rng)
        parts.append(f"bird:{kind}")
        sound = songs.song(rng, kind, seconds, rate, rng.uniform(0.15, 0.9))
        if rng.random() < 0.7:
            sound = path.from_afar(rng, sound, rate)
        # A narrow song is heard well below the level of a broad background, hence the low end of the range.
        level = rng.uniform(-12.0, 30.0) if i == 0 else rng.uniform(-15.0, 10.0)
        out += sound * (10.0 ** (level / 20.0) / max(_loudness(sound), 1e-9))
    return out


def make_scene(
    rng: Rng,
    seconds: float,
    rate: int,
    with_bird: bool,
    with_decoy: bool | None = None,
    silence_s: float | None = None,
) -> Scene:
    """Mix a random scene.

    Levels: birds from -12 to +30 dB, decoys from -10 to +25 dB against the background, the whole from -68 dBFS
    RMS to slight clipping. Some scenes are nearly silent behind the bird.

    Args:
        with_bird: whether a bird sings at all; whether it can be *heard* is what `audible_db` tells.
        with_decoy: whether a decoy sounds; by chance when None (three scenes in ten, more without a bird).
        silence_s: the most digital silence, where the scene has some; None leaves it to chance and the length.
    """
    n = count(seconds, rate)
    parts: list[str] = []
    rest = _background(rng, n, rate, parts)
    if with_decoy is None:
        with_decoy = bool(rng.random() < (0.15 if with_bird else 0.6))
    if with_decoy:
        rest = _with_decoys(rng, rest, seconds, rate, parts)
    bird = _singers(rng, seconds, rate, parts) if with_bird else np.zeros(n)
    most = None if silence_s is None else count(silence_s, rate)
    rest, bird = _recorded(rng, rest, bird, rate, parts, most)
    mixed = rest + bird
    if rng.random() < 0.12 and rate in path.MP3_RATES:
        parts.append("codec:mp3")
        mixed = path.through_mp3(mixed, rate)
    return Scene(to_int16(mixed), audibility(bird, rest, rate), tuple(parts))


def _recorded(
    rng: Rng, rest: Signal, bird: Signal, rate: int, parts: list[str], most_silence: int | None
) -> tuple[Signal, Signal]:
    """Both through one microphone, at one level, with its wind, its own noise or its gate."""
    n = len(rest)
    points, gains = _microphone(rng)
    rest, bird = filtered(rest, rate, points, gains), filtered(bird, rate, points, gains)
    target = 10.0 ** (rng.uniform(-68.0, -14.0) / 20.0)
    if rng.random() < 0.03:
        target = 10.0 ** (rng.uniform(-10.0, 0.0) / 20.0)  # overdriven: clips
    scale = target / max(float(np.sqrt(np.mean((rest + bird) ** 2))), 1e-9)
    rest, bird = rest * scale, bird * scale
    if rng.random() < 0.08:
        parts.append("microphone:wind")
        rest = rest + path.wind_on_the_microphone(rng, n, rate) * min(
            0.9, target * 10.0 ** rng.uniform(0.0, 1.3)
        )
    if rng.random() < 0.1:  # cut from elsewhere: digital silence after, or before, or a gate between sounds
        hold = _silenced(rng, n, most_silence)
        return rest * hold, bird * hold
    hiss = shaped_noise(rng, n, rate, [50, 500, 4000], [4, 0, -2])
    return rest + 10.0 ** (rng.uniform(-96.0, -64.0) / 20.0) * hiss, bird
