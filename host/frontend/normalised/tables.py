"""The integers of normalised windows. Standard library only."""

import math
import struct
from dataclasses import dataclass
from typing import Any

from ..kind import image_of
from ..mfcc.settings import MfccSettings
from ..settings import SettingsError
from . import before_dct
from .inner import INNER, LEVELS
from .levels import level_of
from .normaliser import SHIFT, Normaliser
from .settings import IN_DB, RULES, NormalisedSettings

MOST_GAIN, MOST_PEAK_GAIN, MOST_BIAS = 1 << 51, 1 << 45, 1 << 61


@dataclass(frozen=True)
class NormalisedTables:
    """What firmware/core/frontend/normalised/normalised.h calls normalised_config.

    Attributes:
        settings: the front end's.
        inner: the image of what comes before; empty where that is `limited`.
        level: factor, shift and bias from values to levels.
        normaliser: from a window's levels to its cells.
        limited: of coefficients whose log-mel is limited before the DCT, these tables.
    """

    settings: NormalisedSettings
    inner: bytes
    level: tuple[int, int, int]
    normaliser: Normaliser
    limited: before_dct.BeforeDctTables | None = None


def build_tables(settings: NormalisedSettings, input_scale: float, input_zero_point: int) -> NormalisedTables:
    """Compute all that depends on the settings and on the model's input.

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
    if settings.before_dct:
        assert isinstance(settings.inner, MfccSettings)
        limited = before_dct.build_tables(
            settings.inner, settings.top_db, settings.scale, settings.offset, input_scale, input_zero_point
        )
        return NormalisedTables(settings, b"", limited.level, limited.normaliser, limited)
    kind, fine_of = INNER[settings.inner.kind]
    fine = fine_of(settings.inner)
    by_level = settings.normalisation in IN_DB
    cells = settings.scale / input_scale * (fine.unit if by_level else 1.0)
    gain = round(cells * 2.0**SHIFT)
    if gain == 0 or abs(gain) >= (MOST_PEAK_GAIN if by_level else MOST_GAIN):
        raise SettingsError(
            f"1 of a normalised feature is {settings.scale / input_scale:g} steps of the model's int8 input",
            "check the setting scale: int8 should span the features' range",
        )
    zero = settings.offset
    if settings.normalisation == "top":  # the only one that keeps what level 0 means
        zero += settings.scale * (fine.lowest / fine.per_unit * settings.inner.features_per_unit)
    bias = math.floor((zero / input_scale + input_zero_point + 0.5) * 2.0**SHIFT)
    top = settings.top_db * settings.inner.features_per_unit / fine.unit if by_level else 0.0
    return NormalisedTables(
        settings=settings,
        inner=kind.image(kind.tables(settings.inner, fine.input_scale, 0)),
        level=level_of(fine.factor, fine.lowest),
        normaliser=Normaliser(
            RULES.index(settings.normalisation),
            min(LEVELS, round(top)),
            gain,
            max(1 - MOST_BIAS, min(MOST_BIAS - 1, bias)),
            settings.model_bands,
        ),
    )


def normaliser(tables: NormalisedTables) -> Normaliser:
    """Return what makes cells of a window's levels."""
    return tables.normaliser


def frontend_image(tables: NormalisedTables) -> bytes:
    """Return the image that the C side reads in place; its SHA-256 identifies the front end.

    Layout in firmware/core/frontend/normalised/normalised.h.
    """
    if tables.limited is not None:
        return before_dct.frontend_image(tables.limited)
    rule: Any = tables.normaliser
    factor, shift, bias = tables.level
    header = struct.pack("<IIiIqqq", rule.rule, rule.top, factor, shift, bias, rule.gain, rule.bias)
    return image_of(tables.settings.kind, header + tables.inner)
