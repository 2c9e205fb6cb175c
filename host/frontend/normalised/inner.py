"""Which kinds can be normalised, and how fine their values are: a line each."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..biodcase_2026.kind import KIND as BIODCASE_2026
from ..kind import Kind
from ..log_mel.kind import KIND as LOG_MEL
from ..log_mel.settings import LogMelSettings
from ..log_mel.tables import band_norms, placed_window
from ..mfcc.kind import KIND as MFCC
from ..mfcc.settings import MfccSettings
from ..microfrontend.kind import KIND as MICROFRONTEND
from ..settings import FrontEndSettings

LEVELS = 65535
VALUE_BITS = 4  # by which values of coefficients are finer than levels


@dataclass(frozen=True)
class Fine:
    """How a kind's int32 values become levels, 0 to 65535.

    Attributes:
        input_scale: what the kind's tables are built with; its own cells are not used.
        unit: features of one level.
        factor: levels of one value.
        lowest: the value of level 0.
        per_unit: values of one `unit` of the settings.
    """

    input_scale: float
    unit: float
    factor: float
    lowest: float
    per_unit: float = 1.0


def _integers(settings: FrontEndSettings) -> Fine:
    """Values are whole numbers of 16 bits already."""
    return Fine(1.0, settings.features_per_unit, 1.0, 0.0)


def log_mel_levels(settings: LogMelSettings) -> Fine:
    """Values are dB in Q16, from the floor to more than sound within full scale gives."""
    low, high = _range_db(settings)
    db = (high - low) / LEVELS
    return Fine(0.5, db * settings.features_per_unit, 1 / (65536 * db), low * 65536, 65536.0)


def _range_db(settings: LogMelSettings) -> tuple[float, float]:
    magnitude = settings.spectrum == "magnitude"
    low = settings.least_db
    # Parseval: all power there can be, in one band; as magnitudes, spread over all bins
    power = settings.fft / 2 * sum(weight**2 for weight in placed_window(settings))
    power *= (1 + settings.pre_emphasis) ** 2 * (settings.fft / 2 if magnitude else 1)
    norm = max(band_norms(settings))
    high = 10 * math.log10(power * (norm**2 if magnitude else norm) + 10 ** (low / 10))
    return low, max(high, low + 1)


def _mfcc(settings: MfccSettings) -> Fine:
    """Values are cells in 1/256: the tables get steps of that fineness."""
    low, high = settings.feature_range
    unit = (high - low) / LEVELS
    step = unit * 256 / (1 << VALUE_BITS)
    return Fine(step, unit, 1 / (1 << VALUE_BITS), low / unit * (1 << VALUE_BITS))


INNER: dict[str, tuple[Kind, Callable[[Any], Fine]]] = {
    LOG_MEL.name: (LOG_MEL, log_mel_levels),
    MFCC.name: (MFCC, _mfcc),
    MICROFRONTEND.name: (MICROFRONTEND, _integers),
    BIODCASE_2026.name: (BIODCASE_2026, _integers),
}
