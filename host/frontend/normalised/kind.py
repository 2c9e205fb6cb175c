"""The kind `normalised`."""

from ..kind import Kind
from .inner import INNER
from .settings import NormalisedSettings
from .tables import build_tables, frontend_image, normaliser


def _parts(settings: NormalisedSettings) -> tuple[str, ...]:
    inner = INNER[settings.inner.kind][0].linked(settings.inner)
    return ("mfcc_top", *inner) if settings.before_dct else ("normalised", *inner)


KIND = Kind(
    name=NormalisedSettings.kind,
    folder="normalised",
    settings=NormalisedSettings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_BIODCASE_2026",
    normaliser=normaliser,
    parts=_parts,
)
