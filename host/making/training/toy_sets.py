"""Training sets that a child could tell apart, for tests of the machinery."""

from __future__ import annotations

import numpy as np

from ..dataset.windows import Windows, single

FRAMES, BANDS = 61, 40


def striped_windows(seed: int, n: int = 96, positives: float = 0.5, label_noise: float = 0.0) -> Windows:
    """Windows of noise, each a recording of its own; in the positive ones a bright stripe of time.

    Args:
        positives: share of windows with the stripe.
        label_noise: share of windows whose label says the contrary.
    """
    rng = np.random.default_rng(seed)
    columns = rng.integers(-90, -30, (n * FRAMES, BANDS), dtype=np.int8)
    truth = rng.random(n) < positives
    for index in np.flatnonzero(truth):
        columns[index * FRAMES + 20 : index * FRAMES + 30, 15:25] = 90
    told = truth ^ (rng.random(n) < label_noise)
    return single(
        columns,
        FRAMES,
        np.arange(n) * FRAMES,
        told.astype(np.float32)[:, np.newaxis],
        np.arange(n, dtype=np.int32),
        [f"recording-{i}" for i in range(n)],
    )
