"""An endless, seeded stream of scenes, for soak tests: half an hour of sound in a few seconds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .scene import generator, make_scene

SCENE_S = 10.0


def stream(seed: int, seconds: float, rate: int = 8000) -> Iterator[NDArray[np.int16]]:
    """Yield int16 pieces of at most ten seconds, `seconds` in all; half of the scenes have a bird.

    A piece depends on the seed and its place only, so a longer stream begins with the shorter one.
    """
    left = round(seconds * rate)
    index = 0
    while left > 0:
        rng = generator(seed, 1, index)
        samples = make_scene(rng, SCENE_S, rate, with_bird=bool(rng.random() < 0.5)).samples
        yield samples[:left]
        left -= len(samples)
        index += 1
