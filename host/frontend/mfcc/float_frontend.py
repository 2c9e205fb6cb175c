"""The cepstral coefficients once more, in float64 with SciPy and librosa: written independently of the C core."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from ..log_mel.float_frontend import logmel_db
from ..log_mel.settings import per_db
from ..rounding import quantised
from .settings import MfccSettings


def coefficients(settings: MfccSettings, samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the coefficients of a recording, [columns, bands].

    Args:
        settings: the front end's settings.
        samples: int16 [n] at the settings' sample rate.
    """
    logarithms = logmel_db(settings.log_mel, samples) * per_db(settings.logarithm, settings.spectrum)
    if len(logarithms) == 0:
        return np.zeros((0, settings.bands))
    norm = "ortho" if settings.dct_norm == "ortho" else None
    found: NDArray[np.float64] = np.asarray(dct(logarithms, type=2, norm=norm, axis=1)[:, : settings.bands])
    if settings.dct_norm == "htk":
        found = found / np.sqrt(2 * settings.mel_bands)
    if settings.lifter:
        n = np.arange(1, settings.bands + 1)
        found = found * (1 + settings.lifter / 2 * np.sin(np.pi * n / settings.lifter))
    return found


def features(
    settings: MfccSettings, samples: NDArray[np.int16], input_scale: float, input_zero_point: int
) -> NDArray[np.int8]:
    """Return the int8 cells, [columns, bands]; arguments as for `host.core.c_frontend.FrontEnd`."""
    feature = settings.scale * coefficients(settings, samples) + settings.offset
    return quantised(feature, input_scale, input_zero_point)
