"""The DCT's integer weights, with everything in them that is a factor. Standard library only.

cell = (sum over pairs of bands of weight * (value +- opposite value) + bias) >> shift, the values being dB in Q16.
"""

import functools
import math
import struct
from dataclasses import dataclass

from ..kind import image_of
from ..log_mel import tables as log_mel_tables
from ..log_mel.settings import per_db
from ..settings import SettingsError
from .settings import MfccSettings, dct_row

WEIGHT_BITS = 28  # magnitudes lie below 2 ** 28
LEAST_SHIFT, MOST_SHIFT = (
    8,
    52,
)  # so that values have 8 bits behind the point, and the bias room for 512 cells


@dataclass(frozen=True)
class MfccTables:
    """What firmware/core/frontend/mfcc/mfcc.h calls mfcc_config.

    Attributes:
        settings: the front end's.
        log_mel: the tables of what comes before.
        weights: a row a coefficient: half of the bands, outermost pair first where the cosine is even about their
            middle, innermost first where it is odd.
        bias: in units of 2 ** -shift cells.
        shift: see the module's description.
    """

    settings: MfccSettings
    log_mel: log_mel_tables.LogMelTables
    weights: tuple[tuple[int, ...], ...]
    bias: int
    shift: int


@functools.lru_cache(maxsize=16)
def build_tables(settings: MfccSettings, input_scale: float, input_zero_point: int) -> MfccTables:
    """Compute all tables.

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input, above 0.
        input_zero_point: int8 value that stands for feature 0.

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
    slope = settings.scale * per_db(settings.logarithm, settings.spectrum) / input_scale
    rows = [[slope * weight for weight in _row(settings, n)] for n in range(settings.bands)]
    largest = max(abs(weight) for row in rows for weight in row)
    shift = 16 + WEIGHT_BITS - math.frexp(largest)[1]
    if not (2.0**-20 < largest < 2.0**20):
        raise SettingsError(
            f"a coefficient's smallest step is {1 / slope:g} of the model's int8 input",
            "check the setting scale: int8 should span the features' range",
        )
    shift = max(LEAST_SHIFT, min(MOST_SHIFT, shift))
    unit = 2.0 ** (shift - 16)
    limit = 1 << 61
    bias = round((settings.offset / input_scale + input_zero_point + 0.5) * 2.0**shift)
    return MfccTables(
        settings=settings,
        log_mel=log_mel_tables.build_tables(settings.log_mel, 0.5, 0),  # its quantiser is not used
        weights=tuple(tuple(_within(_round(weight * unit)) for weight in row) for row in rows),
        bias=max(-limit, min(limit, bias)),
        shift=shift,
    )


def _row(settings: MfccSettings, n: int) -> list[float]:
    """Coefficient n's factors of the pairs of bands, in the C side's order."""
    row = dct_row(settings, n)[: (settings.mel_bands + 1) // 2]
    if n % 2 == 0:
        return row
    pairs = settings.mel_bands // 2
    return row[:pairs][::-1] + [0.0] * (settings.mel_bands % 2)


def _round(value: float) -> int:
    """Nearest integer; ties and what a rounding error could make of a tie go up."""
    return math.floor(value + (0.5 + 2.0**-20))


def _within(weight: int) -> int:
    most = (1 << WEIGHT_BITS) - 1
    return max(-most, min(most, weight))


def frontend_image(tables: MfccTables) -> bytes:
    """Return the image that the C side reads in place; its SHA-256 identifies the front end.

    Layout in firmware/core/frontend/mfcc/mfcc.h.
    """
    s = tables.settings
    body = struct.pack("<4Hq", s.mel_bands, s.bands, tables.shift, 0, tables.bias)
    body += b"".join(struct.pack(f"<{len(row)}i", *row) for row in tables.weights)
    return image_of(s.kind, body + log_mel_tables.options_image(tables.log_mel))
