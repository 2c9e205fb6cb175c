"""The BioDCASE 2026 challenge's front end in NumPy's integers, a stage a function: what the C core is tested against.

The FFT is that of esp-dsp's 16-bit radix-2 routine, fed with the samples as real parts; what follows untangles its
result once more as if it were that of sample pairs, as the challenge does, which leaves half of each value.
"""

from functools import cache
from typing import cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..fixed_tables import log_fractions
from .settings import Biodcase2026Settings
from .tables import Filters, hann, mel_filters, turned_round, unit_circle

Int16 = NDArray[np.int16]
Int64 = NDArray[np.int64]
ROUND = 0x7FFF
LN_2_Q16 = 45426


def reference_values(settings: Biodcase2026Settings, samples: Int16) -> Int64:
    """Return the features of a recording.

    Args:
        settings: the front end's settings.
        samples: int16 [n].

    Returns:
        Whole numbers [columns, bands].
    """
    bits = settings.log_shift
    if len(samples) < settings.span:
        return np.zeros((0, settings.bands), np.int64)
    windows = sliding_window_view(samples, settings.window)[:: settings.hop]
    windowed, shift = tapered(windows, settings)
    filters = _filters(settings)
    real, imaginary = untangled(*fft(windowed))
    summed = banded(real.astype(np.int64) ** 2 + imaginary.astype(np.int64) ** 2, filters)
    return integer_log(square_root(summed) >> shift[:, None], bits)


def tapered(windows: Int16, settings: Biodcase2026Settings) -> tuple[Int16, Int64]:
    """Return samples under the Hann window, raised as far as 16 bits allow, and by how many bits.

    The samples are [columns, n], the bits [columns].
    """
    weights = _window(settings.window, settings.window_bits)
    windowed = ((windows * weights) >> settings.window_bits).astype(np.int16)
    largest = np.abs(windowed).max(axis=1).astype(np.int64)  # that of -32768 is -32768
    shift = 15 - np.array([int(value).bit_length() for value in largest], np.int64)
    return (windowed.astype(np.int64) << shift[:, None]).astype(np.int16), shift


def fft(samples: Int16) -> tuple[Int16, Int16]:
    """Return the FFT of real samples, [columns, n]: real and imaginary parts, divided by n."""
    columns, n = samples.shape
    real, imaginary = samples.astype(np.int64), np.zeros((columns, n), np.int64)
    half = n // 2
    while half > 0:
        blocks = n // 2 // half
        turns = _turns(n)[2 * _order(n // 2)[:blocks]]
        c, s = turns[:, 0, None], turns[:, 1, None]
        r, i = (part.reshape(columns, blocks, 2, half) for part in (real, imaginary))
        turned_r = c * r[:, :, 1] + s * i[:, :, 1]
        turned_i = c * i[:, :, 1] - s * r[:, :, 1]
        real = _halved(r[:, :, 0] * ROUND, turned_r).reshape(columns, n)
        imaginary = _halved(i[:, :, 0] * ROUND, turned_i).reshape(columns, n)
        half //= 2
    return real[:, _order(n)].astype(np.int16), imaginary[:, _order(n)].astype(np.int16)


@cache
def _filters(settings: Biodcase2026Settings) -> Filters:
    return mel_filters(settings)


@cache
def _window(n: int, bits: int) -> Int64:
    return np.array(hann(n, bits), np.int64)


@cache
def _turns(n: int) -> Int64:
    """Cosines and sines of pi * k / n, Q15, [n, 2]."""
    return np.array([unit_circle(k, n) for k in range(n)], np.int64)


@cache
def _order(n: int) -> Int64:
    return np.array([turned_round(k, n) for k in range(n)], np.int64)


def _halved(kept: Int64, turned: Int64) -> Int64:
    """Sum and difference, halved and cut to 16 bits; one beside the other."""
    both = np.stack((kept + turned, kept - turned), axis=2)
    return ((both + ROUND) >> 16).astype(np.int16).astype(np.int64)


def untangled(real: Int16, imaginary: Int16) -> tuple[Int16, Int16]:
    """Return what is made of the bins 0 to n / 2 - 1: [columns, n / 2]; bin 0 is of no use."""
    n = real.shape[1]
    k = np.arange(n // 2)
    r, i, mirrored_r, mirrored_i = (
        part[:, places].astype(np.int64) for places in (k, -k) for part in (real, imaginary)
    )
    c, s = _turns(n)[k].T
    odd_r, odd_i = r - mirrored_r, i + mirrored_i
    turned_r = (c * odd_i - s * odd_r) >> 15
    turned_i = (c * odd_r + s * odd_i) >> 15
    return (
        ((r + mirrored_r + turned_r) >> 2).astype(np.int16),
        ((i - mirrored_i - turned_i) >> 2).astype(np.int16),
    )


def banded(energy: Int64, filters: Filters) -> Int64:
    """Return the sums of a spectrum's energies [columns, bins] in each band, Q12 [columns, bands]."""
    ends = filters.first_bin + np.cumsum((0, *filters.segment_bins))
    down, up = np.array(filters.down, np.int64), np.array(filters.up, np.int64)
    bands = len(filters.segment_bins) - 1
    summed = np.zeros((len(energy), bands), np.int64)
    for segment in range(bands + 1):
        bins = slice(ends[segment], ends[segment + 1])
        parts = slice(bins.start - filters.first_bin, bins.stop - filters.first_bin)
        if segment > 0:
            summed[:, segment - 1] += energy[:, bins] @ down[parts]
        if segment < bands:
            summed[:, segment] += energy[:, bins] @ up[parts]
    return summed


def square_root(values: Int64) -> Int64:
    """Return square roots to the nearest; of what fits 32 bits at most 65535."""
    roots = np.sqrt(values.astype(np.longdouble)).astype(np.int64)
    roots -= roots * roots > values
    roots += (roots + 1) * (roots + 1) <= values
    nearest = roots + (values - roots * roots > roots)
    return cast(Int64, np.where(values >> 32 == 0, np.minimum(nearest, 65535), nearest))


def integer_log(values: Int64, bits: int) -> Int64:
    """Return natural logarithms with `bits` bits behind the point; 0 for 0."""
    fractions = np.array(log_fractions(), np.int64)
    whole = np.array([max(int(value).bit_length() - 1, 0) for value in values.flat], np.int64)
    whole = whole.reshape(values.shape)
    fraction = np.maximum(values - (1 << whole), 0)
    fraction = np.where(
        whole < 16, fraction << np.maximum(16 - whole, 0), fraction >> np.maximum(whole - 16, 0)
    )
    segment = fraction >> 9
    low, high = fractions[segment], fractions[segment + 1]
    log2 = (whole << 16) + fraction + low + (((high - low) * (fraction - (segment << 9))) >> 16)
    natural = (LN_2_Q16 * log2 + 32768) >> 16
    return np.where(values > 1, ((natural << bits) + 32768) >> 16, 0)
