"""Where a bird can be heard: the bird's own spectrogram held against that of everything else.

Time runs in hops of 16 ms with windows of 32 ms, whatever the sample rate. A hop's audibility is the largest ratio
of bird to background power, in dB, over the band. Powers are summed over 125 Hz, about the width of a mel band,
and the background is averaged over 80 ms, so that a lull of a single bin does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .signal import Signal

HOP_S = 0.016
SMOOTH_BINS = 4
HEARD_DB = 7.0
"""A hop with at least this ratio counts as singing."""
HIDDEN_DB = -3.0
"""Below this the bird cannot be told from the background."""
HEARD_HOPS = 5
"""Hops of singing that make a window a bird window (80 ms)."""
LOWEST_HZ = 250.0
FLOOR = 8e-8
"""Power (of `SMOOTH_BINS` bins) below which nothing counts as audible: about the rounding noise of 16-bit samples."""

BIRD, NO_BIRD, UNSURE = 1, 0, -1


@dataclass(frozen=True)
class Hop:
    """Numbers of samples of the analysis at one sample rate."""

    window: int
    hop: int

    @staticmethod
    def at(rate: int) -> Hop:
        """The analysis of this module at `rate` samples a second."""
        hop = max(1, round(HOP_S * rate))
        return Hop(2 * hop, hop)


def power_spectrogram(signal: Signal, rate: int) -> NDArray[np.float64]:
    """Power per hop and bin, float64 [hops, bins], Hann window."""
    sizes = Hop.at(rate)
    hops = max(0, (len(signal) - sizes.window) // sizes.hop + 1)
    if hops == 0:
        return np.zeros((0, sizes.window // 2 + 1))
    frames = np.lib.stride_tricks.sliding_window_view(signal, sizes.window)[:: sizes.hop][:hops]
    taper = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(sizes.window) / sizes.window)
    spectrum = np.fft.rfft(frames * taper, axis=1)
    result: NDArray[np.float64] = np.square(np.abs(spectrum))
    return result


def _over_bins(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over `SMOOTH_BINS` neighbouring bins."""
    sums = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    return sums[:, SMOOTH_BINS:] - sums[:, :-SMOOTH_BINS]


def audibility(bird: Signal, background: Signal, rate: int) -> NDArray[np.float64]:
    """The largest bird-to-background ratio in dB of every hop, float64 [hops]; -100 where there is no bird."""
    heard = power_spectrogram(bird, rate)
    rest = power_spectrogram(background, rate)
    if len(heard) == 0:
        return np.zeros(0)
    first = int(np.ceil(LOWEST_HZ / rate * Hop.at(rate).window))
    padded = np.pad(rest, ((2, 2), (0, 0)), mode="edge")
    heard, padded = _over_bins(heard[:, first:]), _over_bins(padded[:, first:])
    sums = np.cumsum(np.vstack([np.zeros(padded.shape[1]), padded]), axis=0)
    mean = (sums[5:] - sums[:-5]) / 5.0
    ratio = heard / (mean + FLOOR)
    result: NDArray[np.float64] = 10.0 * np.log10(np.maximum(ratio.max(axis=1), 1e-10))
    return result


def window_label(levels: NDArray[np.float64], rate: int, start: int, samples: int) -> int:
    """BIRD, NO_BIRD or UNSURE for `samples` from sample `start` on, by the `levels` of `audibility`."""
    hop = Hop.at(rate).hop
    part = levels[start // hop : max(start // hop + 1, (start + samples) // hop - 1)]
    if np.count_nonzero(part >= HEARD_DB) >= HEARD_HOPS:
        return BIRD
    return NO_BIRD if np.all(part < HIDDEN_DB) else UNSURE
