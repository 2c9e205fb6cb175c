"""The front end once more, in float64 with librosa: written independently of the C core, to check it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rounding import quantised
from .settings import LogMelSettings

WINDOWS = {"hann": "hann", "hamming": "hamming", "rectangular": "boxcar"}


def logmel_db(settings: LogMelSettings, samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the log-mel of a recording, dB relative to full scale 1.0, [columns, bands].

    Args:
        settings: the front end's settings.
        samples: int16 [n] at the settings' sample rate.
    """
    columns = settings.columns(len(samples))
    if columns == 0:
        return np.zeros((0, settings.bands))
    import librosa

    magnitude = settings.spectrum == "magnitude"
    mel = _filters(settings) @ (np.abs(_spectrum(settings, samples)) ** (1 if magnitude else 2))
    least = 10 ** (settings.log_floor_db / (20 if magnitude else 10))
    decibel: Any = librosa.power_to_db(mel + settings.log_offset, ref=1.0, amin=least, top_db=None)
    return np.asarray(decibel.T[:columns], dtype=np.float64) * (2 if magnitude else 1)


def _spectrum(settings: LogMelSettings, samples: NDArray[np.int16]) -> Any:
    """The complex spectrum, [fft / 2 + 1, columns]."""
    import librosa.filters

    sound = samples.astype(np.float64) / 32768.0
    if settings.pre_emphasis:
        sound = np.append(sound[:1], sound[1:] - settings.pre_emphasis * sound[:-1])
    if settings.padding == "none":
        # librosa puts the window amid the FFT: at the start it is where the samples begin earlier.
        at_start = settings.window_placement == "start"
        early = (settings.fft - settings.window) // 2 if at_start else 0
        sound = np.pad(sound, (early, settings.fft - settings.window - early if at_start else 0))
    return librosa.stft(
        sound,
        n_fft=settings.fft,
        hop_length=settings.hop,
        win_length=settings.window,
        window=librosa.filters.get_window(
            WINDOWS[settings.window_function], settings.window, fftbins=not settings.window_symmetric
        ),
        center=settings.padding != "none",
        pad_mode="reflect" if settings.padding == "reflect" else "constant",
        dtype=np.complex128,
    )


def _filters(settings: LogMelSettings) -> NDArray[np.float64]:
    """The mel filters: librosa's, or triangles over mel as TensorFlow's linear_to_mel_weight_matrix draws them."""
    import librosa

    htk, low, high, count = settings.mel_scale == "htk", settings.fmin, settings.fmax, settings.bands
    if settings.mel_triangles == "hz":
        found: NDArray[np.float64] = librosa.filters.mel(
            sr=settings.sample_rate,
            n_fft=settings.fft,
            n_mels=count,
            fmin=low,
            fmax=high,
            htk=htk,
            norm=None if settings.mel_norm == "none" else "slaney",
            dtype=np.float64,
        )
        return found
    place = librosa.hz_to_mel(np.arange(settings.fft // 2 + 1) * settings.sample_rate / settings.fft, htk=htk)
    edges = np.linspace(librosa.hz_to_mel(low, htk=htk), librosa.hz_to_mel(high, htk=htk), count + 2)
    rising = (place - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - place) / (edges[2:] - edges[1:-1])[:, None]
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    if settings.mel_norm == "slaney":
        hz = librosa.mel_to_hz(edges, htk=htk)
        triangles *= (2.0 / (hz[2:] - hz[:-2]))[:, None]
    return triangles


def features(
    settings: LogMelSettings, samples: NDArray[np.int16], input_scale: float, input_zero_point: int
) -> NDArray[np.int8]:
    """Return the int8 cells, [columns, bands]; arguments as for `host.core.c_frontend.FrontEnd`."""
    feature = settings.features_per_unit * logmel_db(settings, samples) + settings.offset
    return quantised(feature, input_scale, input_zero_point)
