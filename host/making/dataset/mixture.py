"""The sound of one mixture: a piece of a recording, played faster or slower, with an echo, another one and noise.

Recordings of one kind in every noise that there is are more than anybody has recorded (mixup of sound: Salamon and
Bello 2017, arXiv:1608.04363). No label tells what can still be heard in it: a listener has to (see `mixtures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import soxr
from msgspec import Meta
from numpy.typing import NDArray

from ...declared import Seed, Share
from ..corpus.scene import FULL_SCALE, generator, to_int16
from ..corpus.signal import Rng, Signal, reverberated, shaped_noise, unit_rms

STREAM = 20
"""Keeps the random numbers of mixtures apart from those of synthetic scenes."""
FASTER = (2.0**-0.35, 2.0**0.35)
"""How much faster a piece is played; its pitch follows."""
DECAY_S, WET = (0.06, 0.75), (0.25, 1.4)
PEER_DB, OTHER_DB, NOISE_DB = (-3.0, 15.0), (-10.0, 20.0), (0.0, 35.0)
"""How much louder the main piece is than a second one of its kind, than background, than noise."""
LEVEL_DB = (-45.0, -12.0)
FAINTEST = 2e-4
"""RMS below which a piece is silence."""
ALTERED, ECHO, PEER, OTHER, NOISE = 0.6, 0.25, 0.15, 0.65, 0.6
"""How often each of these is drawn."""
HISS_FROM_HZ, HISS_DB = 20.0, 60.0
"""Where noise begins to fall off with frequency, and by how many dB at most at half the rate."""


@dataclass(frozen=True)
class MixturePlan:
    """Which mixtures.

    Attributes:
        windows: how many, each one window long.
        class_share: how many have a piece of a class's recording in front.
        seed: of all that is drawn.
    """

    windows: Annotated[int, Meta(ge=1, le=10_000_000)]
    class_share: Share = 0.6
    seed: Seed = 1


@dataclass(frozen=True)
class Sounds:
    """Recordings to draw pieces from.

    Attributes:
        samples: int16 of each.
        numbers: what the caller knows each by.
        chances: how likely each is drawn.
    """

    samples: tuple[NDArray[np.int16], ...]
    numbers: tuple[int, ...]
    chances: NDArray[np.float64]

    def piece(self, rng: Rng, n: int) -> tuple[Signal, int]:
        """`n` samples of unit RMS, or silence, from one recording, and its number."""
        place = int(rng.choice(len(self.samples), p=self.chances))
        whole = self.samples[place]
        faster = float(rng.uniform(*FASTER)) if rng.random() < ALTERED else 1.0
        length = max(2, round(n * faster))
        part = np.zeros(length)
        if len(whole) > length:
            first = int(rng.integers(0, len(whole) - length))
            part[:] = whole[first : first + length]
        else:
            first = int(rng.integers(0, length - len(whole) + 1))
            part[first : first + len(whole)] = whole
        part /= FULL_SCALE
        if float(np.sqrt(np.mean(part * part))) < FAINTEST:
            return np.zeros(n), self.numbers[place]
        return unit_rms(resampled(part, length, n, n)), self.numbers[place]


def resampled(signal: Signal, rate: float, to: float, n: int, quality: str = "HQ") -> Signal:
    """A signal at another rate, cut or padded to `n` samples; `quality` as soxr names it."""
    found = soxr.resample(signal, rate, to, quality) if rate != to else signal
    out = np.zeros(n)
    out[: min(n, len(found))] = found[:n]
    return out


def widened(signal: Signal, rate: float, to: float, n: int) -> Signal:
    """`resampled`, but cubic where the rate grows: a classifier knows no recording with a brick wall below its band."""
    return resampled(signal, rate, to, n, "QQ" if rate < to else "HQ")


def sounds_of(samples: list[NDArray[np.int16]], numbers: list[int], groups: list[str]) -> Sounds:
    """Recordings, of which each group is drawn by the root of its length: many clips of one sound are one sound."""
    lengths: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for group, each in zip(groups, samples, strict=True):
        lengths[group] = lengths.get(group, 0) + len(each)
        sizes[group] = sizes.get(group, 0) + 1
    chances = np.array([np.sqrt(lengths[group]) / sizes[group] for group in groups])
    return Sounds(tuple(samples), tuple(numbers), chances / chances.sum())


def mixture(
    plan: MixturePlan, index: int, of_class: Sounds, background: Sounds, n: int, rate: int
) -> tuple[NDArray[np.int16], int]:
    """One mixture.

    Args:
        plan: which mixtures.
        index: which of them; it alone, with the plan's seed, decides what is drawn.
        of_class: recordings of the class.
        background: the others.
        n: samples.
        rate: in Hz.

    Returns:
        int16 [n], and the number of the recording in front.
    """
    rng = generator(plan.seed, STREAM, index)
    with_class = bool(rng.random() < plan.class_share)
    out, number = (of_class if with_class else background).piece(rng, n)
    if rng.random() < ECHO:
        out = unit_rms(reverberated(rng, out, rate, float(rng.uniform(*DECAY_S)), float(rng.uniform(*WET))))
    if with_class and rng.random() < PEER:
        out = unit_rms(out + _below(rng, PEER_DB) * of_class.piece(rng, n)[0])
    if rng.random() < OTHER:
        out = out + _below(rng, OTHER_DB) * background.piece(rng, n)[0]
    if rng.random() < NOISE:
        fall = -float(rng.uniform(0.0, HISS_DB))
        hiss = shaped_noise(rng, n, rate, [HISS_FROM_HZ, rate / 2.0], [0.0, fall])
        out = out + _below(rng, NOISE_DB) * hiss
    return to_int16(unit_rms(out) * 10.0 ** (float(rng.uniform(*LEVEL_DB)) / 20.0)), number


def _below(rng: Rng, db: tuple[float, float]) -> float:
    return float(10.0 ** (-rng.uniform(*db) / 20.0))
