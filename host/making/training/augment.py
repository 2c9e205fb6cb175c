"""Changing feature windows while training so that the network learns sound, not recordings.

All works on log-mel features as the front end gives them: float32 [n, frames, bands] of `scale`·dB + `offset`, within
[lowest, highest]. Gain is an addition, mixing an addition of powers: exact but for phase, and thousands of times faster
than changing the sound. Shift in time comes from where windows start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...declared import Share

Decibels = Annotated[float, Meta(ge=-120, le=120)]
Batch = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How much to change.

    Attributes:
        gain_db: level up or down by at most this.
        tilt_db: a smooth frequency response of at most about this.
        stretch: time runs faster or slower by at most this share; what a faster window lacks at its end is mirrored.
        shift_bands: up or down the mel scale by at most this; the outermost band fills the gap.
        mix_probability: share of windows that get a background window mixed in.
        mix_snr_db: lowest and highest level of a window against what is mixed in.
        mask_probability, mask_frames, mask_bands: SpecAugment: chance and largest sizes of a masked stripe.
    """

    gain_db: Annotated[float, Meta(ge=0, le=120)] = 12.0
    tilt_db: Annotated[float, Meta(ge=0, le=120)] = 4.0
    stretch: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    shift_bands: Annotated[int, Meta(ge=0, le=65535)] = 0
    mix_probability: Share = 0.4
    mix_snr_db: tuple[Decibels, Decibels] = (0.0, 25.0)
    mask_probability: Share = 0.3
    mask_frames: Annotated[int, Meta(ge=0, le=65535)] = 8
    mask_bands: Annotated[int, Meta(ge=0, le=65535)] = 4


NONE = Augmentation(0.0, 0.0, 0.0, 0, 0.0, (0.0, 0.0), 0.0, 0, 0)


@dataclass(frozen=True)
class Units:
    """What a feature number means: `scale`·dB + `offset`, limited to [lowest, highest]."""

    scale: float
    offset: float
    lowest: float
    highest: float


def gain_and_tilt(rng: np.random.Generator, batch: Batch, plan: Augmentation, units: Units) -> Batch:
    """Change level and frequency response of each window."""
    n, _, bands = batch.shape
    gain = rng.uniform(-plan.gain_db, plan.gain_db, (n, 1))
    knots = rng.uniform(-plan.tilt_db, plan.tilt_db, (n, 5))
    place = np.linspace(0.0, 4.0, bands)
    left = np.minimum(place.astype(int), 3)
    share = place - left
    response = knots[:, left] * (1.0 - share) + knots[:, left + 1] * share
    result: Batch = (batch + (units.scale * (gain + response))[:, np.newaxis, :]).astype(np.float32)
    return result


def shift(rng: np.random.Generator, batch: Batch, plan: Augmentation) -> Batch:
    """Move each window up or down the mel scale, where a shift is about a change of pitch: another bird of its kind."""
    n, _, bands = batch.shape
    steps = rng.integers(-plan.shift_bands, plan.shift_bands + 1, (n, 1))
    places = np.clip(np.arange(bands) + steps, 0, bands - 1)
    result: Batch = np.take_along_axis(batch, places[:, np.newaxis, :], axis=2)
    return result


def stretch(rng: np.random.Generator, batch: Batch, plan: Augmentation) -> Batch:
    """Let time run faster or slower in each window, between its columns linearly."""
    n, frames, _ = batch.shape
    last = frames - 1
    pace = (1.0 + plan.stretch) ** rng.uniform(-1.0, 1.0, (n, 1))
    first = rng.uniform(0.0, 1.0, (n, 1)) * np.maximum(0.0, last * (1.0 - pace))
    places = np.minimum(first + pace * np.arange(frames), 2.0 * last)
    places = last - np.abs(last - places)
    left = np.minimum(places.astype(int), max(0, last - 1))
    share = (places - left)[:, :, np.newaxis].astype(np.float32)
    rows = np.arange(n)[:, np.newaxis]
    result: Batch = batch[rows, left] * (1.0 - share) + batch[rows, np.minimum(left + 1, last)] * share
    return result


def mix(rng: np.random.Generator, batch: Batch, noise: Batch, plan: Augmentation, units: Units) -> Batch:
    """Add the power of one window of `noise` to some windows, at a random level below them."""
    chosen = np.flatnonzero(rng.random(len(batch)) < plan.mix_probability)
    if len(chosen) == 0 or len(noise) == 0:
        return batch
    other = noise[rng.integers(len(noise), size=len(chosen))]
    to_db = 10.0 / np.log(10.0)
    a = (batch[chosen] - units.offset) / units.scale / to_db
    b = (other - units.offset) / units.scale / to_db
    level = np.log(np.mean(np.exp(a), axis=(1, 2), keepdims=True)) - np.log(
        np.mean(np.exp(b), axis=(1, 2), keepdims=True)
    )
    snr = rng.uniform(*plan.mix_snr_db, (len(chosen), 1, 1)) / to_db
    out = batch.copy()
    out[chosen] = np.logaddexp(a, b + level - snr) * to_db * units.scale + units.offset
    return out


def mask(rng: np.random.Generator, batch: Batch, plan: Augmentation) -> Batch:
    """SpecAugment: paint a stripe of time and one of frequency with the window's own median."""
    out = batch.copy()
    n, frames, bands = batch.shape
    for i in np.flatnonzero(rng.random(n) < plan.mask_probability):
        middle = np.median(batch[i])
        if plan.mask_frames:
            width = int(rng.integers(0, plan.mask_frames + 1))
            start = int(rng.integers(0, frames - min(width, frames) + 1))
            out[i, start : start + width] = middle
        if plan.mask_bands:
            width = int(rng.integers(0, plan.mask_bands + 1))
            start = int(rng.integers(0, bands - min(width, bands) + 1))
            out[i, :, start : start + width] = middle
    return out


def augmented(
    rng: np.random.Generator, batch: Batch, noise: Batch, plan: Augmentation, units: Units
) -> Batch:
    """All changes in turn; the result keeps to the units' limits."""
    out = stretch(rng, batch, plan) if plan.stretch else batch
    out = shift(rng, out, plan) if plan.shift_bands else out
    out = mix(rng, out, noise, plan, units) if plan.mix_probability else out
    out = gain_and_tilt(rng, out, plan, units) if plan.gain_db or plan.tilt_db else out
    out = mask(rng, out, plan) if plan.mask_probability else out
    return np.clip(out, units.lowest, units.highest)
