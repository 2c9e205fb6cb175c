"""The fixed-point front end's mel scale, in single precision as the public implementation computes it."""

import math
import struct

MEL_PER_LOG = 1127.0
BREAK_HZ = 700.0


def single(value: float) -> float:
    """Return `value` in single precision."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


def hz_to_mel(hz: float) -> float:
    """Return the mel value of a frequency."""
    return single(MEL_PER_LOG * math.log1p(single(hz) / BREAK_HZ))


def centers(fmin: float, fmax: float, bands: int) -> list[float]:
    """Return the bands + 1 mel values at which one band ends and the next has its middle."""
    low, high = hz_to_mel(fmin), hz_to_mel(fmax)
    spacing = single(single(high - low) / (bands + 1))
    return [single(low + single(spacing * (i + 1))) for i in range(bands + 1)]


def center_frequencies(fmin: float, fmax: float, bands: int) -> list[float]:
    """Return the middle of each band, Hz."""
    return [BREAK_HZ * math.expm1(mel / MEL_PER_LOG) for mel in centers(fmin, fmax, bands)[:-1]]
