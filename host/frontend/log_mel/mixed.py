"""FFTs whose length is no power of two: 2^a * 3^b * 5^c points, even. Standard library only.

The C side is firmware/core/frontend/log_mel_mixed: which steps there are, in which order they take the samples, and by
what each one divides. A step joins `radix` FFTs into one that is `radix` times as long, and divides by a power of two,
so that values fill 32 bits and never more. Under a window that weighs half a sample on average an FFT of m samples sums
to m / 2 of full scale at most; m / 2**shifts may be a tenth above what the last step leaves, which is 8 to 16. What is
not a power of two is in the weights: the spectrum has the scale that it has with every other length.
"""

import math
from bisect import bisect
from collections.abc import Sequence
from typing import NamedTuple

POWERS_OF_TWO = (128, 256, 512, 1024, 2048)  # these have an FFT of their own (rfft.c)
LEAST, MOST = 16, 2048  # FE_MIXED_LEAST, CORE_MAX_FFT_LOG_MEL
RADICES = (5, 3, 2, 4)
FULL = 0.99  # of 31 bits, what a step's sum may be


class Step(NamedTuple):
    """From FFTs of `length` values to FFTs of `radix` * `length`, each summand divided by 2 ** `shift`."""

    length: int
    radix: int
    shift: int


def steps(fft: int) -> list[Step]:
    """Return the steps of an FFT (fe_mixed_plan_of); empty if there are none for that length."""
    left, length, shifts = fft, 1, 0
    found: list[Step] = []
    if not LEAST <= fft <= MOST or fft % 2:
        return []
    for radix in RADICES:
        while left % radix == 0 and (radix != 2 or left.bit_length() % 2 == 0):
            shift = int(length > 1)
            while 10 * (length * radix << fft.bit_length() - 4) > 11 * (fft << shifts + shift):
                shift += 1
            found.append(Step(length, radix, shift))
            left, length, shifts = left // radix, length * radix, shifts + shift
    return found if left == 1 else []


# Every length that an FFT can have, rising.
LENGTHS = tuple(fft for fft in range(LEAST, MOST + 1) if fft in POWERS_OF_TWO or steps(fft))


def nearest(fft: int) -> list[int]:
    """Return the lengths just below and just above one that is none; fewer at the ends."""
    at = bisect(LENGTHS, fft)
    return [*LENGTHS[max(0, at - 1) : at + 1]]


def cause(fft: int) -> str:
    """Say why a length is none, for people."""
    if not LEAST <= fft <= MOST:
        return f"FFTs have {LEAST} to {MOST} points"
    if fft % 2:
        return "it is odd"
    left = fft
    for prime in (2, 3, 5):
        while left % prime == 0:
            left //= prime
    factor = next(each for each in range(7, left + 1) if left % each == 0)
    return f"it has the factor {factor}, and FFTs are made of 2, 3 and 5"


def order(fft: int) -> list[int]:
    """Return which sample stands at each place: the digits of an index, by the steps' radices, reversed."""
    found = [0]
    for step in reversed(steps(fft)):
        found = [
            base + fft // (step.length * step.radix) * digit for base in found for digit in range(step.radix)
        ]
    return found


def gain(fft: int) -> float:
    """Return by how much the steps' result is larger than 8 / fft of a sum over all samples."""
    return fft / 8 / 2.0 ** sum(step.shift for step in steps(fft))


def headroom(placed: Sequence[float]) -> float:
    """Return the largest part of full scale at which no step's sum under a window exceeds 31 bits.

    Args:
        placed: the window's weights at their places, as many as the FFT has points.
    """
    fft = len(placed)
    found = steps(fft)
    total = sum(step.shift for step in found)
    largest, shifts = max(placed) * 2.0**total, 0
    for step in found:
        shifts += step.shift
        stride = fft // (step.length * step.radix)
        whole = max(sum(placed[first::stride]) for first in range(stride))
        largest = max(largest, whole * 2.0 ** (total - shifts))
    return FULL * (fft / 2) / largest


def twiddles(fft: int) -> list[int]:
    """Return each step's rotations but the first's, cos and sin, times 2 ** (32 - shift) (fe_mixed_rfft)."""
    found: list[int] = []
    for length, radix, shift in steps(fft)[1:]:
        for k in range(1, (length - 1) // 2 + 1):
            for j in range(1, radix):
                angle = 2 * math.pi * j * k / (radix * length)
                found += (_rounded(f * 2.0 ** (32 - shift)) for f in (math.cos(angle), math.sin(angle)))
    return found


def _rounded(value: float) -> int:
    """Nearest integer below 2 ** 31; ties and what a rounding error could make of a tie go up."""
    return min((1 << 31) - 1, max(1 - (1 << 31), math.floor(value + (0.5 + 2.0**-20))))
