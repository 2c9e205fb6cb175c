"""All kinds of bird, songs and calls, and a singer of one of them for as long as a scene lasts."""

from __future__ import annotations

import numpy as np

from . import birds, calls
from .signal import Rng, Signal, add_at, count, unit_peak

KINDS = birds.KINDS | calls.KINDS
"""Every kind of bird with its weight in a random choice."""


def random_kind(rng: Rng) -> str:
    """One of `KINDS`, by weight."""
    names = list(KINDS)
    weights = np.array([KINDS[name][0] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def song(rng: Rng, kind: str, seconds: float, rate: int, density: float) -> Signal:
    """`seconds` of one singer of `kind`, peak 1, silent between its phrases.

    Args:
        density: about the share of the time in which it sings, 0 to 1.
    """
    out = np.zeros(count(seconds, rate))
    make = KINDS[kind][1]
    singer = int(rng.integers(1 << 62))
    position = int(rng.uniform(0.0, 0.8 * seconds * (1.0 - density)) * rate)
    while position < len(out):
        # The same seed again gives the same phrase: a real singer repeats itself, and varies now and then.
        if rng.random() < 0.3:
            singer = int(rng.integers(1 << 62))
        start = position
        for gap, note in make(np.random.default_rng(singer), rate):
            position += int(gap * rate)
            add_at(out, position, note)
            position += len(note)
        sung = (position - start) / rate
        position += int(rate * max(0.15, sung * (1.0 / max(density, 0.05) - 1.0) * rng.uniform(0.5, 1.5)))
    return unit_peak(out)
