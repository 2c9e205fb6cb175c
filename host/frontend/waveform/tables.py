"""The quantiser from samples to cells. Standard library only."""

import math
import struct
from dataclasses import dataclass
from fractions import Fraction

from ..kind import image_of
from ..settings import SettingsError
from .settings import WaveformSettings

FRACTION_BITS = 32
SLOPE_LIMIT, BIAS_LIMIT = 1 << 44, 1 << 61


@dataclass(frozen=True)
class WaveformTables:
    """cell = (sample * slope + bias) >> 32, within int8."""

    settings: WaveformSettings
    slope: int
    bias: int


def build_tables(settings: WaveformSettings, input_scale: float, input_zero_point: int) -> WaveformTables:
    """Compute slope and bias.

    Raises:
        SettingsError: the model's input makes no sense with these settings.
    """
    if not (math.isfinite(input_scale) and input_scale > 0):
        raise SettingsError(
            f"the model's input scale is {input_scale!r}", "use a model with a quantised int8 input"
        )
    if not -128 <= input_zero_point <= 127:
        raise SettingsError(
            f"the model's input zero point is {input_zero_point}", "use a model with an int8 input"
        )
    unit = Fraction(input_scale)
    slope = round(Fraction(settings.scale) / 32768 / unit * (1 << FRACTION_BITS))
    bias = math.floor(
        (Fraction(settings.offset) / unit + input_zero_point + Fraction(1, 2)) * (1 << FRACTION_BITS)
    )
    if slope == 0 or abs(slope) > SLOPE_LIMIT:
        raise SettingsError(
            f"full scale is {settings.scale / input_scale:g} steps of the model's int8 input",
            "check the setting scale: int8 should span the samples' range",
        )
    return WaveformTables(settings, slope, max(-BIAS_LIMIT, min(BIAS_LIMIT, bias)))


def frontend_image(tables: WaveformTables) -> bytes:
    """Return the image that firmware/core/frontend/waveform/waveform.c reads."""
    s = tables.settings
    return image_of(s.kind, struct.pack("<IHHqq", s.sample_rate, s.hop, 0, tables.slope, tables.bias))
