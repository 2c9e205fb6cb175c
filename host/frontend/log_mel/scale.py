"""The mel scale: Slaney's Auditory Toolbox (1998), as in librosa (`htk=False`)."""

import math

# Linear below 1 kHz, logarithmic above.
LINEAR_HZ_PER_MEL = 200.0 / 3.0
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = math.log(6.4) / 27.0


def hz_to_mel(hz: float) -> float:
    """Return the mel value of a frequency (Slaney's scale)."""
    if hz < BREAK_HZ:
        return hz / LINEAR_HZ_PER_MEL
    return BREAK_MEL + math.log(hz / BREAK_HZ) / LOG_STEP


def mel_to_hz(mel: float) -> float:
    """Return the frequency of a mel value (Slaney's scale), Hz."""
    if mel < BREAK_MEL:
        return mel * LINEAR_HZ_PER_MEL
    return BREAK_HZ * math.exp(LOG_STEP * (mel - BREAK_MEL))


def mel_edges(fmin: float, fmax: float, bands: int) -> list[float]:
    """Return the bands + 2 frequencies (Hz) that bound the bands: band b rises from edge b to b+1 and falls to b+2."""
    low, high = hz_to_mel(fmin), hz_to_mel(fmax)
    step = (high - low) / (bands + 1)
    return [mel_to_hz(low + step * i) for i in range(bands + 2)]
