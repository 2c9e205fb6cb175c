"""The front end once more, in float64 with librosa: written independently of the C core, to check it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .settings import LogMelSettings


def logmel_db(settings: LogMelSettings, samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the log-mel of a recording, dB relative to full scale 1.0, [columns, bands].

    Args:
        settings: the front end's settings.
        samples: int16 [n] at the settings' sample rate.
    """
    columns = settings.columns(len(samples))
    if columns == 0:
        return np.zeros((0, settings.bands))
    import librosa.filters

    spectrum: Any = librosa.stft(
        samples.astype(np.float64) / 32768.0,
        n_fft=settings.fft,
        hop_length=settings.hop,
        win_length=settings.window,
        window="hann",
        center=False,
        dtype=np.complex128,
    )
    filters = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.fft,
        n_mels=settings.bands,
        fmin=settings.fmin,
        fmax=settings.fmax,
        htk=False,
        norm="slaney",
        dtype=np.float64,
    )
    mel = filters @ (np.abs(spectrum) ** 2)
    decibel: Any = librosa.power_to_db(mel, ref=1.0, amin=10 ** (settings.log_floor_db / 10), top_db=None)
    return np.asarray(decibel.T, dtype=np.float64)


def features(
    settings: LogMelSettings, samples: NDArray[np.int16], input_scale: float, input_zero_point: int
) -> NDArray[np.int8]:
    """Return the int8 cells, [columns, bands]; arguments as for `host.core.c_frontend.FrontEnd`."""
    feature = settings.scale * logmel_db(settings, samples) + settings.offset
    cells = np.round(feature / input_scale) + input_zero_point
    int8: NDArray[np.int8] = np.clip(cells, -128, 127).astype(np.int8)
    return int8
