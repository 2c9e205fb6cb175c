"""The integers of coefficients whose log-mel is limited per window before the DCT. Standard library only."""

import struct
from dataclasses import dataclass, replace

from ..kind import image_of
from ..mfcc import tables as mfcc_tables
from ..mfcc.settings import MfccSettings
from .inner import LEVELS, log_mel_levels
from .levels import level_of
from .normaliser import TOP_DCT, Normaliser

IMAGE_KIND = "mfcc-top"


@dataclass(frozen=True)
class BeforeDctTables:
    """What firmware/core/frontend/mfcc_top/mfcc_top.h calls mfcc_top_config.

    Attributes:
        mfcc: the tables of what makes coefficients.
        level: factor, shift and bias from values to levels.
        normaliser: from a window's levels to its cells.
    """

    mfcc: mfcc_tables.MfccTables
    level: tuple[int, int, int]
    normaliser: Normaliser


def build_tables(
    inner: MfccSettings,
    top_db: float,
    scale: float,
    offset: float,
    input_scale: float,
    input_zero_point: int,
) -> BeforeDctTables:
    """Compute the tables.

    Args:
        inner: the coefficients' settings.
        top_db: log-mel is not further below the window's loudest cell.
        scale: feature = scale * what `inner` gives + offset.
        offset: see `scale`.
        input_scale: feature units per step of the model's int8 input, above 0.
        input_zero_point: int8 value that stands for feature 0.

    Raises:
        SettingsError: the model's input makes no sense with these settings.
    """
    whole = replace(inner, scale=scale * inner.scale, offset=scale * inner.offset + offset)
    tables = mfcc_tables.build_tables(whole, input_scale, input_zero_point)
    fine = log_mel_levels(inner.log_mel)
    db = 1 / (fine.factor * 65536)
    return BeforeDctTables(
        tables,
        level_of(fine.factor, fine.lowest),
        Normaliser(
            TOP_DCT,
            min(LEVELS, round(top_db / db)),
            round(db * 2.0**32),
            tables.bias,
            inner.bands,
            before=inner.mel_bands,
            base=round(fine.lowest),
            shift=tables.shift,
            weights=tables.weights,
        ),
    )


def frontend_image(tables: BeforeDctTables) -> bytes:
    """Return the image that the C side reads in place.

    Layout in firmware/core/frontend/mfcc_top/mfcc_top.h.
    """
    rule = tables.normaliser
    factor, shift, bias = tables.level
    header = struct.pack("<iIIiiIq", factor, shift, rule.top, rule.gain, rule.base, 0, bias)
    return image_of(IMAGE_KIND, header + mfcc_tables.frontend_image(tables.mfcc))
