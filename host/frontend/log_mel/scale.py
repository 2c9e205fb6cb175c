"""Mel scales: Slaney's Auditory Toolbox (1998), as librosa's `htk=False`, and HTK's."""

import math

# Slaney's: linear below 1 kHz, logarithmic above.
LINEAR_HZ_PER_MEL = 200.0 / 3.0
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = math.log(6.4) / 27.0
# HTK's: logarithmic throughout.
HTK_MEL_PER_DECADE = 2595.0
HTK_BREAK_HZ = 700.0
SCALES = ("slaney", "htk")


def hz_to_mel(hz: float, scale: str = "slaney") -> float:
    """Return the mel value of a frequency."""
    if scale == "htk":
        return HTK_MEL_PER_DECADE * math.log10(1.0 + hz / HTK_BREAK_HZ)
    if hz < BREAK_HZ:
        return hz / LINEAR_HZ_PER_MEL
    return BREAK_MEL + math.log(hz / BREAK_HZ) / LOG_STEP


def mel_to_hz(mel: float, scale: str = "slaney") -> float:
    """Return the frequency of a mel value, Hz."""
    if scale == "htk":
        return HTK_BREAK_HZ * (10.0 ** (mel / HTK_MEL_PER_DECADE) - 1.0)
    if mel < BREAK_MEL:
        return mel * LINEAR_HZ_PER_MEL
    return BREAK_HZ * math.exp(LOG_STEP * (mel - BREAK_MEL))


def mel_edges(fmin: float, fmax: float, bands: int, scale: str = "slaney") -> list[float]:
    """Return the bands + 2 frequencies (Hz) that bound the bands: band b rises from edge b to b+1 and falls to b+2."""
    low, high = hz_to_mel(fmin, scale), hz_to_mel(fmax, scale)
    step = (high - low) / (bands + 1)
    return [mel_to_hz(low + step * i, scale) for i in range(bands + 2)]
