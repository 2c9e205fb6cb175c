"""Samples divided by the peak of the clip they are of, which is full scale then."""

import numpy as np
from numpy.typing import NDArray

Int16 = NDArray[np.int16]
FULL_SCALE = 32768


def peak_of(samples: Int16) -> int:
    """Return the largest magnitude, 0 to 32768; 0 of no samples."""
    return int(np.abs(samples.astype(np.int32)).max(initial=0))


def divided(samples: Int16, peak: int) -> Int16:
    """Return `samples` / `peak` as int16 of full scale 1, rounded; silence, a `peak` of 0, stays what it is.

    A positive peak itself is 1 and thus beyond int16: it becomes 32767.
    """
    if not peak:
        return samples
    scaled = np.rint(samples * (FULL_SCALE / peak))
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
