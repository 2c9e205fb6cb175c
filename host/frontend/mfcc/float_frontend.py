"""The cepstral coefficients once more, in float64 with librosa: written independently of the C core."""

import numpy as np
from numpy.typing import NDArray

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
    import librosa.feature

    found: NDArray[np.float64] = librosa.feature.mfcc(
        S=logarithms.T,
        n_mfcc=settings.bands,
        dct_type=2,
        norm="ortho" if settings.dct_norm == "ortho" else None,
        lifter=settings.lifter,
    ).T
    return found / np.sqrt(2 * settings.mel_bands) if settings.dct_norm == "htk" else found


def features(
    settings: MfccSettings, samples: NDArray[np.int16], input_scale: float, input_zero_point: int
) -> NDArray[np.int8]:
    """Return the int8 cells, [columns, bands]; arguments as for `host.core.c_frontend.FrontEnd`."""
    feature = settings.scale * coefficients(settings, samples) + settings.offset
    return quantised(feature, input_scale, input_zero_point)
