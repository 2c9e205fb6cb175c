"""The one operation that gives a device's numbers of the right ones: a limit, lost bits, a narrower type, a shift."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

LEAST = 3  # numbers that differ
LEAST_DISTINCT = 6  # numbers that come out
BITS = range(1, 31)
WIDTHS = range(31, 7, -1)


def operation(host: Int64, device: Int64) -> str:
    """What is done to all numbers, behind "are" or "come"; empty where no single operation gives all of them."""
    if len(host) != len(device) or np.count_nonzero(host != device) < LEAST or not device.any():
        return ""
    if len(np.unique(device)) < LEAST_DISTINCT:
        return ""  # many operations leave next to nothing
    return _limited(host, device) or next(
        (told for told, values in _operations(host) if np.array_equal(values, device)), ""
    )


def _limited(host: Int64, device: Int64) -> str:
    low, high = int(device.min()), int(device.max())
    if not np.array_equal(np.clip(host, low, high), device):
        return ""
    above, below = bool((host > high).any()), bool((host < low).any())
    if above and below:
        return f"limited to ±{high:,}" if high in (-low, -low - 1) else f"limited to {low:,} to {high:,}"
    return f"limited to at most {high:,}" if above else f"limited to at least {low:,}"


def _operations(host: Int64) -> Iterator[tuple[str, Int64]]:
    size = np.abs(host)
    yield "without their sign", size
    yield "complemented (all bits inverted)", ~host
    for bits in BITS:
        lost = f"without their {bits} low bit{'s' * (bits > 1)}"
        yield f"{lost}, rounded down", host >> bits << bits
        yield f"{lost}, rounded to 0", np.sign(host) * (size >> bits << bits)
        yield f"{lost}, rounded", (host + (1 << bits - 1)) >> bits << bits
    for bits in BITS:
        yield f"shifted right by {bits}", host >> bits
        yield f"divided by {1 << bits}, rounded to 0", np.sign(host) * (size >> bits)
    for width in WIDTHS:
        half = 1 << width - 1
        yield f"what {width} bits of them hold (they wrap)", (host + half) % (2 * half) - half
        yield f"what {width} bits of them hold, without a sign", host % (2 * half)
