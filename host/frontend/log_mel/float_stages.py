"""Each stage of the front end once more, in float64: written from what a stage means, not from how the C core does it.

    samples -> window -> FFT -> power -> mel -> log -> int8

float_frontend.py is the whole of it by librosa; here a stage stands alone, so that a test can say which one is wrong.
The scale of every value is the C core's (firmware/core/frontend/): where it works with integers of a known unit, these
are the same numbers with a fraction.
"""

import numpy as np
from numpy.typing import NDArray

from .settings import LogMelSettings
from .tables import HEADROOM

Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]


def unit(settings: LogMelSettings) -> float:
    """Return what a sample of 1 becomes at the window's top: a sample's 16 bits raised to the FFT's 30.

    Lengths that are not a power of 4 have one bit less, for the FFT's step that makes up for it.
    """
    spare = 0 if settings.fft in (256, 1024) else 1
    return HEADROOM * 2.0 ** (30 - spare - 16)


def windowed(settings: LogMelSettings, samples: NDArray[np.int16]) -> Float64:
    """Return `samples` ([fft]) under a periodic Hann window of the settings' length, centred, in the core's unit."""
    left = (settings.fft - settings.window) // 2
    hann = np.zeros(settings.fft)
    hann[left : left + settings.window] = 0.5 - 0.5 * np.cos(
        2 * np.pi * np.arange(settings.window) / settings.window
    )
    return samples * hann * unit(settings)


def first_step(values: Float64) -> Float64:
    """Return the FFTs of each four values that lie n/4 apart, as the C window leaves them.

    Args:
        values: [n].

    Returns:
        [n]: n/4 groups (X0, Re X1, X2, Im X1), the group that starts at value i standing where i's bits are reversed.
    """
    quarter = len(values) // 4
    spectra = np.fft.fft(values.reshape(4, quarter), axis=0)
    groups = np.stack([spectra[0].real, spectra[1].real, spectra[2].real, spectra[1].imag], axis=1)
    bits = quarter.bit_length() - 1
    order = [int(f"{index:0{bits}b}"[::-1], 2) for index in range(quarter)]
    return np.ravel(groups[order])


def spectrum(values: Float64) -> Complex128:
    """Return the FFT of windowed values ([n]) in the core's scale, bins 0 to n/2.

    Every radix-4 step of the core divides by 4 and the last one by 2, so a sum over n values comes out times 8 / n;
    lengths that are not a power of 4 have a first step that does not divide.
    """
    n = len(values)
    found: Complex128 = np.fft.rfft(values) * ((8 if n in (256, 1024) else 16) / n)
    return found


def power(bins: Complex128) -> Float64:
    """Return the power of each bin."""
    return np.square(bins.real) + np.square(bins.imag)


def mel(settings: LogMelSettings, powers: Float64) -> Float64:
    """Return the energy of each band ([bands]): triangles of height 1 over the bins' power ([fft / 2 + 1])."""
    import librosa.filters

    filters = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.fft,
        n_mels=settings.bands,
        fmin=settings.fmin,
        fmax=settings.fmax,
        htk=False,
        norm=None,
        dtype=np.float64,
    )
    return np.asarray(filters @ powers, dtype=np.float64)


def log(settings: LogMelSettings, energies: Float64) -> Float64:
    """Return log-mel in dB re full scale 1.0 from the bands' energies ([bands], in the spectrum's scale, squared)."""
    import librosa

    edges = librosa.mel_frequencies(settings.bands + 2, fmin=settings.fmin, fmax=settings.fmax, htk=False)
    # Full scale 1.0 in the spectrum: a sample of 32768 times the unit, times the FFT's scale.
    one = unit(settings) * 32768.0 * (8 if settings.fft in (256, 1024) else 16) / settings.fft
    slaney = 2.0 / (edges[2:] - edges[:-2])
    with np.errstate(divide="ignore"):
        decibel = 10 * np.log10(energies * slaney / one**2)
    return np.asarray(np.maximum(decibel, settings.log_floor_db), dtype=np.float64)


def quantise(
    settings: LogMelSettings, decibel: Float64, input_scale: float, input_zero_point: int
) -> NDArray[np.int8]:
    """Return the model's int8 for log-mel values in dB."""
    feature = settings.scale * decibel + settings.offset
    cells: NDArray[np.int8] = np.clip(
        np.floor(feature / input_scale + input_zero_point + 0.5), -128, 127
    ).astype(np.int8)
    return cells
